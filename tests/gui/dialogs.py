"""Every dialog with something in it, for whoever looks at them all."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QDialog

from defectstudio.app.accepting import FoundPart
from defectstudio.app.classes import ClassUse
from defectstudio.app.doctor import Check
from defectstudio.app.exportable import Kind
from defectstudio.app.keymap import DEFAULTS
from defectstudio.app.models import ModelUse
from defectstudio.app.settings import Preferences
from defectstudio.app.splitting import Learning
from defectstudio.domain.records import DefectClass, EarlierLabel, Item, Role, Split
from defectstudio.gui.dialogs.about import AboutDialog, LogDialog, SystemCheck
from defectstudio.gui.dialogs.accept_label import AcceptLabelDialog
from defectstudio.gui.dialogs.calibrate import CalibrateDialog
from defectstudio.gui.dialogs.classes import ClassesDialog
from defectstudio.gui.dialogs.compare import CompareDialog
from defectstudio.gui.dialogs.earlier_labels import EarlierLabelsDialog
from defectstudio.gui.dialogs.export import ExportDialog
from defectstudio.gui.dialogs.guide import GuideWindow
from defectstudio.gui.dialogs.import_images import ImportDialog
from defectstudio.gui.dialogs.key_map import KeyMapDialog
from defectstudio.gui.dialogs.keys import KeySheet
from defectstudio.gui.dialogs.models import ModelsDialog
from defectstudio.gui.dialogs.new_project import NewProjectDialog
from defectstudio.gui.dialogs.predict import PredictDialog
from defectstudio.gui.dialogs.segmenter import SegmenterDialog
from defectstudio.gui.dialogs.settings import SettingsDialog
from defectstudio.gui.dialogs.tidy import TidyDialog
from defectstudio.gui.dialogs.train import TrainDialog
from defectstudio.gui.panels.plan_table import BackgroundChooser
from defectstudio.imaging.masks import Box
from defectstudio.project.unused import Unused

_CLASSES = (DefectClass(1, 1, "scratch"), DefectClass(2, 1, "hole"))
LEARNING = Learning({"scratch": 9, "hole": 7}, {"scratch": 5, "hole": 4}, 2, 3)
_LABELED = {f"hole {number}": number == 0 for number in range(9)}


class _AtOnce:
    """Runs what it is given at once."""

    def run(self, work, done, _failed):
        done(work())


def _system_check() -> QDialog:
    checks = [
        Check("program", "ok", "DefectStudio 0.1.0, Python 3.11.2"),
        Check("graphics card", "note", "none", "Trainings run on the CPU, which takes longer."),
        Check("disk", "missing", "1.2 GB free", "Make room: trainings and samples need 5 GB."),
    ]
    return SystemCheck(_AtOnce(), look=lambda: checks)


def _classes() -> QDialog:
    dialog = ClassesDialog("brushed metal")
    uses = [ClassUse(one, 12, 3400, ("sample-metal",), ("U-Net",)) for one in _CLASSES]
    dialog.show_uses(uses, [DefectClass(3, 1, "stain")])
    return dialog


def _models() -> QDialog:
    dialog = ModelsDialog("brushed metal")
    names = tuple(one.name for one in _CLASSES)
    use = ModelUse("generator", "sample-metal", "dcdganc", "brushed metal", names, 1 << 24, 3400)
    dialog.show_uses([use, replace(use, sort="segmenter", name="U-Net", kind="unet", samples=0)])
    return dialog


def _tidy() -> QDialog:
    dialog = TidyDialog()
    sorts = ("file", "run", "model", "checkpoint", "cache", "backup", "remnant")
    dialog.show_unused([Unused(sort, f"{sort}s/3f2a", 1 << 20) for sort in sorts])
    return dialog


def _accept_label() -> QDialog:
    parts = [FoundPart(Box(4, 4, 20, 30), np.ones((20, 30), bool), 1 + n) for n in range(2)]
    return AcceptLabelDialog("plate 3", _CLASSES, parts, np.full((60, 80), 130, np.uint8))


def _earlier() -> QDialog:
    label = EarlierLabel(1, 1, Role.DEFECT, Path("label.png"), "painted", "2026-03-02T12:00:00")
    return EarlierLabelsDialog("plate 3", [label, replace(label, role=Role.NORMAL)], None)


def _all_of(dialog: TrainDialog | SegmenterDialog | CompareDialog) -> QDialog:
    dialog.more.click()
    return dialog


STOCK: dict[Split | None, Counter[Kind]] = {
    None: Counter({Kind.REAL: 40, Kind.UNLABELED: 3}),
    Split.TRAIN: Counter({Kind.ACCEPTED: 3000, Kind.UNDECIDED: 400, Kind.REJECTED: 21}),
    Split.VAL: Counter(),
    Split.TEST: Counter({Kind.REAL: 7}),
}


DIALOGS: dict[str, Callable[[], QDialog]] = {
    "about": AboutDialog,
    "system check": _system_check,
    "log": LogDialog,
    "guide": GuideWindow,
    "new project": lambda: NewProjectDialog(Path("projects")),
    "key map": lambda: KeyMapDialog(DEFAULTS),
    "keys": lambda: KeySheet(DEFAULTS),
    "settings": lambda: SettingsDialog(Preferences()),
    "import": lambda: ImportDialog(["plate"], "plate", Path("pictures")),
    "export": lambda: ExportDialog(Path("exports"), "plate", STOCK),
    "train": lambda: TrainDialog([], _LABELED, LEARNING),
    "train a transfer": lambda: TrainDialog([], _LABELED, LEARNING, kind="dst"),
    "train, all": lambda: _all_of(TrainDialog([], _LABELED, LEARNING)),
    "segmenter": lambda: SegmenterDialog([], LEARNING, 3400),
    "segmenter, all": lambda: _all_of(SegmenterDialog([], LEARNING, 3400)),
    "compare": lambda: CompareDialog("plate", ["sample-metal"]),
    "compare, all": lambda: _all_of(CompareDialog("plate", ["sample-metal"])),
    "predict": lambda: PredictDialog(["U-Net"]),
    "classes": _classes,
    "models": _models,
    "tidy": _tidy,
    "accept label": _accept_label,
    "earlier labels": _earlier,
    "calibrate": lambda: CalibrateDialog(Item(1, "brushed metal", 0.05)),
    "backgrounds": lambda: BackgroundChooser(("good 0", "good 1"), {"good 0"}, None),
}
