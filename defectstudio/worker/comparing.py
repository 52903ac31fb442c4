"""What the handlers of all comparisons share."""

from __future__ import annotations

from defectstudio.domain.events import Log, Progress
from defectstudio.worker.channel import Channel

REPORT_FOLDER = "report"


class Halted(Exception):  # noqa: N818 - no error: the owner asked for it
    """The owner wants no more."""


class Steps:
    """Counts what is done, tells it, and stops when the owner says so."""

    def __init__(self, channel: Channel) -> None:
        self.channel, self.done, self.total = channel, 0, 0

    def tick(self, several: int = 1) -> None:
        """One more is done, or several. Raises Halted."""
        self.done += several
        self.channel.emit(Progress(self.done, self.total))
        self.look()

    def look(self) -> None:
        """Raises Halted when no more is wanted."""
        if self.channel.stop():
            raise Halted


def warn(channel: Channel, text: str) -> None:
    """Tell the owner."""
    channel.emit(Log(text, "warning"))
