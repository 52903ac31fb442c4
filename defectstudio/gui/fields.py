"""How fields and lists take their room, and a button that is a drawing."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QHeaderView,
    QSizePolicy,
    QToolButton,
    QTreeView,
)

from defectstudio.gui.icons import icon

Number = TypeVar("Number", bound=QAbstractSpinBox)


def roomy(box: Number) -> Number:
    """The box itself, its text as far from the border as in other fields: the style sheet's
    padding does not reach it."""
    box.lineEdit().setTextMargins(round(0.4 * box.fontMetrics().height()), 0, 0, 0)
    return box


def whole_columns(view: QTreeView) -> None:
    """Give columns the width of what is in them, all but very long names; the view is never
    narrower than that."""
    head = view.header()
    head.setStretchLastSection(False)
    head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    head.setMaximumSectionSize(14 * view.fontMetrics().height())
    view.setSizeAdjustPolicy(QAbstractItemView.SizeAdjustPolicy.AdjustToContents)
    view.setSizePolicy(QSizePolicy.Policy.Minimum, view.sizePolicy().verticalPolicy())


def as_high_as_its_rows(view: QAbstractItemView, most: int) -> None:
    """Let a list or table be no higher than what is in it, and `most` lines of text at most."""
    view.setSizeAdjustPolicy(QAbstractItemView.SizeAdjustPolicy.AdjustToContents)
    view.setSizePolicy(view.sizePolicy().horizontalPolicy(), QSizePolicy.Policy.Fixed)
    view.setMaximumHeight(most * view.fontMetrics().height())


def icon_button(drawing: str, text: str) -> QToolButton:
    """A button that shows a drawing and tells the text to whoever asks."""
    button = QToolButton()
    button.setIcon(icon(drawing))
    button.setToolTip(text)
    button.setAccessibleName(text)
    return button
