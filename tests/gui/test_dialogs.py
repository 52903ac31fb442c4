"""Dialogs: what they offer, what they refuse, what comes out."""

import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QPushButton

from defectstudio.app.comparing import Forecast
from defectstudio.app.splitting import Learning
from defectstudio.domain.bounds import Bounds
from defectstudio.domain.errors import ProjectError
from defectstudio.domain.generators import CONFIGS, DcdgancConfig
from defectstudio.domain.records import Split
from defectstudio.gui.commands import Places
from defectstudio.gui.dialogs.compare import CompareDialog
from defectstudio.gui.dialogs.export import ExportChoice, ExportDialog
from defectstudio.gui.dialogs.form import DataForm, spoken
from defectstudio.gui.dialogs.import_images import ImportDialog
from defectstudio.gui.dialogs.keys import KeySheet
from defectstudio.gui.dialogs.learned import learned_from
from defectstudio.gui.dialogs.new_project import NewProjectDialog
from defectstudio.gui.dialogs.predict import PredictChoice, PredictDialog
from defectstudio.gui.dialogs.segmenter import SegmenterChoice, SegmenterDialog
from defectstudio.gui.dialogs.train import KINDS, TrainDialog
from defectstudio.imaging.reading import write_png
from tests.gui.dialogs import DIALOGS, LEARNING, STOCK


@dataclass(frozen=True)
class Config:
    """One field of each kind."""

    kind: Literal["a", "b"] = "a"
    count: Annotated[int, Bounds(1, 9)] = 3
    rate: Annotated[float, Bounds(1e-7, 1.0)] = 5e-4
    on: bool = True


@dataclass(frozen=True)
class Weights:
    """A file that need not be given."""

    file: Path | None = None


def test_a_file_that_is_not_given_is_none(qtbot):
    form = DataForm(Weights, Weights())
    assert form.changes() == {}
    form.editors["file"].setText(" vgg.pth ")
    assert form.changes() == {"file": "vgg.pth"}


def test_the_segmenter_dialog_knows_names_and_counts(qtbot):
    dialog = SegmenterDialog(["segmenter-1"], Learning({"oil": 5}, {"oil": 2}, 7, 1), 3)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.choice == SegmenterChoice("segmenter-2", {}, "auto")
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    told = next(text for text in texts if "3 accepted" in text)
    assert "labeled images: oil 5.\nKept to judge on: oil 2." in told
    assert "7 that were in no split" in told and "1 images are still to be painted" in told
    dialog.page.form.editors["steps"].setValue(40)
    dialog.name.setText("Segmenter-1")
    assert not dialog.go.isEnabled()
    dialog.name.setText("eye")
    assert dialog.go.isEnabled() and dialog.choice.overrides == {"steps": "40"}
    dialog.more.click()
    assert dialog.page.others.isVisible()


def test_new_pictures_get_a_folder_beside_them(qtbot, tmp_path):
    dialog = PredictDialog(["newest", "eye"])
    qtbot.addWidget(dialog)
    assert not dialog.go.isEnabled()
    dialog.source.edit.setText(str(tmp_path / "new"))
    assert dialog.go.isEnabled() and not dialog.threshold.isEnabled()
    wanted = PredictChoice("newest", tmp_path / "new", tmp_path / "new found", None, "auto")
    assert dialog.choice == wanted
    dialog.kept.setChecked(False)
    dialog.threshold.setText("0.25")
    assert dialog.choice.threshold == 0.25
    dialog.target.edit.clear()
    assert not dialog.go.isEnabled()


def test_every_protocol_has_its_settings_and_those_that_train_their_time(qtbot):
    dialog = CompareDialog("plate", ["first", "glue"])
    qtbot.addWidget(dialog)
    dialog.show()
    named = dialog._pages["enlarge"].form.editors["generators"]
    assert named.placeholderText() == "first, glue"
    for number in range(dialog.protocol.count()):
        dialog.protocol.setCurrentIndex(number)
        trains = dialog.choice.protocol in ("enlarge", "strategies")
        assert dialog.ask.isVisible() == trains and dialog.choice.overrides == {}
    dialog.protocol.setCurrentIndex(dialog.protocol.findData("enlarge"))
    with qtbot.waitSignal(dialog.asked) as asked:
        dialog.ask.click()
    assert asked.args[0].protocol == "enlarge" and not dialog.ask.isEnabled()
    dialog.show_forecast(Forecast(600.0, 9))
    assert dialog.time.text().startswith("About 10 min for 9 trainings") and dialog.ask.isEnabled()
    dialog.show_error(ProjectError("the item has no split", remedy="Split it."))
    assert "Split it" in dialog.time.text()
    dialog.more.click()
    assert dialog.choice.device == "cpu"


