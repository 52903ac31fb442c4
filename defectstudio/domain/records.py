"""Records of a project, as frozen values. The database stores them; nobody else knows how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from defectstudio.domain.generators import Kind
from defectstudio.domain.segmenters import Architecture

MAX_CLASSES = 254
"""A label plane is uint8: 0 is background, 255 is void, 1..254 are classes."""


class Role(StrEnum):
    """What an image shows."""

    NORMAL = "normal"
    DEFECT = "defect"


class Split(StrEnum):
    """The part of a data set an image belongs to."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


class JobState(StrEnum):
    """The life of a job. Starting and running jobs belong to a living process."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of itself."""
        return self in (self.DONE, self.FAILED, self.CANCELLED, self.INTERRUPTED)

    @property
    def is_owned(self) -> bool:
        """Whether a process works on it."""
        return self in (self.STARTING, self.RUNNING)


class Review(StrEnum):
    """What a person said of a sample; one that is rejected is kept, but not used."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Item:
    """A product whose images belong together; None where nobody told what a pixel measures."""

    id: int
    name: str
    pixel_size_mm: float | None = None


@dataclass(frozen=True)
class DefectClass:
    """A kind of defect of an item; `id` is in 1..254, stable and never reused."""

    id: int
    item_id: int
    name: str


@dataclass(frozen=True)
class ImageRecord:
    """An image of an item. `file` is the content-addressed path; `channels` 1 or 3; `depth` bits.

    `group` names the physical part; images of one group are never split apart.
    `label_file` is the image's uint8 label plane (class ids), None where nothing is labeled;
    `label_source` says who made it: "" (came with the image), "painted" or "predicted".
    """

    id: int
    item_id: int
    name: str
    role: Role
    file: Path
    sha256: str
    height: int
    width: int
    channels: int
    depth: int
    group: str
    split: Split | None
    class_ids: tuple[int, ...]
    label_file: Path | None
    label_source: str = ""

    @property
    def is_unpainted(self) -> bool:
        """Whether it shows a real defect that nobody has painted yet."""
        return self.role is Role.DEFECT and self.label_file is None


@dataclass(frozen=True)
class EarlierLabel:
    """What the label of an image was before somebody else made another; `until` is UTC."""

    id: int
    image_id: int
    role: Role
    label_file: Path | None
    source: str
    until: str


@dataclass(frozen=True)
class SampleRecord:
    """An accepted sample: image, label (refined), painted mask and recipe, by content."""

    id: int
    item_id: int
    file: Path
    sha256: str
    label_file: Path
    label_sha256: str
    painted_file: Path
    recipe_file: Path
    class_ids: tuple[int, ...]
    background_id: int
    job_id: int | None
    review: Review = Review.UNDECIDED

    @property
    def usable(self) -> bool:
        """Whether it is exported and trained on."""
        return self.review is not Review.REJECTED


@dataclass(frozen=True)
class GeneratorRecord:
    """A trained generator: a folder with `generator.safetensors` and `generator.json`."""

    id: int
    item_id: int
    name: str
    kind: Kind
    folder: Path
    sha256: str


@dataclass(frozen=True)
class SegmenterRecord:
    """A trained segmenter: a folder with `segmenter.safetensors` and `segmenter.json`."""

    id: int
    item_id: int
    name: str
    kind: Architecture
    folder: Path
    sha256: str


@dataclass(frozen=True)
class Asked:
    """How a job is to be queued.

    order: the arguments of its use case, as JSON has them; slot: what it computes on; priority: a
    higher one starts first; after: ids of the jobs it waits for; shrink: whether it may go on
    smaller where the memory does not suffice.
    """

    order: Mapping[str, Any] = field(default_factory=dict)
    slot: str = "cpu"
    priority: int = 0
    after: tuple[int, ...] = ()
    shrink: bool = False


@dataclass(frozen=True)
class JobRecord:
    """A job of the project.

    `progress` in [0, 1] is that of `steps` of a total; `message` says why it ended as it did, or
    what it waits for. begun: when it last began. place: the slot it has, like "cuda:0". user: who
    queued it. wanted: the state that somebody asked a running job to take, else "". retries: how
    often it is started again by itself; due: not before this time (seconds since 1970).
    memory: the most bytes its worker has used.
    """

    id: int
    kind: str
    title: str
    state: JobState
    progress: float
    message: str
    folder: Path
    created: str
    ended: str | None
    asked: Asked = field(default_factory=Asked)
    begun: str | None = None
    place: str = ""
    user: str = ""
    wanted: str = ""
    retries: int = 0
    due: float = 0.0
    steps: tuple[int, int] = (0, 0)
    seconds_left: float | None = None
    memory: int = 0

    @property
    def is_starting(self) -> bool:
        """Whether somebody works on it and it has not told yet how many steps there are."""
        return self.state.is_owned and not self.steps[1]
