"""Plain PNG files.

images/NAME.png       the picture, 8 or 16 bits as it is
labels/NAME.png       palette PNG of class ids: 0 background, 255 void (as Pascal VOC)
masks/CLASS/NAME.png  0/255, one for each class an image shows
classes.json          class id -> name
"""

from __future__ import annotations

from typing import ClassVar

from defectstudio.domain.files import write_json
from defectstudio.exchange.names import unique_names
from defectstudio.exchange.pictures import Picture
from defectstudio.exchange.writers.palette import put_plane
from defectstudio.exchange.writers.writer import Ground, Rows, Written, put_image


class Png:
    """See the module."""

    deep: ClassVar[bool] = True
    void: ClassVar[bool] = True

    def __init__(self, ground: Ground) -> None:
        self._folder = ground.folder
        self._classes = ground.request.kept
        names = unique_names(self._classes.values())
        self._folders = dict(zip(self._classes, names, strict=True))

    def write(self, picture: Picture) -> Written:
        """The picture, its plane and its masks."""
        image, plane = f"images/{picture.name}.png", f"labels/{picture.name}.png"
        put_image(self._folder, image, picture.image)
        put_plane(self._folder / plane, picture.label)
        labels = [plane]
        for class_id in picture.class_ids:
            mask = f"masks/{self._folders[class_id]}/{picture.name}.png"
            put_image(self._folder, mask, picture.label == class_id)
            labels.append(mask)
        return Written(image, tuple(labels))

    def finish(self, _rows: Rows, /) -> list[str]:
        """The names of the classes."""
        names = {str(class_id): name for class_id, name in self._classes.items()}
        write_json(self._folder / "classes.json", names)
        return []
