"""The Evaluate tab: a segmenter on real images, image by image and threshold by threshold."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.judged import Evaluation, JudgedPicture
from defectstudio.domain.records import SegmenterRecord, Split
from defectstudio.domain.segmenting import JudgedImage
from defectstudio.gui.fields import icon_button, whole_columns
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.figures_pane import FiguresPane
from defectstudio.gui.panels.judged_model import IMAGE, JudgedModel, told
from defectstudio.gui.panels.judged_pane import JudgedPane


class EvaluatePage(QWidget):
    """wanted: a segmenter's name and a split, to be shown; judge: the same, to be judged; train: a
    segmenter is to be trained; picture: an image to open; report: the report's page is to open."""

    wanted = Signal(str, object)
    judge = Signal(str, object)
    train = Signal()
    picture = Signal(object)
    report = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self.segmenter, self.split = QComboBox(), QComboBox()
        self.segmenter.setAccessibleName(self.tr("Segmenter"))
        self.split.setAccessibleName(self.tr("Split that it is judged on"))
        for split in (Split.TEST, Split.VAL, Split.TRAIN):
            self.split.addItem(self.tr("on the {} split").format(split.value), split)
        self.segmenter.currentIndexChanged.connect(self._choose)
        self.split.currentIndexChanged.connect(self._choose)
        self.go = QPushButton(icon("evaluate"), self.tr("Judge"))
        self.go.clicked.connect(lambda: self.judge.emit(*self.choice))
        self.to_report = icon_button("report", self.tr("Open the report"))
        self.to_report.clicked.connect(self.report)
        self.more = QPushButton(icon("train"), self.tr("Train a segmenter…"))
        self.more.clicked.connect(self.train)
        self.summary, self.empty = QLabel(), QLabel()
        self._model = JudgedModel()
        self.images = self._made_images()
        self.pane, self.figures = JudgedPane(), FiguresPane()
        self.pane.moved.connect(self.figures.show_threshold)
        self._lay_out()
        self.show_segmenters([])

    @property
    def choice(self) -> tuple[str, Split]:
        """The segmenter's name and the split, which Qt gives back as plain text."""
        return self.segmenter.currentText(), Split(self.split.currentData())

    def show_segmenters(self, records: list[SegmenterRecord]) -> None:
        """The segmenters of the item; what is chosen stays chosen, else the newest is."""
        before = self.segmenter.currentText()
        self.segmenter.blockSignals(True)
        self.segmenter.clear()
        self.segmenter.addItems([record.name for record in records[::-1]])
        self.segmenter.setCurrentIndex(max(0, self.segmenter.findText(before)))
        self.segmenter.blockSignals(False)
        for one in (self.segmenter, self.split, self.go):
            one.setEnabled(bool(records))
        if records:
            self._choose()
        else:
            self.show_nothing(
                self.tr("No segmenter yet. Train one on the labeled images and the samples.")
            )

    def show_nothing(self, text: str) -> None:
        """Say why there is nothing to see."""
        self.empty.setText(text)
        self.summary.clear()
        self.pane.let_go()
        self._body.setCurrentIndex(0)
        self.to_report.setEnabled(False)
        self.go.setText(self.tr("Judge"))

    def show_evaluation(self, found: Evaluation, names: dict[str, str]) -> None:
        """Show a judgement, its worst image first; names: of images by their hash."""
        self.summary.setText(self._told(found))
        self.to_report.setEnabled(True)
        self.go.setText(self.tr("Judge again"))
        self._body.setCurrentIndex(1)
        self.figures.show_evaluation(found)
        self.pane.show_evaluation(found)
        self._model.show(found.worst_first, names)
        self.images.setCurrentIndex(self._model.index(0, 0))

    def show_picture(self, picture: JudgedPicture) -> None:
        """Show an image of the judgement, if it is still the one that is chosen."""
        if self.images.currentIndex().data(IMAGE) == picture.image:
            self.pane.show_picture(picture)

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) image."""
        row = self.images.currentIndex().row() + by
        if 0 <= row < self._model.rowCount():
            self.images.setCurrentIndex(self._model.index(row, 0))

    def dress(self, ground: QColor) -> None:
        """The palette changed; ground: the colour around the image."""
        self.pane.viewer.set_ground(ground)
        self.figures.dress()

    def choose_again(self) -> None:
        """What is chosen may have been judged meanwhile."""
        self._choose()

    def _choose(self) -> None:
        if self.segmenter.count():
            self.wanted.emit(*self.choice)

    def _on_image(self) -> None:
        image: JudgedImage | None = self.images.currentIndex().data(IMAGE)
        if image is not None:
            self.pane.let_go()
            self.picture.emit(image)

    def _told(self, found: Evaluation) -> str:
        text = self.tr("Mean F1 of the classes {} at the kept threshold.").format(
            told(found.report.figures.mean_f1_kept)
        )
        if found.report.seen:
            text += " " + self.tr(
                "⚠ It was trained on the parts of {} of these images: the figures are too good."
            ).format(found.report.seen)
        return text

    def _made_images(self) -> QTreeView:
        table = QTreeView()
        table.setModel(self._model)
        table.setAccessibleName(self.tr("Images, the worst first"))
        table.setRootIsDecorated(False)
        table.setUniformRowHeights(True)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        whole_columns(table)
        table.selectionModel().currentRowChanged.connect(self._on_image)
        return table

    def _lay_out(self) -> None:
        em = self.fontMetrics().height()
        top = QHBoxLayout()
        top.setContentsMargins(em // 2, em // 3, em // 2, em // 3)
        for one in (self.segmenter, self.split, self.go, self.to_report):
            top.addWidget(one)
        self.summary.setWordWrap(True)
        self.summary.setContentsMargins(em // 2, 0, em // 2, 0)
        top.addWidget(self.summary, 1)
        top.addWidget(self.more)
        worst = QLabel(self.tr("Worst images first"))
        worst.setProperty("role", "heading")
        head = QHBoxLayout()
        head.setContentsMargins(em // 2, em // 4, em // 4, em // 4)
        head.addWidget(worst, 1)
        for drawing, text, by in (
            ("previous", self.tr("Previous image of the list"), -1),
            ("next", self.tr("Next image of the list"), 1),
        ):
            button = icon_button(drawing, text)
            button.clicked.connect(lambda _=False, by=by: self.step(by))
            head.addWidget(button)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.images, 1)
        split = QSplitter()
        for one in (left, self.pane, self.figures):
            split.addWidget(one)
        split.setSizes([20 * em, 40 * em, 24 * em])
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        self.empty.setProperty("role", "muted")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._body = QStackedWidget()
        self._body.addWidget(self.empty)
        self._body.addWidget(split)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self._body, 1)
