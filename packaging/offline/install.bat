@echo off
rem Installs DefectStudio from this folder without a network: install.bat [FOLDER]
py -@PYTHON@ "%~dp0install.py" %*
if errorlevel 1 pause
