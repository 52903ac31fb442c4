"""One window a project: a lock beside the database that the system frees when its holder dies."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from defectstudio.domain.errors import ProjectError

LOCK = "window.lock"


class WindowLock:
    """Held while a window has the project open. Commands need none."""

    def __init__(self, root: Path) -> None:
        """Take it. Raises ProjectError when another window has it or it cannot be written."""
        self._lock = FileLock(root / LOCK)
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            raise ProjectError(
                "the project is open in another window",
                subject=root,
                remedy="Go on there, or close it there first.",
            ) from None
        except OSError as error:
            raise ProjectError(
                f"the project cannot be opened for painting ({error.strerror or error})",
                subject=root,
                remedy="Allow writing to the project's folder.",
            ) from error

    def release(self) -> None:
        """Let another window have it."""
        self._lock.release()
