"""Light and dark looks of the chrome. Images are never touched by it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from defectstudio.domain.resources import resource


@dataclass(frozen=True)
class Tones:
    """Colours by their use. `ground` is neutral grey: it surrounds images to be judged."""

    window: str
    panel: str
    field: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    hover: str
    chosen: str
    ground: str
    error: str
    error_ground: str
    good: str
    warn: str


LIGHT = Tones(
    window="#eceef1", panel="#f8f9fa", field="#ffffff", raised="#ffffff", line="#d3d7dd",
    text="#1d2228", muted="#5d6671", accent="#0b66a8", on_accent="#ffffff", hover="#e2e8ee",
    chosen="#d6e7f5", ground="#bfc1c4", error="#a63a00", error_ground="#fdeee4", good="#00795a",
    warn="#8a5a00",
)  # fmt: skip
DARK = Tones(
    window="#1d2024", panel="#25292e", field="#1a1d21", raised="#2f343a", line="#3a4047",
    text="#e6e9ec", muted="#a3acb5", accent="#5aaee3", on_accent="#0c1a25", hover="#333940",
    chosen="#1e3e58", ground="#3a3c3f", error="#f0915a", error_ground="#3b2a22", good="#35c49b",
    warn="#e0b050",
)  # fmt: skip


class Theme(QObject):
    """Dresses the application and follows the system when it turns light or dark."""

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        app.setStyle("Fusion")
        self._follows = True
        self.tones = _of_system(app)
        app.styleHints().colorSchemeChanged.connect(self._follow)
        self.wear(self.tones)

    @property
    def dark(self) -> bool:
        return self.tones is DARK

    def wear(self, tones: Tones) -> None:
        """Put on these tones."""
        self.tones = tones
        self._app.setPalette(palette(tones))
        self._app.setStyleSheet(style_sheet(tones))
        self.changed.emit()

    def choose(self, look: str) -> None:
        """Be "light" or "dark" whatever the system says, or follow it: "system"."""
        self._follows = look == "system"
        wanted = _of_system(self._app) if self._follows else {"light": LIGHT, "dark": DARK}[look]
        if wanted is not self.tones:
            self.wear(wanted)

    def _follow(self, _scheme: Qt.ColorScheme) -> None:
        if self._follows:
            self.wear(_of_system(self._app))


def _of_system(app: QApplication) -> Tones:
    return DARK if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def palette(tones: Tones) -> QPalette:
    """Qt's palette of the tones."""
    role, made = QPalette.ColorRole, QPalette()
    for key, value in {
        role.Window: tones.panel,
        role.WindowText: tones.text,
        role.Base: tones.field,
        role.AlternateBase: tones.panel,
        role.Text: tones.text,
        role.Button: tones.raised,
        role.ButtonText: tones.text,
        role.BrightText: tones.error,
        role.Highlight: tones.accent,
        role.HighlightedText: tones.on_accent,
        role.ToolTipBase: tones.raised,
        role.ToolTipText: tones.text,
        role.PlaceholderText: tones.muted,
        role.Link: tones.accent,
        role.Mid: tones.line,
        role.Dark: tones.line,
        role.Shadow: tones.line,
        role.Accent: tones.accent,
    }.items():
        made.setColor(key, QColor(value))
    faded = QColor(tones.muted)
    faded.setAlpha(130)
    for key in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, key, faded)
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(tones.line))
    made.setColor(QPalette.ColorGroup.Disabled, role.HighlightedText, QColor(tones.muted))
    return made


def style_sheet(tones: Tones) -> str:
    """The shipped style sheet with its @names replaced."""
    sheet = resource("styles", "main.qss").read_text(encoding="utf-8")
    icons = resource("icons").as_posix()
    # Longer names first: @error would otherwise eat the start of @error_ground.
    for name, value in sorted(asdict(tones).items(), key=lambda pair: -len(pair[0])):
        sheet = sheet.replace(f"@{name}", value)
    look = "dark" if tones is DARK else "light"
    return sheet.replace("@icons", icons).replace("@look", look)
