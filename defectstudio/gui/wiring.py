"""What every action does: one table a menu, joined to the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from defectstudio.app.actions import ACTIONS
from defectstudio.app.studio import Studio
from defectstudio.gui.panels.style.panel import StylePanel
from defectstudio.gui.peeking import Peek
from defectstudio.gui.session import Session

if TYPE_CHECKING:
    from defectstudio.gui.canvas.view import CanvasView
    from defectstudio.gui.main_window import MainWindow

Handlers = dict[str, Callable[[], object]]


def connect(window: MainWindow) -> None:
    """Join the window's parts to each other and every action to what it does."""
    commands, actions = window.commands, window.actions_
    commands.opened.connect(window.open_project)
    for emitter in (commands, window.curating, window.keeping):
        emitter.failed.connect(window.messages.show_error)
        emitter.noted.connect(window.messages.show_note)
    commands.ended.connect(window.messages.show_result)
    commands.unpainted.connect(lambda item_id: _show_unpainted(window, item_id))
    window.images.painted.connect(lambda: _lead_to_training(window))
    commands.busy.connect(window.status.show_jobs)
    commands.busy.connect(window.welcome.show_busy)
    commands.progressed.connect(window.welcome.show_progress)
    window.welcome.left.connect(window.show_pages)
    for menu in (_file, _edit, _paint, _view, _synthesis, _help):
        actions.connect_all(menu(window))
    _connect_states(window)
    window.batch.region_wanted.connect(lambda image_id: _paint_region(window, image_id))
    window.images.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
    for action_id in ("label.defect", "label.normal", "label.earlier"):
        window.images.list.addAction(actions[action_id])
    _connect_judging(window)
    actions.class_key.connect(lambda number: _choose_class(window, number))


def _file(window: MainWindow) -> Handlers:
    commands = window.commands
    return {
        "project.sample": commands.open_sample,
        "project.new": commands.ask_new,
        "project.open": commands.ask_open,
        "project.close": window.close_project,
        "project.import": commands.ask_import,
        "project.split": commands.ask_split,
        "project.export": commands.ask_export,
        "project.pack": window.keeping.ask_pack,
        "project.unpack": window.keeping.ask_unpack,
        "project.tidy": window.keeping.ask_tidy,
        "window.quit": window.close,
    }


def _edit(window: MainWindow) -> Handlers:
    return {
        "edit.undo": _in_session(window, lambda session: session.undo()),
        "edit.redo": _in_session(window, lambda session: session.redo()),
        "edit.copy": _in_session(window, lambda session: _copy(window, session)),
        "edit.clear": _in_session(window, lambda session: session.studio.clear()),
    }


def _paint(window: MainWindow) -> Handlers:
    painting = window.painting
    tools = [action.id for action in ACTIONS if action.id.startswith("tool.")]
    curating = window.curating
    return {
        "class.all": curating.ask_classes,
        "label.defect": curating.mark_defect,
        "label.normal": curating.mark_normal,
        "label.earlier": curating.show_earlier,
        **{tool: lambda tool=tool: painting.choose_tool(tool) for tool in tools},
        "tool.stamp": _in_session(window, lambda session: _take_stamp(window, session)),
        "stamp.shape": _in_session(window, lambda session: session.take_shape()),
        "brush.smaller": _in_session(window, lambda session: session.studio.tools.step_size(-1)),
        "brush.larger": _in_session(window, lambda session: session.studio.tools.step_size(1)),
        "brush.softer": _in_session(window, lambda session: _harden(session.studio, -10)),
        "brush.harder": _in_session(window, lambda session: _harden(session.studio, 10)),
        "class.swap": _in_session(window, lambda session: session.studio.swap()),
        "class.lock": _in_session(window, lambda session: _lock_class(session.studio)),
    }


def _view(window: MainWindow) -> Handlers:
    return {
        "image.previous": lambda: _step(window, -1),
        "image.next": lambda: _step(window, 1),
        "view.fit": lambda: _canvas(window).fit(),
        "view.full": lambda: _canvas(window).full_size(),
        "view.width": lambda: _canvas(window).fit_width(),
        "view.in": lambda: _zoom(window, 1.25),
        "view.out": lambda: _zoom(window, 1 / 1.25),
        "view.reset": window.reset_layout,
        "page.paint": lambda: window.show_page(window.painting),
        "page.compare": lambda: window.show_page(window.compare),
        "region.invert": _in_session(window, lambda session: session.studio.invert_region()),
        "item.calibrate": window.looking.ask_calibration,
    }


def _step(window: MainWindow, by: int) -> None:
    """To the next or the previous image of the list that is looked at."""
    judged = window.pages.currentWidget() is window.evaluating
    (window.evaluating if judged else window.images).step(by)


def _canvas(window: MainWindow) -> CanvasView:
    """The one that is looked at."""
    judged = window.pages.currentWidget() is window.evaluating
    return window.evaluating.pane.viewer if judged else window.painting.canvas


def _zoom(window: MainWindow, factor: float) -> None:
    canvas = _canvas(window)
    canvas.set_zoom(canvas.zoom * factor)


