"""Models renamed, deleted and handed on in the window."""

import pytest
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox

from defectstudio.app.models import ModelUse
from defectstudio.domain.errors import ProjectError
from defectstudio.gui import modelling
from defectstudio.gui.dialogs.models import ModelsDialog


@pytest.fixture
def models(opened, qtbot):
    """The dialog, filled."""
    opened.actions_["model.all"].trigger()
    [dialog] = opened.findChildren(ModelsDialog)
    qtbot.waitUntil(lambda: dialog.table.topLevelItemCount() == 1, timeout=5000)
    yield dialog
    opened.modelling._dialog and dialog.close()


def test_a_model_is_shown_renamed_and_deleted(models, opened, qtbot):
    row = models.table.topLevelItem(0)
    assert [row.text(n) for n in range(5)] == [
        "first", "Generator · dcdganc", "942 B", "scratch, hole", "0",
    ]  # fmt: skip
    assert not models.export.isEnabled(), "a generator is none for ONNX"
    models.rename.click()
    [ask] = models.findChildren(QInputDialog)
    assert ask.textValue() == "first"
    ask.setTextValue("better")
    ask.accept()
    shown = opened.side.currentWidget().seeds.generators
    qtbot.waitUntil(lambda: shown.currentText() == "better", timeout=5000)
    qtbot.waitUntil(lambda: models.table.topLevelItem(0).text(0) == "better", timeout=5000)
    models.delete_.click()
    [box] = models.findChildren(QMessageBox)
    assert box.defaultButton().text().replace("&", "") == "Cancel"
    assert "cannot be undone" in box.informativeText() and "samples" not in box.informativeText()
    next(one for one in box.buttons() if one.text() == "Delete").click()
    qtbot.waitUntil(lambda: opened.session.studio.generator is None, timeout=5000)
    qtbot.waitUntil(lambda: "train a generator" in models.note.text(), timeout=5000)
    assert not models.rename.isEnabled() and not models.delete_.isEnabled()


def test_a_job_that_runs_keeps_the_models(models, opened, qtbot):
    opened.session.project.add_job("train", "busy")
    models.deleted.emit("generator", "first")
    qtbot.waitUntil(models.problem.isVisible, timeout=5000)
    assert "busy" in models.problem.text() and len(opened.session.project.generators()) == 1


def test_a_segmenter_is_exported_as_a_job(models, qtbot, monkeypatch, tmp_path):
    eye = ModelUse("segmenter", "eye", "unet", "plate", ("hole",), 2_500_000, 0)
    maker = ModelUse("generator", "first", "dcdganc", "plate", ("hole",), 1, 7)
    models.show_uses([eye, maker])
    assert models.table.topLevelItem(0).text(2) == "2.5 MB"
    target = tmp_path / "eye.onnx"
    names = iter(["", str(target)])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (next(names), ""))
    asked = []

    def start(_project, *, model, target):
        asked.append((model, target))
        raise ProjectError("no room")

    monkeypatch.setattr(modelling, "start_onnx_export", start)
    models.export.click()
    assert not models.note.text(), "nothing was chosen"
    models.export.click()
    assert str(target) in models.note.text()
    qtbot.waitUntil(models.problem.isVisible, timeout=5000)
    assert asked == [("eye", target)] and "no room" in models.problem.text()
    models.table.setCurrentItem(models.table.topLevelItem(1))
    models.delete_.click()
    [box] = models.findChildren(QMessageBox)
    assert "7 samples made with it stay" in box.informativeText()
