"""The window in the language of the person, from the catalogues in resources/translations."""

from __future__ import annotations

import json

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from defectstudio.domain.resources import resource

LANGUAGES = ("en", "de", "zh_CN")


class Catalogue(QTranslator):
    """A JSON file of texts and their translations; the place of a text does not matter."""

    def __init__(self, language: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        file = resource("translations", f"{language}.json")
        self.texts: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))

    def isEmpty(self) -> bool:  # noqa: N802
        return not self.texts

    def translate(
        self, _context: str, text: str, _note: str | None = None, _count: int = -1
    ) -> str | None:
        """None: this catalogue does not know it, the next one is asked."""
        return self.texts.get(text)


def speak(app: QCoreApplication, wanted: str) -> list[QTranslator]:
    """Let the application speak a language, or that of the system: "system".

    Returns the translators that were installed, for whoever wants to take them away again.
    """
    language = of_system() if wanted == "system" else wanted
    QLocale.setDefault(QLocale(language) if wanted != "system" else QLocale.system())
    if language == "en":
        return []
    mine, of_qt = Catalogue(language, app), QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    of_qt.load(f"qtbase_{language}", folder)
    for translator in (of_qt, mine):
        app.installTranslator(translator)
    return [of_qt, mine]


def of_system() -> str:
    """The language of the system where there is a catalogue of it, else English."""
    for name in QLocale.system().uiLanguages():
        for language in LANGUAGES:
            if name.replace("-", "_").startswith(language.partition("_")[0]):
                return language
    return "en"


def localized(text: str) -> str:
    """A text that is plain data in the language of the window."""
    return QCoreApplication.translate("", text)
