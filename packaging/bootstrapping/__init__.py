"""Setting DefectStudio up in a virtual environment of its own. Standard library only."""
