"""Everything a person can do in the window, as data: menus, tool bar and key sheet read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Action:
    """id: stable name; menu: where it is listed ("" for keys only); icon: name of an SVG.

    keys: portable key names, the first is shown. A checkable action has a state.
    """

    id: str
    text: str
    menu: str = ""
    keys: tuple[str, ...] = ()
    icon: str = ""
    checkable: bool = False
    needs_project: bool = True


MENUS = ("&File", "&Edit", "&Paint", "&View", "&Synthesis", "Se&gmenters", "&Help")
_FILE, _EDIT, _PAINT, _VIEW, _SYNTHESIS, _SEGMENTERS, _HELP = MENUS

ACTIONS: tuple[Action, ...] = (
    Action("project.sample", "Open &sample project", _FILE, icon="sample", needs_project=False),
    Action("project.new", "&New project…", _FILE, ("Ctrl+N",), "new", needs_project=False),
    Action("project.open", "&Open project…", _FILE, ("Ctrl+O",), "open", needs_project=False),
    Action("project.close", "&Close project", _FILE, ("Ctrl+W",)),
    Action("project.import", "&Import images…", _FILE, ("Ctrl+I",), "import"),
    Action("project.split", "Sp&lit images…", _FILE),
    Action("project.export", "&Export dataset…", _FILE, ("Ctrl+E",), "export"),
    Action("project.pack", "Pac&k project…", _FILE),
    Action("project.unpack", "&Unpack a project…", _FILE, needs_project=False),
    Action("project.tidy", "&Remove unused files…", _FILE),
    Action("window.quit", "&Quit", _FILE, ("Ctrl+Q",), needs_project=False),
    Action("edit.undo", "&Undo", _EDIT, ("Ctrl+Z",), "undo"),
    Action("edit.redo", "&Redo", _EDIT, ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    Action("edit.copy", "C&opy painted shape", _EDIT, ("Ctrl+C",), "copy"),
    Action("edit.clear", "&Clear painted mask", _EDIT, ("Ctrl+Backspace",), "clear"),
    Action("custom.keys", "Change &keys…", _EDIT, needs_project=False),
    Action("custom.settings", "&Settings…", _EDIT, ("Ctrl+,",), needs_project=False),
    Action("tool.brush", "&Brush", _PAINT, ("B",), "brush", checkable=True),
    Action("tool.eraser", "&Eraser", _PAINT, ("E",), "eraser", checkable=True),
    Action("tool.line", "Straight l&ine", _PAINT, ("U",), "line", checkable=True),
    Action("tool.shape", "S&hape", _PAINT, ("H",), "shape", checkable=True),
    Action("tool.lasso", "L&asso", _PAINT, ("L",), "lasso", checkable=True),
    Action("tool.polygon", "&Polygon", _PAINT, ("P",), "polygon", checkable=True),
    Action("tool.fill", "&Fill", _PAINT, ("G",), "fill", checkable=True),
    Action("tool.wand", "&Wand", _PAINT, ("W",), "wand", checkable=True),
    Action("tool.grabcut", "&GrabCut", _PAINT, ("C",), "grabcut", checkable=True),
    Action("tool.stamp", "S&tamp", _PAINT, ("S",), "stamp", checkable=True),
    Action("stamp.shape", "Shape of a real defect", _PAINT, ("Shift+S",), "dice"),
    Action("tool.pick", "Pick &class", _PAINT, ("I",), "pick", checkable=True),
    Action("brush.smaller", "&Smaller brush", _PAINT, ("[",)),
    Action("brush.larger", "&Larger brush", _PAINT, ("]",)),
    Action("brush.softer", "S&ofter brush", _PAINT, ("Shift+[", "{")),
    Action("brush.harder", "Har&der brush", _PAINT, ("Shift+]", "}")),
    Action("class.all", "&Manage classes…", _PAINT, icon="classes"),
    Action("class.swap", "Swap class and backgro&und", _PAINT, ("X",), "swap"),
    Action("class.lock", "Loc&k or unlock class", _PAINT, ("K",)),
    Action("region.paint", "Paint where defects ma&y fall", _PAINT, ("Shift+W",), "region", True),
    Action("region.invert", "In&vert where defects may fall", _PAINT),
    Action("label.defect", "Image shows a &real defect", _PAINT),
    Action("label.normal", "Image shows &no defect", _PAINT),
    Action("label.earlier", "Previous labels…", _PAINT),
    Action("image.previous", "&Previous image", _VIEW, ("A", "PgUp"), "previous"),
    Action("image.next", "&Next image", _VIEW, ("D", "PgDown"), "next"),
    Action("view.fit", "&Fit", _VIEW, ("Ctrl+0",), "fit"),
    Action("view.full", "&100 %", _VIEW, ("Ctrl+1",), "full"),
    Action("view.width", "Fit &width", _VIEW, ("Ctrl+F",)),
    Action("view.in", "Zoom &in", _VIEW, ("Ctrl++", "Ctrl+="), "zoom-in"),
    Action("view.out", "Zoom o&ut", _VIEW, ("Ctrl+-",), "zoom-out"),
    Action("view.overlays", "Show &overlays", _VIEW, ("Tab",), "overlays", checkable=True),
    Action("view.preview", "Show p&review", _VIEW, ("V",), "preview", checkable=True),
    Action("page.paint", "P&aint", _VIEW, ("F5",)),
    Action("page.compare", "&Compare blends", _VIEW, ("F6",)),
    Action("view.near", "Pixel &grid and values", _VIEW, checkable=True),
    Action("view.minimap", "O&verview of the image", _VIEW, ("Shift+O",), checkable=True),
    Action("view.scale", "&Scale bar", _VIEW, checkable=True),
    Action("view.window", "&Brightness on screen…", _VIEW, ("Shift+B",), "window", checkable=True),
    Action("item.calibrate", "Size of a pi&xel…", _VIEW),
    Action("view.jobs", "&Jobs", _VIEW, ("F7",), checkable=True),
    Action("view.reset", "Reset la&yout", _VIEW, needs_project=False),
    Action("style.roll", "&Roll the style", _SYNTHESIS, ("R",), "dice"),
    Action("style.search", "Search the st&yle that fits", _SYNTHESIS, ("Shift+F",), "wand"),
    Action("style.lock", "&Lock the style", _SYNTHESIS, ("Shift+R",), "lock", checkable=True),
    Action(
        "sample.accept", "&Accept preview", _SYNTHESIS, ("Return", "Enter", "Ctrl+Return"), "accept"
    ),
    Action("reference.match", "&Match colours to this defect", _SYNTHESIS, icon="pick"),
    Action("reference.train", "Train a trans&fer from this defect…", _SYNTHESIS, icon="train"),
    Action("batch.plan", "&Batch…", _SYNTHESIS, ("Ctrl+B",), "batch"),
    Action("samples.review", "Re&view samples", _SYNTHESIS, ("Ctrl+R",), "review"),
    Action("samples.audit", "A&udit labels and coverage", _SYNTHESIS, icon="report"),
    Action("job.train", "&Train a generator…", _SYNTHESIS, ("Ctrl+T",), "train"),
    Action("model.all", "Ma&nage models…", _SYNTHESIS, icon="folder"),
    Action("segmenter.train", "Train a &segmenter…", _SEGMENTERS, ("Ctrl+Shift+T",), "segmenter"),
    Action("segmenter.evaluate", "&Judge on real images", _SEGMENTERS, icon="evaluate"),
    Action("segmenter.predict", "Look at &new pictures…", _SEGMENTERS, icon="preview"),
    Action("segmenter.compare", "&Compare generators…", _SEGMENTERS, icon="compare"),
    Action("segmenter.transfer", "T&ransfer from another item", _SEGMENTERS, icon="transfer"),
    Action("help.guide", "&User guide", _HELP, ("F1",), needs_project=False),
    Action("help.keys", "&Keys", _HELP, ("?",), "keys", needs_project=False),
    Action("help.palette", "&Command palette…", _HELP, ("Ctrl+K",), needs_project=False),
    Action("help.welcome", "&Welcome page", _HELP),
    Action("about.log", "Show &log", _HELP, needs_project=False),
    Action("about.system", "&System check…", _HELP, needs_project=False),
    Action("about.program", "&About DefectStudio", _HELP, needs_project=False),
)

BY_ID = {action.id: action for action in ACTIONS}

TOOL_BAR = (
    ("project.import", "project.export"),
    ("job.train",),
    ("edit.undo", "edit.redo", "edit.clear"),
)
"""Groups of actions, shown with the first word of their texts."""

CLASS_KEYS = tuple(str(digit) for digit in range(1, 10))
"""The n-th class of the item."""

GESTURES: tuple[tuple[str, str], ...] = (
    ("Drag", "Paint"),
    ("Right drag, Ctrl+drag", "Erase"),
    ("Hold Tab", "Look below the overlays"),
    ("Shift+click", "Straight line from the last point"),
    ("Alt+drag", "Brush size"),
    ("Wand: drag", "Tolerance"),
    ("Polygon: Enter, Backspace", "Close it, take the last point back"),
    ("Stamp: Ctrl+wheel, Alt+wheel, Enter", "Scale, rotate, keep it"),
    ("Shape: R", "Another one"),
    ("Wheel", "Zoom at the pointer"),
    ("Space+drag, middle drag", "Move the image"),
    ("1 … 9", "Choose the class"),
    ("Esc", "Cancel the stroke"),
)
"""What the mouse does, for the key sheet."""


def plain(text: str) -> str:
    """A text without its mnemonic mark and dots, as for a tool tip."""
    return text.replace("&", "").rstrip("…")


def first_word(text: str) -> str:
    """The verb of an action, for a narrow button."""
    return plain(text).split(" ")[0]


def clashes(actions: Iterable[Action]) -> tuple[str, ...]:
    """Keys claimed twice, class keys included; empty when all is well."""
    keys = [key.casefold() for action in actions for key in action.keys]
    counted = Counter([*keys, *CLASS_KEYS])
    return tuple(sorted(key for key, times in counted.items() if times > 1))
