"""A studio with an image of blobs to use tools on."""

import numpy as np
import pytest

from defectstudio.app.display import Window
from defectstudio.app.document import Document
from defectstudio.app.label_plane import LabelPlane
from defectstudio.app.studio import Studio
from defectstudio.app.tools.kit import tool_kit
from defectstudio.app.tools.tool import Pointer
from defectstudio.domain.records import DefectClass, ImageRecord, Role


def make_document(native, labels=None, image_id=1):
    height, width = native.shape[:2]
    record = ImageRecord(
        image_id, 1, "x", Role.NORMAL, None, f"{image_id:064x}", height, width, 1, 8, "", None, (),
        None,
    )  # fmt: skip
    plane = LabelPlane(np.zeros((height, width), np.uint8) if labels is None else labels)
    return Document(record, native, Window(0, 255), [native], plane)


def bright_disc(shape=(90, 120), centre=(40, 60), radius=15):
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    disc = np.hypot(rows - centre[0], columns - centre[1]) <= radius
    noise = np.random.default_rng(1).normal(0, 2, shape)
    return disc, np.clip(np.where(disc, 200, 60) + noise, 0, 255).astype(np.uint8)


class Later:
    """Does work when told to, as a thread would."""

    def __init__(self):
        self._waiting = []

    def run(self, work, done, failed):
        self._waiting.append((work, done, failed))

    def catch_up(self):
        waiting, self._waiting = self._waiting, []
        for work, done, failed in waiting:
            try:
                result = work()
            except Exception as error:
                failed(error)
            else:
                done(result)


class Desk:
    """A studio, its tools, and a hand that drags them."""

    def __init__(self, native, labels=None):
        self.studio = Studio(np.random.default_rng(5))
        self.studio.show_classes(tuple(DefectClass(n, 1, f"class {n}") for n in (1, 2, 3)))
        self.later = Later()
        self.tools = tool_kit(self.studio, self.later.run, np.random.default_rng(6))
        self.refused = []
        self.studio.refused.connect(self.refused.append)
        self.show(native, labels)

    @property
    def labels(self):
        return self.studio.document.plane.labels

    def show(self, native, labels=None, image_id=1):
        self.studio.show(make_document(native, labels, image_id))

    def drag(self, name, *points, straight=False, pressure=1.0):
        tool = self.tools[f"tool.{name}"]
        tool.start(Pointer(*points[0], straight, pressure))
        for point in points[1:]:
            tool.move(Pointer(*point, straight, pressure))
        tool.end()
        return tool


@pytest.fixture(scope="session")
def disc():
    """Where the bright disc is, and the picture of it."""
    return bright_disc()


@pytest.fixture
def desk(disc):
    """On a picture of a bright disc."""
    return Desk(disc[1])


@pytest.fixture(scope="session")
def desk_on():
    """Makes a desk for a picture and labels."""
    return Desk
