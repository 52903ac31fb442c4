"""One real defect as the reference: matched at once, or learned by a transfer network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton

from defectstudio.app.references import candidates, reference_picture
from defectstudio.domain.errors import DefectStudioError
from defectstudio.domain.records import ImageRecord
from defectstudio.gui.background import Background
from defectstudio.gui.icons import icon
from defectstudio.gui.panels.picture_view import PictureView
from defectstudio.gui.panels.style.parts import Choice, Section, muted, row
from defectstudio.gui.telling import in_words


class ReferenceSection(Section):
    """wanted: the id of an image to paint on; matched, trained: the name of a reference; taken: an
    image whose look the class is to have."""

    wanted = Signal(int)
    matched = Signal(str)
    trained = Signal(str)
    taken = Signal(object)

    def __init__(self) -> None:
        super().__init__(self.tr("One reference"), is_open=False)
        self._files: Background | None = None
        self._shown: ImageRecord | None = None
        self.images = Choice(self.tr("Reference image"))
        self.images.activated.connect(lambda _row: self.refresh())
        self.picture = PictureView(self.tr("The reference"), as_wide=True)
        self.hint = muted()
        self.paint = QPushButton(icon("brush"), self.tr("Paint its mask"))
        self.paint.clicked.connect(lambda: self.wanted.emit(self._chosen.id))
        self.match = QPushButton(icon("pick"), self.tr("Match"))
        self.match.setToolTip(self.tr("A generator of its colours by histogram match, at once"))
        self.match.clicked.connect(lambda: self.matched.emit(self._chosen.name))
        self.train = QPushButton(icon("train"), self.tr("Train…"))
        self.train.setToolTip(self.tr("Train a transfer network from here"))
        self.train.clicked.connect(lambda: self.trained.emit(self._chosen.name))
        self.take = QPushButton(icon("wand"), self.tr("Take its look"))
        self.take.setToolTip(
            self.tr("Draw the chosen class in the look of this defect, with its own generator")
        )
        self.take.clicked.connect(lambda: self.taken.emit(self._chosen))
        self.training = PictureView(self.tr("What the training draws now"), as_wide=True)
        self.training_hint = muted(self.tr("What the training draws now:"))
        self.training_hint.hide()
        for widget in (self.images, self.picture, self.hint, self.paint):
            self.content.addWidget(widget)
        self.content.addWidget(self.take)
        self.content.addLayout(row(self.match, self.train, None))
        for widget in (self.training_hint, self.training):
            self.content.addWidget(widget)
        self.opened.connect(lambda _open: self.refresh())
        self.show_images([])

    def use(self, files: Background) -> None:
        """Read pictures on this thread."""
        self._files = files

    def show_images(self, images: list[ImageRecord]) -> None:
        """The images of the item, those that can be references are offered; the choice stays."""
        chosen = self._chosen
        offered = candidates(images)
        self.images.clear()
        for image in offered:
            mark = "" if image.class_ids else self.tr(" (no mask)")
            self.images.addItem(image.name + mark, image)
        ids = [image.id for image in offered]
        if chosen is not None and chosen.id in ids:
            self.images.setCurrentIndex(ids.index(chosen.id))
        self.refresh()

    def choose(self, image_id: int) -> None:
        """Take this image as the reference, where it can be one."""
        for place in range(self.images.count()):
            if self.images.itemData(place).id == image_id:
                self.images.setCurrentIndex(place)
                self.refresh()

    def refresh(self) -> None:
        """Show what is chosen; its picture is read only when the section is open."""
        chosen = self._chosen
        painted = chosen is not None and bool(chosen.class_ids)
        self.images.setEnabled(chosen is not None)
        self.paint.setEnabled(chosen is not None)
        self.paint.setText(self.tr("Correct its mask") if painted else self.tr("Paint its mask"))
        self.match.setEnabled(painted)
        self.train.setEnabled(painted)
        self.take.setEnabled(painted)
        if chosen is None:
            self.hint.setText(self.tr("Import an image with a defect to take it as a reference."))
        else:
            self.hint.setText(self.tr("Paint its mask first, then match or train."))
        self.hint.setVisible(not painted)
        if chosen != self._shown and self.is_open:
            self._read(chosen)

    def show_training(self, pixels: NDArray[np.uint8] | None) -> None:
        """What a training draws by now; None when it is over."""
        self.training_hint.setVisible(pixels is not None)
        self.training.show_pixels(pixels)

    @property
    def _chosen(self) -> ImageRecord | None:
        return self.images.currentData()

    def _read(self, chosen: ImageRecord | None) -> None:
        self._shown = chosen
        self.picture.show_pixels(None)
        if chosen is not None and self._files is not None:
            self._files.run(
                lambda: reference_picture(chosen),
                lambda pixels: self._show(chosen, pixels),
                lambda error: self._fail(chosen, error),
            )

    def _show(self, of: ImageRecord, pixels: NDArray[np.uint8]) -> None:
        if of == self._shown:
            self.picture.show_pixels(pixels)

    def _fail(self, of: ImageRecord, error: DefectStudioError) -> None:
        if of == self._shown:
            self.hint.setText(in_words(error))
            self.hint.show()
