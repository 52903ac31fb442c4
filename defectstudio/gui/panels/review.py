"""The page where samples are looked at and judged."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from defectstudio.app.reviewing import UNKNOWN, Making
from defectstudio.domain.auditing import Flaw
from defectstudio.domain.records import Review, SampleRecord
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.image_model import RECORD
from defectstudio.gui.panels.review_grid import ReviewGrid, draw_sample
from defectstudio.gui.panels.review_model import ANY, ReviewModel, Wanted
from defectstudio.gui.panels.thumbnails import Thumbnails

LARGE_SIDE = 900
"""Pixels of the longer side that the large picture is read at."""


class ReviewPage(QWidget):
    """judged: samples (a list of records) and what was said of them; report_wanted: the page of
    the audit whose findings are shown."""

    judged = Signal(object, object)
    report_wanted = Signal()

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self.model = ReviewModel()
        self.grid = ReviewGrid(self.model, thumbnails)
        self.large = LargeSample(thumbnails)
        self.classes, self.generators, self.states = QComboBox(), QComboBox(), QComboBox()
        self.flaws = QComboBox()
        self.audit = QFrame()
        self.audit.setObjectName("canvasHead")
        self.report = QPushButton(icon("report"), self.tr("Audit report"))
        self.labels = QCheckBox(self.tr("Outlines (L)"))
        self.near = QCheckBox(self.tr("Close-up (Z)"))
        self.size = QSlider(Qt.Orientation.Horizontal)
        self.counts, self._facts, self._empty = QLabel(), QLabel(), QLabel()
        self.buttons: dict[Review, QPushButton] = {}
        self._fill_states()
        self.setFocusProxy(self.grid)
        self._lay_out()
        self._connect()
        self.show_flaws(None)
        self.show_samples([], {})

    def show_samples(self, records: list[SampleRecord], names: dict[int, str]) -> None:
        """Show the samples of an item; names: class id -> name."""
        before, current = self.grid.currentIndex().row(), self.grid.currentIndex().data(RECORD)
        chosen = bool(self.grid.chosen())
        self.model.show(records, names)
        _refill(self.classes, [(self.tr("All classes"), None), *((n, i) for i, n in names.items())])
        if chosen:
            self._go_back(current, max(0, before))
        self._tell()

    def let_go(self) -> None:
        """Show nothing; another project is another world."""
        self.model.makings.clear()
        self.show_samples([], {})
        self.show_makings({})
        self.show_flaws(None)

    def show_makings(self, makings: dict[int, Making]) -> None:
        """How samples were made; what is known already stays known."""
        self.model.learn(makings)
        names = sorted({name for one in self.model.makings.values() for name in one.generators})
        shown = [(name if name != UNKNOWN else self.tr("unknown"), name) for name in names]
        _refill(self.generators, [(self.tr("All generators"), None), *shown])
        self._tell()

    def show_flaws(self, flaws: dict[int, tuple[Flaw, ...]] | None) -> None:
        """What an audit found of samples, the worst first; None where there was none."""
        self.model.judge(flaws or {})
        counts = Counter(flaw for own in self.model.flaws.values() for flaw in own)
        bad = sum(bool(own) for own in self.model.flaws.values())
        words = self._words()
        entries: list[tuple[str, object]] = [(self.tr("All findings"), None)]
        if bad:
            entries.append((self.tr("with a finding ({})").format(bad), ANY))
        entries += [(f"{words[flaw]} ({counts[flaw]})", flaw) for flaw in Flaw if counts[flaw]]
        _refill(self.flaws, entries)
        self.flaws.setVisible(bool(bad))
        self.audit.setVisible(flaws is not None)
        self._tell()

    def _words(self) -> dict[Flaw, str]:
        return {
            Flaw.EMPTY: self.tr("the label is empty"),
            Flaw.OUTSIDE_REGION: self.tr("labeled outside the allowed region"),
            Flaw.COPY: self.tr("nearly a copy of a training content"),
            Flaw.FAINT: self.tr("below a just noticeable contrast"),
            Flaw.UNCHANGED: self.tr("labeled, but not changed"),
            Flaw.HALO: self.tr("changed, but not labeled"),
            Flaw.OFF_EDGE: self.tr("the outline lies off the edges"),
            Flaw.SPECKS: self.tr("specks beside larger parts"),
        }

    def _judge(self, review: Review) -> None:
        chosen = self.grid.chosen()
        if not chosen:
            return
        after = self.grid.last_chosen() + 1
        self.judged.emit(chosen, review)
        if after < self.model.rowCount():
            self.grid.go_to(after)
        elif len(chosen) > 1:
            # The next key shall not take back what was said of all.
            self.grid.selectionModel().clear()

    def _refilter(self) -> None:
        current = self.grid.currentIndex().data(RECORD)
        # Qt gives enumerations back as plain text.
        reviews = tuple(Review(one) for one in self.states.currentData())
        generator = self.generators.currentData()
        flaw = self.flaws.currentData()
        wanted = flaw if flaw in (None, ANY) else Flaw(flaw)
        self.model.choose(Wanted(self.classes.currentData(), generator, wanted, reviews))
        self._go_back(current, 0)
        self._tell()

    def _go_back(self, current: SampleRecord | None, row: int) -> None:
        """To the sample that was the current one, where it is shown no more to a row."""
        if not self.grid.currentIndex().isValid():
            shown = (self.model.index(n, 0).data(RECORD) for n in range(self.model.rowCount()))
            same = [n for n, one in enumerate(shown) if current and one.id == current.id]
            self.grid.go_to(same[0] if same else row)

    def _look(self) -> None:
        self.grid.look.labels = self.large.labels = self.labels.isChecked()
        self.grid.look.near = self.large.near = self.near.isChecked()
        self.grid.viewport().update()
        self.large.update()

    def _tell(self) -> None:
        """Counts, and what is known of the current sample."""
        count = Counter(record.review for record in self.model.all)
        shown, total = self.model.rowCount(), len(self.model.all)
        text = self.tr("{} undecided · {} accepted · {} rejected").format(*map(count.get, Review))
        text = text.replace("None", "0")
        if shown != total:
            text = self.tr("{} of {} shown · {}").format(shown, total, text)
        self.counts.setText(text)
        self._empty.setVisible(not shown)
        self._empty.setText(
            self.tr("No sample is of this kind.")
            if total
            else self.tr("No samples yet. Make some by hand or as a batch (Ctrl+B).")
        )
        self.grid.setVisible(bool(shown))
        record = self.grid.currentIndex().data(RECORD) if shown else None
        empty = self.tr("Choose a sample to see it large.") if shown else ""
        self.large.show_sample(record, empty)
        self._facts.setText("" if record is None else self._facts_of(record))
        for button in self.buttons.values():
            button.setEnabled(record is not None)

    def _facts_of(self, record: SampleRecord) -> str:
        names = {
            Review.ACCEPTED: self.tr("accepted"),
            Review.REJECTED: self.tr("rejected"),
            Review.UNDECIDED: self.tr("undecided"),
        }
        head = self.tr("Sample {}: {} · {}")
        text = head.format(record.id, self.model.classes_of(record), names[record.review])
        if own := self.model.flaws.get(record.id):
            text += "\n" + self.tr("Found: {}").format("; ".join(map(self._words().get, own)))
        making = self.model.makings.get(record.id)
        if making is None:
            return text
        gone = self.tr("a generator that is gone")
        makers = ", ".join(one or gone for one in making.generators)
        seeds = ", ".join(map(str, making.seeds[:3])) + ("…" if len(making.seeds) > 3 else "")
        return text + "\n" + self.tr("Made by {}, style {}").format(makers, seeds)

    def _fill_states(self) -> None:
        undecided, accepted, rejected = Review
        for text, reviews in (
            (self.tr("All states"), tuple(Review)),
            (self.tr("Undecided"), (undecided,)),
            (self.tr("Accepted"), (accepted,)),
            (self.tr("Rejected"), (rejected,)),
            (self.tr("Not rejected"), (undecided, accepted)),
        ):
            self.states.addItem(text, reviews)
        self.classes.addItem(self.tr("All classes"), None)
        self.generators.addItem(self.tr("All generators"), None)
        for box, name in (
            (self.classes, self.tr("Class")),
            (self.generators, self.tr("Generator")),
            (self.states, self.tr("State")),
            (self.flaws, self.tr("Finding")),
        ):
            box.setAccessibleName(name)

    def _connect(self) -> None:
        self.report.clicked.connect(self.report_wanted)
        for box in (self.classes, self.generators, self.states, self.flaws):
            box.currentIndexChanged.connect(lambda _: self._refilter())
        for check in (self.labels, self.near):
            check.setChecked(True)
            check.toggled.connect(lambda _: self._look())
        self.grid.labels_toggled.connect(self.labels.toggle)
        self.grid.near_toggled.connect(self.near.toggle)
        self.grid.judged.connect(self._judge)
        self.grid.selectionModel().currentChanged.connect(lambda *_: self._tell())
        self.size.setRange(5, 20)
        self.size.setAccessibleName(self.tr("Tile size"))
        self.size.valueChanged.connect(self.grid.resize_tiles)
        self.size.setValue(9)

    def _lay_out(self) -> None:
        em = self.fontMetrics().height()
        head = QFrame()
        head.setObjectName("canvasHead")
        row = QHBoxLayout(head)
        row.setContentsMargins(em // 2, em // 4, em // 2, em // 4)
        for box in (self.classes, self.generators, self.states):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            row.addWidget(box)
        row.addWidget(self.labels)
        row.addWidget(self.near)
        self.size.setFixedWidth(7 * em)
        row.addWidget(self.size)
        row.addStretch(1)
        self.counts.setProperty("role", "muted")
        self.counts.setContentsMargins(0, em // 4, 0, em // 3)
        self._empty.setProperty("role", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(em // 2, 0, 0, 0)
        column.addWidget(self.grid, 1)
        column.addWidget(self._empty, 1)
        column.addWidget(self.counts)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(left)
        split.addWidget(self._side(em))
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(head)
        layout.addWidget(self._audit_row(em))
        layout.addWidget(split, 1)

    def _audit_row(self, em: int) -> QWidget:
        """What an audit found, a row of its own: its sentences are long."""
        row = QHBoxLayout(self.audit)
        row.setContentsMargins(em // 2, 0, em // 2, em // 4)
        self.flaws.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        row.addWidget(self.flaws)
        row.addStretch(1)
        row.addWidget(self.report)
        return self.audit

    def _side(self, em: int) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(em, em // 2, em, em)
        column.addWidget(self.large, 1)
        self._facts.setWordWrap(True)
        self._facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self._facts)
        row = QHBoxLayout()
        for review, text, name in (
            (Review.ACCEPTED, self.tr("Accept (Y)"), "accept"),
            (Review.REJECTED, self.tr("Reject (N)"), "cancel"),
            (Review.UNDECIDED, self.tr("Undecided (U)"), "undo"),
        ):
            button = QPushButton(icon(name), text)
            # The keys of the grid go on working after a click.
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, said=review: self._judge(said))
            self.buttons[review] = button
            row.addWidget(button)
        column.addLayout(row)
        return side


class LargeSample(QWidget):
    """One sample, as large as there is room."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails, self._record, self.told = thumbnails, None, ""
        self.labels, self.near = True, True
        em = self.fontMetrics().height()
        self.setMinimumSize(QSize(14 * em, 10 * em))
        thumbnails.arrived.connect(self.update)

    def show_sample(self, record: SampleRecord | None, empty: str = "") -> None:
        """Show a sample; without one, the text."""
        self._record, self.told = record, empty
        self.setAccessibleName("" if record is None else str(record.id))
        self.update()

    def paintEvent(self, _event: object) -> None:  # noqa: N802
        painter = QPainter(self)
        if self._record is None:
            self._say(painter, self.told)
            painter.end()
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        tile = QRect(0, 0, self.width(), self.height())
        drawn = draw_sample(
            painter, self._thumbnails, self._record, tile,
            near=self.near, labels=self.labels, side=LARGE_SIDE,
        )  # fmt: skip
        if drawn is None:
            self._say(painter, self.tr("Reading…"))
        painter.end()

    def _say(self, painter: QPainter, text: str) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect(), wrapped, text)


def _refill(box: QComboBox, entries: list[tuple[str, object]]) -> None:
    """Other entries; what was chosen stays chosen where it is still there."""
    if [(box.itemText(n), box.itemData(n)) for n in range(box.count())] == entries:
        return
    chosen = box.currentData()
    box.blockSignals(True)
    box.clear()
    for text, value in entries:
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(chosen)) if chosen is not None else 0)
    box.blockSignals(False)
    if box.currentData() != chosen:
        box.currentIndexChanged.emit(0)
