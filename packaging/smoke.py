"""Installs the .deb in a bare Debian and uses it: `python packaging/smoke.py DEB --out FOLDER`.

As root, with debootstrap and Xvfb. Nothing is in that system but its minimum and what the package
asks for; the program runs there as an ordinary person without any network, and shows its window on
a screen outside. Leaves smoke.json and window.png in the folder.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from freezing import bundles
from freezing.bare_root import HOME, BareRoot, bare_root
from freezing.screen import Screen, screen

PROGRAM = "defectstudio"
TRAINING = ("steps=4", "crop=64", "batch=4", "width=8", "processes=2")
_PATIENCE = 180.0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("package", type=Path)
    parser.add_argument("--out", type=Path, default=Path("build/smoke"))
    parser.add_argument("--suite", default="bookworm", help="of Debian, at least the builder's")
    parser.add_argument("--mirror", help="where debootstrap fetches from, default its own")
    given = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("chroot and mount need root")
    out: Path = given.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=out, prefix="root-") as desk,
        bare_root(Path(desk, "root"), given.suite, given.mirror) as root,
    ):
        report = Visit(root, given.package, out).run()
    (out / "smoke.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    for step in report["steps"]:
        print(f"{step['seconds']:7.1f} s  {step['name']}: {step['found']}")
    return 0


class Visit:
    """From the installation to the removal, step by step; each raises where it finds a fault."""

    def __init__(self, root: BareRoot, package: Path, out: Path) -> None:
        self._root, self._package, self._out = root, package, out
        self._steps: list[dict[str, Any]] = []

    def run(self) -> dict[str, Any]:
        """What was done, how long it took and what came of it."""
        self._step("install", self._install)
        self._step("doctor", self._doctor)
        self._step("demo", self._demo)
        self._step("export", self._export)
        self._step("make again", self._replay)
        self._step("samples by two processes", self._spread)
        self._step("training by two processes", self._train)
        self._step("window", self._window)
        self._step("remove", self._remove)
        return {"package": self._package.name, "steps": self._steps}

    def _step(self, name: str, work: Callable[[], str]) -> None:
        began = time.monotonic()
        found = work()
        seconds = round(time.monotonic() - began, 1)
        self._steps.append({"name": name, "seconds": seconds, "found": found})
        print(f"{name}: {found}", file=sys.stderr, flush=True)

    def _install(self) -> str:
        place = self._root.folder / "tmp" / self._package.name
        shutil.copyfile(self._package, place)
        self._root.administer("apt-get", "update", "-qq")
        before = self._packages()
        self._root.administer(
            "apt-get", "install", "-y", "--no-install-recommends", f"/tmp/{place.name}"
        )
        place.unlink()
        size = bundles.size_of(self._root.folder / "usr/lib/defectstudio")
        packed = self._package.stat().st_size
        added = len(self._packages() - before)
        return f"{packed / 1e6:.0f} MB, {size / 1e6:.0f} MB installed, {added} packages with it"

    def _doctor(self) -> str:
        checks = self._root.run(PROGRAM, "doctor")["checks"]
        missing = [one for one in checks if one["state"] == "missing"]
        if missing:
            raise RuntimeError(f"doctor finds missing: {missing}")
        return ", ".join(f"{one['name']} {one['found']}" for one in checks[:1])

    def _demo(self) -> str:
        report = self._root.run(PROGRAM, "demo", "--headless", "--out", f"{HOME}/demo")
        self._project = report["project"]
        return f"{report['samples']} samples, exports {', '.join(report['exports'])}"

    def _export(self) -> str:
        report = self._root.run(PROGRAM, "export", self._project, f"{HOME}/out", "--format", "yolo")
        if not report["synthetic"]:
            raise RuntimeError("no sample was exported")
        return f"{report['images']} images, {report['synthetic']} synthetic, as YOLO"

    def _replay(self) -> str:
        report = self._root.run(PROGRAM, "replay", f"{HOME}/out", "--project", self._project)
        return f"{len(report['samples'])} samples the same to the pixel"

    def _spread(self) -> str:
        model = self._generator()
        how = ("--generator", model["name"], "--count", "8", "--set", "processes=2")
        report = self._root.run(PROGRAM, "synthesize", self._project, *how)
        return f"{report['samples_in_project']} samples in the project"

    def _generator(self) -> dict[str, Any]:
        listed = self._root.run(PROGRAM, "models", "list", self._project)
        first: dict[str, Any] = listed["models"][0]
        return first

    def _train(self) -> str:
        settings = [word for text in TRAINING for word in ("--set", text)]
        how = ("segmenter", "--name", "eye", "--item", self._generator()["item"], *settings)
        report = self._root.run(PROGRAM, "train", self._project, *how)
        return f"segmenter {report['segmenter']['name']}, job {report['job']['state']}"

    def _window(self) -> str:
        """By the file that a file manager would give, until nothing moves any more."""
        with screen() as shown:
            return self._look(shown)

    def _look(self, shown: Screen) -> str:
        words = [PROGRAM, "app", f"{self._project}/project.sqlite"]
        with (self._out / "window.log").open("wb") as log:
            child = self._root.start(words, shown.display, stdout=log, stderr=log)
            try:
                seconds = shown.wait_for_light(_PATIENCE)
                shown.rest(_PATIENCE)
                shown.shoot(self._out / "window.png")
                os.kill(_window_below(child.pid), signal.SIGTERM)
                code = child.wait(_PATIENCE)
            except BaseException:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                raise
        said = (self._out / "window.log").read_text(errors="replace").strip()
        if code or "Traceback" in said:
            raise RuntimeError(f"the window ended with {code}:\n{said}")
        return f"first paint after {seconds:.1f} s, see {self._out / 'window.png'}"

    def _remove(self) -> str:
        self._root.administer("apt-get", "purge", "-y", PROGRAM)
        left = [
            str(path.relative_to(self._root.folder))
            for path in (self._root.folder / "usr").rglob("*defectstudio*")
        ]
        if left:
            raise RuntimeError(f"left behind: {left}")
        return "nothing is left in /usr"

    def _packages(self) -> set[str]:
        lists = (self._root.folder / "var/lib/dpkg/info").glob("*.list")
        return {path.stem for path in lists}


def _window_below(ancestor: int) -> int:
    """The process of the window among those that a process started. Raises RuntimeError."""
    below = {ancestor}
    for line in _said("ps", "-e", "-o", "pid=,ppid=,args=", "--sort", "start_time").splitlines():
        pid, parent, words = line.split(None, 2)
        if int(parent) in below:
            below.add(int(pid))
            if " --part window " in words:
                return int(pid)
    raise RuntimeError("the window's process is not found")


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
