"""A form made from a frozen dataclass: one declaration gives the fields and their bounds."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from defectstudio.domain.bounds import Bounds
from defectstudio.gui.fields import roomy
from defectstudio.gui.translation import localized

_INT_LIMIT = (1 << 31) - 1
"""A QSpinBox counts in 32 bits."""
_PLAIN = {"arch": "Architecture", "batch": "Batch size"}
"""Labels of fields whose names say too little."""


class NumberEdit(QLineEdit):
    """A float over many magnitudes, scientific notation allowed, held to its bounds."""

    def __init__(self, bounds: Bounds, value: float) -> None:
        super().__init__(f"{value:.6g}")
        self._bounds, self._good = bounds, value
        self.editingFinished.connect(self._settle)

    def value(self) -> float:
        """The number, the last good one where the text is none."""
        try:
            number = float(self.text().replace(",", "."))
        except ValueError:
            return self._good
        return min(self._bounds.le, max(self._bounds.ge, number))

    def _settle(self) -> None:
        self._good = self.value()
        self.setText(f"{self._good:.6g}")


class FileEdit(QLineEdit):
    """A path to type, None where nothing is."""

    def __init__(self, value: Path | None) -> None:
        super().__init__(str(value or ""))

    def value(self) -> Path | None:
        """What is entered."""
        text = self.text().strip()
        return Path(text) if text else None


class DataForm:
    """Editors for the fields of a dataclass type, added to form layouts."""

    def __init__(self, kind: type[Any], defaults: Any) -> None:
        self._defaults = defaults
        hints = get_type_hints(kind, include_extras=True)
        self.editors = {
            field.name: _editor(hints[field.name], getattr(defaults, field.name))
            for field in fields(kind)
        }

    def add_to(self, layout: QFormLayout, names: list[str]) -> None:
        """Put these fields into a layout, in order."""
        for name in names:
            layout.addRow(localized(spoken(name)), self.editors[name])

    def values(self) -> dict[str, Any]:
        """What is entered, by field."""
        return {name: _value(editor) for name, editor in self.editors.items()}

    def changes(self) -> dict[str, str]:
        """What differs from the defaults, as text."""
        return {
            name: str(value)
            for name, value in self.values().items()
            if value != getattr(self._defaults, name)
        }


def spoken(name: str) -> str:
    """A field's name as a label: width_g -> Width g."""
    text = _PLAIN.get(name, name.replace("_", " "))
    return text[:1].upper() + text[1:]


def _editor(hint: Any, value: Any) -> QWidget:
    bounds = next((mark for mark in get_args(hint) if isinstance(mark, Bounds)), None)
    plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if choices := _choices(plain):
        return _choice(choices, value)
    if plain is bool:
        box = QCheckBox()
        box.setChecked(value)
        return box
    if plain is str:
        return QLineEdit(value)
    if plain == Path | None:
        return FileEdit(value)
    assert bounds is not None, f"a number without bounds: {hint}"
    editor = _whole(bounds, value) if plain is int else NumberEdit(bounds, value)
    editor.setToolTip(f"{bounds.ge:g} … {bounds.le:g}")
    return editor


def _choices(plain: Any) -> tuple[Any, ...]:
    """What a Literal, or a union of them, may be; nothing for other types."""
    if get_origin(plain) is Literal:
        return get_args(plain)
    parts = [_choices(one) for one in get_args(plain)]
    return tuple(one for part in parts for one in part) if all(parts) else ()


def _choice(values: tuple[Any, ...], value: Any) -> QComboBox:
    box = QComboBox()
    for one in values:
        box.addItem(str(one), one)
    box.setCurrentIndex(values.index(value))
    return box


def _whole(bounds: Bounds, value: int) -> QSpinBox:
    box = roomy(QSpinBox())
    box.setRange(int(max(-_INT_LIMIT, bounds.ge)), int(min(_INT_LIMIT, bounds.le)))
    box.setValue(value)
    # Scrolling through the form must not change what it passes over.
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def _value(editor: QWidget) -> Any:
    if isinstance(editor, QComboBox):
        return editor.currentData()
    if isinstance(editor, QCheckBox):
        return editor.isChecked()
    if isinstance(editor, QSpinBox | NumberEdit | FileEdit):
        return editor.value()
    assert isinstance(editor, QLineEdit)
    return editor.text().strip()