def test_a_form_gives_only_what_was_changed_as_text(qtbot):
    form = DataForm(Config, Config())
    assert form.changes() == {}
    form.editors["kind"].setCurrentIndex(1)
    form.editors["count"].setValue(99)
    form.editors["rate"].setText("2e-5")
    form.editors["on"].setChecked(False)
    assert form.changes() == {"kind": "b", "count": "9", "rate": "2e-05", "on": "False"}


def test_a_number_that_is_none_falls_back_and_bounds_hold(qtbot):
    rate = DataForm(Config, Config()).editors["rate"]
    for text, value in (("0,5", 0.5), ("7", 1.0), ("x", 1.0), ("-1", 1e-7)):
        rate.setText(text)
        rate.editingFinished.emit()
        assert rate.value() == value


def test_every_hyper_parameter_has_an_editor_with_its_bounds(qtbot):
    dialog = TrainDialog(["first", "dcdganc-1"], {"a": False}, LEARNING)
    qtbot.addWidget(dialog)
    assert set(dialog.form.editors) == {field.name for field in fields(DcdgancConfig)}
    steps = dialog.form.editors["steps"]
    assert (steps.minimum(), steps.value()) == (1, DcdgancConfig().steps)
    steps.setValue(12)
    dialog.show()
    choice = dialog.choice
    assert (choice.name, choice.kind, choice.overrides) == (
        "dcdganc-2", "dcdganc", {"steps": "12"},
    )  # fmt: skip
    dialog.more.click()
    assert dialog.form.editors["beta1"].isVisible()
    dialog.name.setText("First")
    assert not dialog.go.isEnabled()


def test_the_form_follows_the_kind(qtbot):
    dialog = TrainDialog([], {}, LEARNING)
    qtbot.addWidget(dialog)
    assert set(KINDS) == set(CONFIGS)
    for kind, config in CONFIGS.items():
        dialog.kind.setCurrentIndex(dialog.kind.findData(kind))
        assert set(dialog.form.editors) == {field.name for field in fields(config)}
        choice = dialog.choice
        assert (choice.name, choice.kind, choice.overrides) == (f"{kind}-1", kind, {})
    dialog.name.setText("mine")
    dialog.name.setModified(True)
    dialog.kind.setCurrentIndex(0)
    assert dialog.choice.name == "mine"


def test_what_needs_no_training_has_no_settings_of_a_training(qtbot):
    dialog = TrainDialog([], {}, LEARNING, kind="paste")
    qtbot.addWidget(dialog)
    dialog.show()
    low = dialog.height()
    shown = [name for name, editor in dialog.form.editors.items() if editor.isVisible()]
    assert shown == []
    dialog.more.click()
    shown = {name for name, editor in dialog.form.editors.items() if editor.isVisible()}
    assert {"candidates", "tone"} <= shown and not shown & {"height", "width", "steps", "seed"}
    dialog.more.click()
    dialog.kind.setCurrentIndex(dialog.kind.findData("dcdganc"))
    assert dialog.form.editors["height"].isVisible() and dialog.height() > low
    dialog.kind.setCurrentIndex(dialog.kind.findData("paste"))
    assert dialog.height() == low, "another kind leaves no hole"


