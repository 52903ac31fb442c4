@echo off
rem Installs DefectStudio from this folder without a network: install.bat [FOLDER]
py -3 "%~dp0install.py" %*
if errorlevel 1 pause
