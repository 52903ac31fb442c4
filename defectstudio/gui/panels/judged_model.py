"""The images of a judgement as a table: the worst first."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from defectstudio.domain.segmenting import JudgedImage

IMAGE = Qt.ItemDataRole.UserRole


class JudgedModel(QAbstractTableModel):
    """Columns: name, what it shows, F1, pixels missed and found in error, at the kept threshold."""

    def __init__(self) -> None:
        super().__init__()
        self._images: list[JudgedImage] = []
        self._names: dict[str, str] = {}
        self._heads = (
            self.tr("Image"), self.tr("Shows"), self.tr("F1"), self.tr("Missed"),
            self.tr("False"),
        )  # fmt: skip

    def show(self, images: list[JudgedImage], names: dict[str, str]) -> None:
        """Show these images in their order; names: of images by their hash."""
        self.beginResetModel()
        self._images, self._names = images, names
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._images)

    def columnCount(self, _parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return len(self._heads)

    def headerData(  # noqa: N802
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._heads[section]
        if role == Qt.ItemDataRole.ToolTipRole and section > 2:
            return self.tr("Pixels at the kept threshold")
        return None

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        image = self._images[index.row()]
        if role == IMAGE:
            return image
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() > 1:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tr("{}, part {}: largest probability {:.3f}").format(
                self.name(image), image.group, image.peak
            )
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                self.name(image),
                ", ".join(image.classes) or self.tr("good"),
                told(image.f1),
                f"{image.misses}",
                f"{image.false_alarms}",
            )[index.column()]
        return None

    def name(self, image: JudgedImage) -> str:
        """Of the image, or the beginning of its hash where the project no longer has it."""
        return self._names.get(image.sha256, image.sha256[:12])


def told(number: float | None) -> str:
    """A figure, a dash where there is none."""
    return "–" if number is None else f"{number:.3f}"
