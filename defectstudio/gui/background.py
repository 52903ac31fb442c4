"""Work off the window's thread, answered on it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from defectstudio.domain.errors import DefectStudioError, InternalError
from defectstudio.gui.bridge import Bridge

T = TypeVar("T")


class Background:
    """One thread that does what it is given in order; `close` waits for what is under way."""

    def __init__(self, name: str, bridge: Bridge) -> None:
        self._bridge = bridge
        self.executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[DefectStudioError], object],
    ) -> Future[None]:
        """Do `work`, then call `done` or `failed` on the window's thread."""

        def task() -> None:
            result, error = _tried(work)
            if error is None:
                self._bridge.post(lambda: done(result))
            else:
                self._bridge.post(lambda: failed(error))

        return self.executor.submit(task)

    def run_while(
        self,
        wanted: Callable[[], bool],
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[DefectStudioError], object],
    ) -> Future[None]:
        """The same; an answer that is no longer wanted when it comes is dropped."""
        return self.run(
            work,
            lambda result: done(result) if wanted() else None,
            lambda error: failed(error) if wanted() else None,
        )

    def finish(self, work: Callable[[], object]) -> DefectStudioError | None:
        """Do `work` after all before it and wait; returns its error."""
        return self.executor.submit(lambda: _tried(work)[1]).result()

    def post(self, call: Callable[[], object]) -> None:
        """Run `call` soon on the window's thread: what `work` has to tell before its end."""
        self._bridge.post(call)

    def close(self, *, drop: bool = False) -> None:
        """End the thread. `drop`: what has not begun is not done."""
        self.executor.shutdown(wait=True, cancel_futures=drop)


def _tried(work: Callable[[], T]) -> tuple[T | None, DefectStudioError | None]:
    try:
        return work(), None
    except DefectStudioError as error:
        return None, error
    except Exception as error:
        bug = InternalError(f"{type(error).__name__}: {error}", remedy="Please report it.")
        bug.add_note(traceback.format_exc())
        return None, bug
