"""What the sections of the defect panel are built from."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from defectstudio.gui.action_book import ActionBook
from defectstudio.gui.fields import roomy


class Section(QWidget):
    """A titled part of a panel that can be folded. opened: whether it shows its content now."""

    opened = Signal(bool)

    def __init__(self, title: str, *, is_open: bool = True) -> None:
        super().__init__()
        em = self.fontMetrics().height()
        self.title = QToolButton()
        self.title.setObjectName("sectionTitle")
        self.title.setText(title)
        self.title.setCheckable(True)
        self.title.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.title.toggled.connect(self._fold)
        self.head = row(self.title)
        self.body = QWidget()
        self.content = QVBoxLayout(self.body)
        self.content.setContentsMargins(0, 0, 0, em // 2)
        self.content.setSpacing(em // 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em // 3)
        layout.addWidget(_rule())
        layout.addLayout(self.head)
        layout.addWidget(self.body)
        self.title.setChecked(is_open)
        self._fold(is_open)

    @property
    def is_open(self) -> bool:
        return self.title.isChecked()

    def _fold(self, is_open: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self.title.setArrowType(arrow)
        self.body.setVisible(is_open)
        self.opened.emit(is_open)


class ValueSlider(QWidget):
    """A slider that says its value. moved: the value a person set; `show_value` is silent."""

    moved = Signal(int)

    def __init__(self, name: str, top: int, spoken: Callable[[int], str], tip: str = "") -> None:
        super().__init__()
        self._spoken = spoken
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, top)
        self.slider.setAccessibleName(name)
        self.slider.setToolTip(tip)
        self.slider.valueChanged.connect(self._on_value)
        self.text = QLabel()
        widest = max(self.fontMetrics().horizontalAdvance(spoken(n)) for n in range(top + 1))
        self.text.setMinimumWidth(widest)
        self.text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = row(self.slider, self.text)
        line.setContentsMargins(0, 0, 0, 0)
        self.setLayout(line)
        self.show_value(0)

    @property
    def value(self) -> int:
        return self.slider.value()

    def show_value(self, value: int) -> None:
        """Show a value that comes from elsewhere."""
        self.slider.blockSignals(True)
        self.slider.setValue(value)
        self.slider.blockSignals(False)
        self.text.setText(self._spoken(self.value))

    def _on_value(self, value: int) -> None:
        self.text.setText(self._spoken(value))
        self.moved.emit(value)


class SeedBox(QSpinBox):
    """A seed; Enter ends the typing and does not accept the sample."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setRange(0, (1 << 31) - 1)
        self.setKeyboardTracking(False)
        roomy(self)

    def show_seed(self, seed: int) -> None:
        """Show a seed that comes from elsewhere."""
        self.blockSignals(True)
        self.setValue(seed)
        self.blockSignals(False)

    def event(self, event: QEvent) -> bool:
        enters = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in enters
        ):
            event.accept()
            return True
        return super().event(event)


class Choice(QComboBox):
    """A selector that may be narrower than its longest entry."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)


def action_button(actions: ActionBook, action_id: str, em: int) -> QToolButton:
    """A small button that triggers an action."""
    button = QToolButton()
    button.setDefaultAction(actions[action_id])
    button.setIconSize(QSize(round(1.3 * em), round(1.3 * em)))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def muted(text: str = "") -> QLabel:
    """A wrapped line of less important text."""
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    return label


def row(*widgets: QWidget | None) -> QHBoxLayout:
    """Widgets side by side; sliders and numbers take the room, None is a gap."""
    line = QHBoxLayout()
    for widget in widgets:
        if widget is None:
            line.addStretch(1)
        else:
            line.addWidget(widget, 1 if isinstance(widget, QSlider | QSpinBox) else 0)
    return line


def percent(value: int) -> str:
    """0..100 as text."""
    return f"{value} %"


def _rule() -> QFrame:
    rule = QFrame()
    rule.setObjectName("rule")
    return rule