def _synthesis(window: MainWindow) -> Handlers:
    commands = window.commands
    return {
        "style.roll": _in_session(window, lambda session: _roll(window, session)),
        "style.search": _in_session(window, lambda session: session.styling.search()),
        "sample.accept": _in_session(window, lambda session: session.previews.accept()),
        "batch.plan": lambda: window.show_page(window.batch),
        "samples.review": lambda: window.show_page(window.review),
        "samples.audit": _in_session(window, lambda session: session.auditing.start()),
        "reference.match": commands.match_reference,
        "reference.train": commands.ask_transfer,
        "job.train": commands.ask_train,
        "model.all": window.modelling.ask,
        "segmenter.train": window.judging.ask_train,
        "segmenter.evaluate": lambda: window.show_page(window.evaluating),
        "segmenter.predict": window.judging.ask_predict,
        "segmenter.compare": window.judging.ask_compare,
        "segmenter.transfer": lambda: window.show_page(window.transfer),
    }


def _help(window: MainWindow) -> Handlers:
    customs, help_ = window.customs, window.help
    return {
        "custom.keys": customs.ask_keys,
        "custom.settings": customs.ask_settings,
        "help.guide": help_.show_guide,
        "help.keys": customs.show_keys,
        "help.palette": customs.ask_command,
        "help.welcome": window.show_welcome,
        "about.log": help_.show_log,
        "about.system": help_.show_system,
        "about.program": help_.show_about,
    }


def _connect_states(window: MainWindow) -> None:
    actions = window.actions_
    canvas = window.painting.canvas
    for action_id, show in (
        ("view.near", canvas.item.show_near),
        ("view.minimap", canvas.corners.show_minimap),
        ("view.scale", canvas.corners.show_scale_bar),
    ):
        actions[action_id].setChecked(True)
        actions[action_id].toggled.connect(show)
    actions["view.window"].toggled.connect(window.looking.show_panel)
    actions["region.paint"].toggled.connect(window.zoning.paint)
    for action_id in ("view.overlays", "view.preview"):
        actions[action_id].setChecked(True)
    Peek(canvas, actions["view.overlays"])
    actions["view.jobs"].setChecked(window.jobs_were_shown())
    actions["view.jobs"].toggled.connect(window.opening.show_jobs)
    actions["view.overlays"].toggled.connect(
        lambda on: window.session and window.session.previews.show_overlays(on)
    )
    actions["view.preview"].toggled.connect(
        lambda on: window.session and window.session.previews.enable(on)
    )
    actions["style.lock"].triggered.connect(
        lambda on: window.session and window.session.studio.lock(on)
    )


def _connect_judging(window: MainWindow) -> None:
    judging = window.judging
    judging.failed.connect(window.messages.show_error)
    judging.noted.connect(window.messages.show_note)

    def paint(image_id: int) -> None:
        window.pages.setCurrentWidget(window.painting)
        if window.session is not None:
            window.session.documents.open(image_id)

    judging.painted.connect(paint)


def _in_session(window: MainWindow, call: Callable[[Session], object]) -> Callable[[], None]:
    def run() -> None:
        if window.session is not None:
            call(window.session)

    return run


def _harden(studio: Studio, percent: int) -> None:
    studio.tools.harden(studio.tools.hardness + percent)


def _lock_class(studio: Studio) -> None:
    if studio.class_id:
        studio.lock_class(studio.class_id, studio.class_id not in studio.locked)


def _copy(window: MainWindow, session: Session) -> None:
    if session.studio.copy():
        window.messages.show_note(window.tr("Copied: place it with the stamp (S)."))
    else:
        window.messages.show_note(window.tr("Nothing is painted of this class."))


def _take_stamp(window: MainWindow, session: Session) -> None:
    """The stamp in hand, with a real shape where nothing else was chosen for it."""
    window.painting.choose_tool("tool.stamp")
    if session.studio.tools.stamp is None:
        session.take_shape(told=False)


def _roll(window: MainWindow, session: Session) -> None:
    if not session.studio.roll():
        window.messages.show_note(window.tr("The style of this class is locked (Shift+R)."))


def _choose_class(window: MainWindow, number: int) -> None:
    style = window.side.currentWidget()
    if isinstance(style, StylePanel):
        style.choose_number(number)


def _show_unpainted(window: MainWindow, item_id: int) -> None:
    """List an item's images that wait to be painted, and open the first."""
    session = window.session
    if session is not None:
        if session.item.id != item_id:
            session.choose_item(item_id)
        window.show_page(window.painting)
        window.images.show_unpainted()


def _lead_to_training(window: MainWindow) -> None:
    text = window.tr(
        "All images with defects are painted: a generator can learn from them (Ctrl+T)."
    )
    window.messages.show_result(text, window.tr("Train…"), window.actions_["job.train"].trigger)


def _paint_region(window: MainWindow, image_id: int) -> None:
    """Open a background with the tools on its region."""
    if window.session is not None:
        window.session.documents.open(image_id)
        window.actions_["region.paint"].setChecked(True)
        window.show_page(window.painting)
