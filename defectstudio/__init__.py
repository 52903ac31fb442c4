"""DefectStudio: labeled synthetic defects for industrial inspection."""

__version__ = "0.1.0"
