"""A bare Debian system in a folder, in which programs run as a person who has just installed it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOME = "/home/person"
SCREENS = "/tmp/.X11-unix"
_USER = "1000"
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child")


@dataclass(frozen=True)
class BareRoot:
    """folder: where its / is. Needs root, as chroot and mount do."""

    folder: Path

    def administer(self, *words: str) -> None:
        """Run a command as its root, with the network; what it says goes to our terminal's."""
        command = self._inside(["env", "DEBIAN_FRONTEND=noninteractive", *words], alone=False)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}:\n{done.stdout}{done.stderr}")

    def start(self, words: Sequence[str], display: str = "", **how: Any) -> subprocess.Popen[bytes]:
        """Start a program as an ordinary person, without any network."""
        return subprocess.Popen(
            self._inside(words, alone=True, display=display), start_new_session=True, **how
        )

    def run(self, *words: str, patience: float = 900) -> dict[str, Any]:
        """The object that a command of ours prints with --json. Raises RuntimeError."""
        with (self.folder / "tmp/said").open("w+b") as said:
            child = self.start([*words, "--json"], stdout=subprocess.PIPE, stderr=said)
            try:
                out, _ = child.communicate(timeout=patience)
            except BaseException:
                os.killpg(child.pid, signal.SIGKILL)
                child.communicate()
                raise
            if child.returncode:
                said.seek(0)
                told = (out + said.read()).decode("utf-8", "replace")
                raise RuntimeError(f"{' '.join(words)} ended with {child.returncode}:\n{told}")
        answer: dict[str, Any] = json.loads(out)
        return answer

    def _inside(self, words: Sequence[str], *, alone: bool, display: str = "") -> list[str]:
        """The command in the folder: mounts and processes of its own, gone when it ends."""
        root = self.folder
        steps = [
            "mount --make-rprivate /",
            f"mount -t proc proc {root}/proc",
            f"mount --rbind /dev {root}/dev",
            f"mount -t tmpfs tmpfs {root}/dev/shm",
        ]
        if alone:
            # The loopback is not up in a network of one's own.
            steps.append("ip link set lo up")
        if display:
            steps += [f"mkdir -p {root}{SCREENS}", f"mount --bind {SCREENS} {root}{SCREENS}"]
        steps.append('exec "$@"')
        known = {"PATH": _PATH, "LANG": "C.UTF-8", "HOME": HOME if alone else "/root"}
        known |= {"DISPLAY": display} if display else {}
        return [
            *_APART,
            *(("--net",) if alone else ()),
            *("sh", "-ec", "; ".join(steps), "inside", "chroot"),
            *((f"--userspec={_USER}:{_USER}",) if alone else ()),
            *(str(root), "env", "-i", "-C", known["HOME"]),
            *(f"{name}={value}" for name, value in known.items()),
            *words,
        ]


@contextmanager
def bare_root(folder: Path, suite: str, mirror: str | None) -> Iterator[BareRoot]:
    """A fresh system of Debian's suite; it is removed at the end. Raises CalledProcessError."""
    command = ["debootstrap", "--variant=minbase", suite, str(folder)]
    subprocess.run([*command, *([mirror] if mirror else [])], check=True, stdout=subprocess.DEVNULL)
    try:
        root = BareRoot(folder)
        shutil.copyfile("/etc/resolv.conf", folder / "etc/resolv.conf")
        root.administer("useradd", "--create-home", "--uid", _USER, "person")
        yield root
    finally:
        shutil.rmtree(folder)
