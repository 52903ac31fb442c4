"""What is installed, what is wanted: the stamp in the virtual environment."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bootstrapping.talk import SetupError, say

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

STAMP = "defectstudio-setup.json"
TEST_EXTRA = "test"


@dataclass(frozen=True)
class State:
    """One set-up. `complete` is False while it is worked on, so that a killed run is seen.

    place: the Python and the checkout it was made for; dependencies, metadata: hashes of the
    parts of pyproject.toml that pip reads; kernel: of what the core of blending is compiled from.
    """

    complete: bool
    place: str
    torch: str
    extras: tuple[str, ...]
    dependencies: str
    metadata: str
    kernel: str = ""


def read(venv: Path) -> State | None:
    """The state of a virtual environment that this script made, None for any other."""
    try:
        fields = json.loads((venv / STAMP).read_text(encoding="utf-8"))
        return State(**{**fields, "extras": tuple(fields["extras"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write(venv: Path, state: State) -> None:
    """Leave the state in the virtual environment."""
    venv.mkdir(parents=True, exist_ok=True)
    beside = venv / (STAMP + ".new")
    beside.write_text(json.dumps(asdict(state), indent=1) + "\n", encoding="utf-8")
    beside.replace(venv / STAMP)


def wanted(root: Path, torch: str | None, *, test: bool, there: State | None) -> State:
    """What a request asks for; what it leaves open stays as it is `there`."""
    project = project_file(root)
    extras = set(there.extras if there else ()) | ({TEST_EXTRA} if test else set())
    chosen = tuple(sorted(extras))
    described = project["project"]
    optional = described.get("optional-dependencies", {})
    needs = {
        "python": described.get("requires-python"),
        "build": project["build-system"],
        "always": described["dependencies"],
        "extras": [optional[name] for name in chosen],
    }
    return State(
        complete=True,
        place=f"{_python()} {root}",
        torch=torch or (there.torch if there else "default"),
        extras=chosen,
        dependencies=_digest(needs),
        metadata=_digest([described, project.get("tool", {}).get("hatch")]),
        kernel=_digest([path.read_text(encoding="utf-8") for path in _kernel_files(root)]),
    )


def with_kernel_of(there: State | None, goal: State) -> State:
    """The goal but for the core of blending, which stays as it is `there`."""
    kept = there is not None and there.place == goal.place
    return replace(goal, kernel=there.kernel if there and kept else "")


def owned_or_free(venv: Path) -> None:
    """Raises SetupError when `venv` holds something this script did not make."""
    if venv.exists() and read(venv) is None and _holds_something(venv):
        raise SetupError(
            f"{venv} exists and was not made by this script.\nMove it away or delete it, then"
            " run the command again: DefectStudio keeps its own environment there."
        )


def _holds_something(venv: Path) -> bool:
    return not venv.is_dir() or any(entry.name != STAMP + ".new" for entry in venv.iterdir())


def unfinished(state: State) -> State:
    """The same state on its way."""
    return replace(state, complete=False)


def project_file(root: Path) -> dict[str, Any]:
    """pyproject.toml of the checkout."""
    with (root / "pyproject.toml").open("rb") as stream:
        return tomllib.load(stream)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`: two set-ups of one checkout come one after the other.

    An installer inherits the lock, so that one whose parent was killed is waited for, too.
    """
    with path.open("a+b") as stream:
        os.set_inheritable(stream.fileno(), True)
        if not _try_lock(stream.fileno()):
            say("Another set-up of this checkout is running: waiting for it.")
            while not _try_lock(stream.fileno()):
                time.sleep(0.5)
        yield


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _kernel_files(root: Path) -> list[Path]:
    source = root / "defectstudio" / "imaging" / "kernel"
    return sorted([*source.glob("*.[ch]pp"), *(root / "packaging").glob("kernel_*.py")])


def _python() -> str:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    machine = platform.machine()
    return f"{sys.implementation.name} {version} {machine} {os.path.realpath(sys.base_prefix)}"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
