"""What a worker says while it works: one event a line, as JSON with its kind."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import get_origin, get_type_hints

from defectstudio.domain.errors import InternalError


@dataclass(frozen=True)
class Started:
    """The job's handler runs; device is what it computes on, total the number of steps."""

    device: str
    total: int


@dataclass(frozen=True)
class Progress:
    """`done` of `total` steps or samples."""

    done: int
    total: int


@dataclass(frozen=True)
class Metrics:
    """Figures of one step: losses by name."""

    step: int
    values: dict[str, float]


@dataclass(frozen=True)
class Artifact:
    """A file the job left, relative to its run folder: checkpoint, preview, sample, report."""

    role: str
    path: str
    step: int = 0


@dataclass(frozen=True)
class Log:
    """A line for the log; level is "info", or "notice" or "warning", which are shown at once."""

    text: str
    level: str = "info"


@dataclass(frozen=True)
class Alive:
    """The worker lives; `memory` is the most bytes it has used so far."""

    memory: int


@dataclass(frozen=True)
class Contents:
    """The answer to a preview request: arrays lie in the mapped file `path` (worker.preview)."""

    request: int
    path: str
    blocks: list[dict[str, object]]


@dataclass(frozen=True)
class SampleMade:
    """The answer to an accept request: the sample's files lie in `folder`."""

    request: int
    folder: str


@dataclass(frozen=True)
class StyleFound:
    """The answer to a search or a reading of a style: a seed, a second one of which there is so
    much, and numbers as in `recipe.Style.normal`. score: how well it fits, 0..1, 0 for a reading;
    reject: why even the best is no use, "" where it is."""

    request: int
    seed: int
    second: int = 0
    amount: float = 0.0
    normal: list[float] = field(default_factory=list)
    score: float = 0.0
    reject: str = ""


@dataclass(frozen=True)
class Failed:
    """The job, or one request of it, failed. kind: the error class; fault: "user" or "ours"."""

    kind: str
    fault: str
    reason: str
    subject: str = ""
    remedy: str = ""
    details: str = ""
    request: int = 0


@dataclass(frozen=True)
class Stopped:
    """The job stopped before its end, with a checkpoint; why is "cancelled" or "interrupted"."""

    why: str
    step: int


@dataclass(frozen=True)
class Finished:
    """The job is done; `summary` holds its figures."""

    summary: dict[str, object]


Event = (
    Started | Progress | Metrics | Artifact | Log | Alive | Contents | SampleMade
    | StyleFound | Failed | Stopped | Finished
)  # fmt: skip
_KINDS: dict[str, type] = {kind.__name__: kind for kind in Event.__args__}


def encode(event: Event) -> str:
    """One line of JSON, without the newline."""
    return json.dumps({"event": type(event).__name__, **asdict(event)}, ensure_ascii=True)


def decode(line: str) -> Event:
    """The event of one line. Raises InternalError when the line is not an event."""
    try:
        fields = json.loads(line)
        kind = fields.pop("event")
        event: Event = _KINDS[kind](**fields)
        types = _types(kind)
        if not all(isinstance(value, types[name]) for name, value in fields.items()):
            raise TypeError("a field is of another type")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InternalError(f"not an event: {line[:200]!r}") from error
    return event


@cache
def _types(kind: str) -> dict[str, type | tuple[type, ...]]:
    """The fields of a kind of event, and what their values are in Python."""
    hints = get_type_hints(_KINDS[kind])
    return {
        name: (int, float) if hint is float else get_origin(hint) or hint
        for name, hint in hints.items()
    }
