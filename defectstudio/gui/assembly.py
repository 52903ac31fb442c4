"""The window behind its first page: panels, pages, docks, and what they do, put together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QStackedWidget, QToolBar, QWidget

from defectstudio.app.actions import TOOL_BAR
from defectstudio.gui.background import Background
from defectstudio.gui.bridge import Bridge
from defectstudio.gui.commands import Commands, Places
from defectstudio.gui.compare.page import ComparePage
from defectstudio.gui.curating import Curating
from defectstudio.gui.dropping import Dropping
from defectstudio.gui.help import Help
from defectstudio.gui.judging import Judging
from defectstudio.gui.keeping import Keeping
from defectstudio.gui.looking import Looking
from defectstudio.gui.modelling import Modelling
from defectstudio.gui.opening import Opening
from defectstudio.gui.pages import Pages
from defectstudio.gui.panels.batch import BatchPage
from defectstudio.gui.panels.evaluate import EvaluatePage
from defectstudio.gui.panels.images import ImagesPanel
from defectstudio.gui.panels.jobs import JobsPanel
from defectstudio.gui.panels.painting import PaintingPage
from defectstudio.gui.panels.review import ReviewPage
from defectstudio.gui.panels.samples import SamplesPanel
from defectstudio.gui.panels.status import StatusLine
from defectstudio.gui.panels.thumbnails import Thumbnails
from defectstudio.gui.panels.transfer import TransferPage
from defectstudio.gui.preferences import Customs
from defectstudio.gui.recovery import Recovery
from defectstudio.gui.transferring import Transferring
from defectstudio.gui.wiring import connect
from defectstudio.gui.zoning import Zoning

if TYPE_CHECKING:
    from defectstudio.gui.main_window import MainWindow


def assemble(window: MainWindow) -> Iterator[None]:
    """Build it part by part; after every part the window may answer."""
    _add_services(window)
    yield
    yield from _add_panels(window)
    # In one turn, so that no dock flashes up.
    _add_frame(window)
    _join(window)


def _add_services(window: MainWindow) -> None:
    window.bridge = Bridge(window)
    window.files = Background("projects", window.bridge)
    window.thumbnails = Thumbnails(window.bridge, window)
    window.commands = Commands(window, window.files, window.places or Places.of_user())
    window.curating = Curating(window, lambda: window.session)
    window.modelling = Modelling(window, lambda: window.session)
    window.keeping = Keeping(window)
    window.recovery = Recovery(window.messages)
    window.help = Help(window, window.commands, window.files)


def _add_panels(window: MainWindow) -> Iterator[None]:
    pictures = window.thumbnails
    window.images, window.jobs = ImagesPanel(pictures), JobsPanel()
    yield
    window.samples = SamplesPanel(pictures)
    window.painting = PaintingPage(window.actions_, window.samples)
    yield
    window.batch = BatchPage(pictures)
    yield
    window.review, window.compare = ReviewPage(pictures), ComparePage(window.bridge)
    yield
    window.evaluating = EvaluatePage()
    window.judging = Judging(window, window.evaluating, window.bridge)
    yield
    window.transfer = TransferPage()
    window.transferring = Transferring(window.transfer, window.bridge, window)
    yield


def _add_frame(window: MainWindow) -> None:
    window.status = StatusLine(window.statusBar())
    window.bar = _tool_bar(window)
    window.addToolBar(window.bar)
    window.notices.stand_beside(window.bar)
    window.actions_.keep_on(window.painting.canvas)
    window.pages, window.side = Pages(), QStackedWidget()
    window.pages.tabBar().setDrawBase(False)
    for page, title in (
        (window.painting, window.tr("Paint")),
        (window.compare, window.tr("Compare")),
        (window.batch, window.tr("Batch")),
        (window.review, window.tr("Review")),
        (window.transfer, window.tr("Transfer")),
        (window.evaluating, window.tr("Evaluate")),
    ):
        window.pages.addTab(page, title)
    window.centre.addWidget(window.pages)
    window.notices.add(window.recovery.bar)
    area = Qt.DockWidgetArea
    window.docks = [
        _dock(window, "images", window.tr("Images"), window.images, area.LeftDockWidgetArea),
        _dock(window, "style", window.tr("Defect"), window.side, area.RightDockWidgetArea),
        _dock(window, "jobs", window.tr("Jobs"), window.jobs, area.BottomDockWidgetArea),
    ]
    em = window.fontMetrics().height()
    window.resizeDocks(window.docks[:2], [17 * em, 17 * em], Qt.Orientation.Horizontal)
    window.resizeDocks(window.docks[2:], [14 * em], Qt.Orientation.Vertical)
    window.restore_docks()


def _join(window: MainWindow) -> None:
    window.opening = Opening(window)
    window.customs = Customs(window)
    window.looking, window.zoning = Looking(window), Zoning(window)
    connect(window)
    window.theme.changed.connect(window.dress)
    Dropping(window, window.commands, window.painting.canvas.viewport())
    window.dress()
    window.opening.show_project(None)


def _tool_bar(window: MainWindow) -> QToolBar:
    bar = QToolBar(window.tr("Tools"))
    bar.setObjectName("tools")
    bar.setMovable(False)
    em = window.fontMetrics().height()
    bar.setIconSize(QSize(round(1.35 * em), round(1.35 * em)))
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    for number, group in enumerate(TOOL_BAR):
        if number:
            bar.addSeparator()
        for action_id in group:
            action = window.actions_[action_id]
            bar.addAction(action)
            bar.widgetForAction(action).setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return bar


def _dock(
    window: MainWindow, name: str, title: str, widget: QWidget, area: Qt.DockWidgetArea
) -> QDockWidget:
    dock = QDockWidget(title, window)
    dock.setObjectName(name)
    dock.setWidget(widget)
    dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetMovable)
    window.addDockWidget(area, dock)
    return dock
