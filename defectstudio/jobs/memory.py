"""Whether the system ended processes for want of memory."""

from __future__ import annotations

from pathlib import Path

_COUNTERS = (Path("/sys/fs/cgroup/memory.events"), Path("/proc/vmstat"))


def oom_kills() -> int:
    """How many processes the kernel has killed for want of memory so far; 0 where it does not
    say (only Linux does)."""
    return sum(_count(path) for path in _COUNTERS)


def _count(path: Path) -> int:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
