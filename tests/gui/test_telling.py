"""Errors and messages of jobs in the language of the window."""

import pytest
from PySide6.QtCore import QLocale

from defectstudio.domain.errors import ProjectError
from defectstudio.gui.telling import in_words, retold, sentence
from defectstudio.gui.translation import speak
from defectstudio.project.queue_rules import ORPHANED


@pytest.fixture
def german(qapp):
    before, installed = QLocale(), speak(qapp, "de")
    yield
    QLocale.setDefault(before)
    for translator in installed:
        qapp.removeTranslator(translator)
        translator.setParent(None)


def test_what_the_catalogue_knows_is_said_in_it(german):
    error = ProjectError("the folder is not empty", subject="/x", remedy="Choose another name.")
    assert in_words(error) == "/x: der Ordner ist nicht leer. Einen anderen Namen wählen."
    assert retold(str(error)) == in_words(error)
    assert retold(ORPHANED).startswith("Das Programm, das diesen Auftrag")
    assert in_words(ValueError("no")) == "no"


def test_what_was_filled_in_stays(german):
    ended = "the worker was ended by signal 9. Start it again to go on (training: with --resume)."
    assert retold(ended) == (
        "der Arbeitsprozess wurde beendet durch signal 9. "
        "Zum Weitermachen neu starten (Training: mit --resume)."
    )
    assert sentence("the image cannot be read (No such file)").endswith("(No such file)")


def test_what_is_not_known_stays_as_it_is(german):
    message = "the moon: is full of cheese. Eat it."
    assert retold(message) == message and sentence("") == ""
    error = ProjectError("nobody wrote this", remedy="Choose another name.")
    assert in_words(error) == "nobody wrote this. Einen anderen Namen wählen."


def test_in_english_all_is_as_it_was():
    error = ProjectError("the folder is not empty", subject="/x")
    assert in_words(error) == str(error) and retold(str(error)) == str(error)
