"""What people say of images and samples: labels, what they were before, reviews, classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from defectstudio.domain.records import DefectClass, EarlierLabel, Review, Role
from defectstudio.imaging.types import Label
from defectstudio.project import earlier_labels, images, reclassing, restoring, samples
from defectstudio.project.base import ProjectBase
from defectstudio.project.catalog import check_classes
from defectstudio.project.reclassing import RelabeledImage, RelabeledSample

IMPORTED, PAINTED, PREDICTED = "", "painted", "predicted"
"""Who made a label."""


class Curation(ProjectBase):
    """The part of a project that is judged and corrected by hand."""

    def save_label(self, image_id: int, label: Label, source: str = PAINTED) -> None:
        """Replace the label of an image: uint8 (H, W) of class ids, of the image's size.

        The image's role becomes defect when the label has a class, else normal. What the label
        was before is remembered unless it was of the same role and source.
        """
        role = Role.DEFECT if images.label_classes(label) else Role.NORMAL
        self._relabel(image_id, role, label, source)

    def set_role(self, image_id: int, role: Role, label: Label | None, source: str) -> None:
        """Say what an image shows, with its label; a normal image has none.

        Raises ProjectError for a normal image with a label.
        """
        self._relabel(image_id, role, label, source)

    def earlier_labels(self, image_id: int) -> list[EarlierLabel]:
        """What the label of an image was before, newest first."""
        with self._database.read() as connection:
            return earlier_labels.select(connection, self.root, image_id)

    def set_reviews(self, reviews: Mapping[int, Review]) -> None:
        """Say of samples, by id, whether they are good."""
        with self._change("samples") as connection:
            samples.update_reviews(connection, reviews)

    def gone_classes(self, item_id: int) -> dict[int, int]:
        """What the ids of removed classes mean now: another class, or void (255)."""
        with self._database.read() as connection:
            return reclassing.gone(connection, item_id)

    def replace_class(
        self,
        item_id: int,
        class_id: int,
        into: int | None,
        relabeled_images: Sequence[RelabeledImage],
        relabeled_samples: Sequence[RelabeledSample],
    ) -> None:
        """Remove a class whose pixels became those of the class `into`, or void when that is None.

        The planes without the class are stored already; they must be those of all its images and
        samples as they are now. Without `into`, samples of the class are removed, and images that
        showed nothing else have no label. What the class was is kept for `bring_class_back`.

        Raises ProjectError, and changes nothing, when a label changed meanwhile or a job runs.
        """
        change = reclassing.Change(item_id, class_id, into)
        with self._change("images") as connection:
            check_classes(connection, item_id, {class_id})
            watch = restoring.Watch(connection, item_id, class_id, change.now)
            reclassing.apply(connection, self.root, change, relabeled_images, relabeled_samples)
            restoring.keep(self.root, watch.seen())
        for table in ("classes", "samples"):
            self.changed.emit(table)

    def removed_classes(self, item_id: int) -> list[DefectClass]:
        """Removed classes of an item of which it is kept what they were, the last one first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, name FROM gone_classes WHERE item_id = ? ORDER BY rowid DESC",
                (item_id,),
            ).fetchall()
        return [
            DefectClass(row["id"], item_id, row["name"])
            for row in rows
            if restoring.file_of(self.root, item_id, row["id"]).is_file()
        ]

    def bring_class_back(self, item_id: int, class_id: int) -> None:
        """Undo the removal of a class: its pixels in all labels are its own again, and removed
        samples are there.

        Raises ProjectError, and changes nothing, when such a label changed since, its name is
        taken, or a job runs.
        """
        removed = restoring.read(self.root, item_id, class_id)
        with self._change("images") as connection:
            reclassing.check_no_job(connection, removed.name)
            restoring.bring_back(connection, self.root, removed)
        restoring.file_of(self.root, item_id, class_id).unlink(missing_ok=True)
        for table in ("classes", "samples"):
            self.changed.emit(table)

    def _relabel(self, image_id: int, role: Role, label: Label | None, source: str) -> None:
        stored = None
        with self._database.read() as connection:
            image = images.select_one(connection, self.root, image_id)
        if label is not None:
            images.check_label(label, image)
            stored = self.files.add_label(label) if images.label_classes(label) else None
        with self._change("images") as connection:
            images.update_label(connection, image, images.NewLabel(role, label, stored, source))