def test_references_are_chosen_for_the_kinds_that_learn_from_them(qtbot):
    dialog = TrainDialog([], {"oil/1": False, "oil/2": True}, Learning({}, {}, 0, 3), kind="dst")
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.choice.kind == "dst" and dialog.references.isVisible()
    assert dialog.choice.references == ["oil/2"]
    dialog.references.item(0).setCheckState(Qt.CheckState.Checked)
    assert dialog.choice.references == ["oil/1", "oil/2"]
    assert dialog.go.isEnabled()
    dialog.kind.setCurrentIndex(dialog.kind.findData("dcdganc"))
    assert not dialog.references.isVisible() and dialog.choice.references == []
    assert not dialog.go.isEnabled(), "there is nothing that it could learn from"


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (Learning({}, {}, 0, 11), "no defect is painted.\n11 images are still to be painted"),
        (
            Learning({}, {"oil": 1}, 0, 0),
            "Split images in the File menu).\nKept to judge on: oil 1",
        ),
        (Learning({"oil": 2, "cut": 3}, {}, 0, 0), "Learns from labeled images: oil 2, cut 3."),
    ],
)
def test_a_training_tells_what_it_learns_from(known, said):
    assert said in learned_from(known)


def test_enter_does_what_a_dialog_is_for(qtbot):
    for name, make in DIALOGS.items():
        dialog = make()
        qtbot.addWidget(dialog)
        dialog.show()
        buttons = dialog.findChildren(QPushButton)
        main = [one.text() for one in buttons if one.property("primary")]
        default = [one.text() for one in buttons if one.isDefault()]
        assert default == main or (not main and set(default) <= {"Close", "Cancel"}), name
        assert not isinstance(dialog.focusWidget(), QPushButton) or name == "about", name
        dialog.close()


def test_spoken_names():
    assert spoken("learning_rate") == "Learning rate"


def test_a_new_project_needs_a_plain_name_and_an_item(qtbot, tmp_path):
    dialog = NewProjectDialog(tmp_path)
    qtbot.addWidget(dialog)
    assert not dialog.create.isEnabled()
    dialog.item.setText(" gear ")
    for name, good in (("a/b", False), ("..", False), ("gears", True)):
        dialog.name.setText(name)
        assert dialog.create.isEnabled() is good, name
    assert (dialog.root, dialog.item_name) == (tmp_path / "gears", "gear")


def test_an_export_goes_into_a_new_folder_only(qtbot, tmp_path):
    (tmp_path / "gear-A-coco").mkdir()
    dialog = ExportDialog(tmp_path, "gear A", STOCK)
    qtbot.addWidget(dialog)
    assert dialog.choice.out == tmp_path / "gear-A-coco-2"
    assert dialog.choice.splits is None and dialog.go.isEnabled()
    dialog.name.setText("gear-A-coco")
    assert not dialog.go.isEnabled()
    dialog.format.setCurrentIndex(dialog.format.findData("png"))
    assert dialog.name.text() == "gear-A-png"
    dialog.unsplit.setChecked(False)
    assert not dialog.go.isEnabled(), "no split is nothing to export"
    dialog.splits[Split.TEST].setChecked(True)
    assert dialog.choice.splits == (Split.TEST,) and dialog.go.isEnabled()
    for box in (dialog.real, dialog.synthetic):
        box.setChecked(False)
    assert not dialog.go.isEnabled()


def test_an_export_tells_what_it_takes(qtbot, tmp_path):
    dialog = ExportDialog(tmp_path, "gear", STOCK)
    qtbot.addWidget(dialog)
    boxes = (dialog.real, dialog.synthetic, dialog.undecided)
    assert [box.text() for box in boxes] == [
        "real images (47)", "accepted samples (3000)", "undecided samples (400)"
    ]  # fmt: skip
    assert dialog.taken.text() == (
        "Pictures to be exported: 3447.\n"
        "Not among them: images still to be painted (3), rejected samples (21)."
    )
    dialog.undecided.setChecked(False)
    assert dialog.taken.text().startswith("Pictures to be exported: 3047.")
    assert "undecided samples (400)" in dialog.taken.text() and not dialog.choice.undecided
    dialog.synthetic.setChecked(False)
    assert not dialog.undecided.isEnabled() and dialog.taken.text().startswith(
        "Pictures to be exported: 47."
    )
    dialog.unsplit.setChecked(False)
    dialog.splits[Split.VAL].setChecked(True)
    assert dialog.taken.text() == "Pictures to be exported: 0." and not dialog.go.isEnabled()
    dialog.splits[Split.TEST].setChecked(True)
    assert dialog.real.text() == "real images (7)" and dialog.go.isEnabled()


