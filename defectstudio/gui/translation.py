"""Texts that are plain data, as they are shown."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def localized(text: str) -> str:
    """The text in the language of the window."""
    return QCoreApplication.translate("", text)