@pytest.fixture
def source(tmp_path):
    """A folder tree to import: one normal image and a text that is no image."""
    import numpy as np

    write_png(tmp_path / "more" / "good" / "images" / "a.png", np.full((40, 40), 7, np.uint8))
    (tmp_path / "more" / "good" / "images" / "b.png").write_text("no image")
    return tmp_path / "more"


def visible_dialog(window, kind):
    return visible_dialogs(window, kind)[0]


def visible_dialogs(window, kind):
    return [one for one in window.findChildren(kind) if one.isVisible()]


def test_import_is_checked_first_and_then_done(opened, qtbot, source):
    opened.actions_["project.import"].trigger()
    dialog = visible_dialog(opened, ImportDialog)
    assert not dialog.go.isEnabled()
    dialog.source.show_path(source)
    dialog.check.click()
    qtbot.waitUntil(lambda: "b.png" in dialog.report.toPlainText(), timeout=20000)
    assert len(opened.session.project.images()) == 4, "a check changes nothing"
    opened.session.documents.leave()
    assert opened.session.studio.document is None
    assert dialog.focusWidget() is dialog.go
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "1 images imported" in opened.messages.text.text(), timeout=20000)
    assert "1 files left out" in opened.messages.text.text()
    qtbot.waitUntil(lambda: opened.images.place[1] == 5, timeout=9000)
    qtbot.waitUntil(lambda: opened.session.studio.document is not None, timeout=9000)


def test_a_bad_import_is_told_in_the_dialog(opened, qtbot, tmp_path):
    opened.actions_["project.import"].trigger()
    dialog = visible_dialog(opened, ImportDialog)
    dialog.source.show_path(tmp_path / "nowhere")
    assert not dialog.go.isEnabled() and not dialog.check.isEnabled()
    assert "no such folder" in dialog.report.placeholderText()
    (tmp_path / "nowhere").mkdir()
    dialog.source.changed.emit()
    assert "Check shows" in dialog.report.placeholderText()
    dialog.check.click()
    qtbot.waitUntil(lambda: "nowhere" in dialog.report.toPlainText(), timeout=20000)
    assert dialog.focusWidget() is dialog.source.edit
    dialog.reject()


def test_a_new_project_is_made_and_opened(window, qtbot, tmp_path):
    window.actions_["project.new"].trigger()
    dialog = visible_dialog(window, NewProjectDialog)
    dialog.parent_folder.show_path(tmp_path)
    dialog.name.setText("fresh")
    dialog.item.setText("gear")
    dialog.create.click()
    qtbot.waitUntil(lambda: window.session is not None, timeout=20000)
    assert window.session.project.root == tmp_path / "fresh"
    assert window.session.studio.generator is None
    window.close_project()
    assert window.welcome._recent.count() > 1


def test_export_by_the_dialog(opened, qtbot, tmp_path):
    opened.actions_["project.export"].trigger()
    qtbot.waitUntil(lambda: bool(visible_dialogs(opened, ExportDialog)), timeout=9000)
    [dialog] = visible_dialogs(opened, ExportDialog)
    out = dialog.choice.out
    dialog.go.click()
    qtbot.waitUntil(lambda: "4 images exported" in opened.messages.text.text(), timeout=20000)
    assert any(out.rglob("*.json"))


def test_dialogs_begin_where_they_were_used_last(opened, qtbot, tmp_path, project_root):
    commands = opened.commands
    assert commands.folder("export") == project_root.parent, "beside the project"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    commands._export(opened.session, ExportChoice(elsewhere / "out", "coco", None, True, False))
    assert commands.folder("export") == elsewhere
    assert commands.folder("project") == project_root.parent, "each has its own"
    qtbot.waitUntil(lambda: "images exported" in opened.messages.text.text())
    shutil.rmtree(elsewhere)
    assert commands.folder("export") == project_root.parent, "that is no more"
    opened.close_project()
    commands.places = Places(tmp_path / "sample", tmp_path / "no documents")
    assert commands.folder("export") == Path.home()


def test_the_key_sheet_opens(window, qtbot):
    window.actions_["help.keys"].trigger()
    visible_dialog(window, KeySheet).reject()
    assert not [one for one in window.findChildren(QDialog) if one.isVisible()]
