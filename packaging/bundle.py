"""Gathers all that an installation needs, for machines without a network.

    python3 packaging/bundle.py [--platform win_amd64] [--python 3.12] [--torch cpu] [--out dist]

makes a folder on a connected machine: wheels, their checksums and an installer. Carry it over, and
there run `sh install.sh` or `install.bat`. uv resolves for the other platform, pip downloads; both
take pip's configuration (mirrors, proxies, constraints) as it is.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrapping import state
from bootstrapping.install import CPU_INDEX, CUDA_INDEX
from bootstrapping.talk import SetupError, say

ROOT = Path(__file__).resolve().parents[1]
OFFLINE = Path(__file__).resolve().parent / "offline"
_BACKENDS = {"cpu": ("cpu", CPU_INDEX), "cuda": ("cu130", CUDA_INDEX)}
_UV_OPTIONS = {"index-url": "--default-index", "extra-index-url": "--index",
               "find-links": "--find-links", "constraint": "--constraints",
               "trusted-host": "--allow-insecure-host"}  # fmt: skip
"""What of pip's configuration uv is told, and how."""


@dataclass(frozen=True)
class Platform:
    """How uv calls it, the tags of its wheels, and what Python says there."""

    uv: str
    tags: tuple[str, ...]
    system: str
    machine: str


_GLIBC = ("manylinux2014", *(f"manylinux_2_{minor}" for minor in range(17, 29)))
PLATFORMS = {
    "linux_x86_64": Platform(
        "x86_64-manylinux_2_28", tuple(f"{g}_x86_64" for g in _GLIBC), "linux", "x86_64"
    ),
    "linux_aarch64": Platform(
        "aarch64-manylinux_2_28", tuple(f"{g}_aarch64" for g in _GLIBC), "linux", "aarch64"
    ),
    "win_amd64": Platform("x86_64-pc-windows-msvc", ("win_amd64",), "win32", "amd64"),
    "macosx_arm64": Platform("aarch64-apple-darwin", ("macosx_14_0_arm64",), "darwin", "arm64"),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--platform", choices=PLATFORMS, default=_here())
    parser.add_argument("--python", default="{}.{}".format(*sys.version_info), metavar="3.11")
    parser.add_argument("--torch", choices=("default", *_BACKENDS), default="default")
    parser.add_argument("--extra", action="append", default=[], help="such as onnx")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    given = parser.parse_args()
    if given.platform is None:
        parser.error("this machine is none of them: choose with --platform")
    try:
        made = bundle(
            given.out.resolve(), given.platform, given.python, given.torch, tuple(given.extra)
        )
    except SetupError as error:
        say(f"\n{error}")
        return 1
    size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
    print(f"{made} ({size / 1e9:.2f} GB)")
    return 0


def bundle(out: Path, target: str, python: str, torch: str, extras: tuple[str, ...]) -> Path:
    """Make the folder, beside and renamed; what was downloaded before a failure is used again.

    Raises SetupError.
    """
    version = state.project_file(ROOT)["project"]["version"]
    made = out / f"defectstudio-{version}-{target}-python{python}-torch-{torch}"
    if made.exists():
        raise SetupError(f"{made} is there already.\nRemove it, or name another place with --out.")
    beside = made.with_name(f"{made.name}.part")
    wheels = beside / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    say("  1/3 choosing versions")
    pins = resolved(target, python, torch, extras)
    say(f"  2/3 downloading {len(pins)} packages")
    _download(wheels, pins, PLATFORMS[target], python, torch)
    say("  3/3 building DefectStudio's own wheel")
    _pip("wheel", "--no-deps", "--wheel-dir", wheels, ROOT,
         DEFECTSTUDIO_KERNEL="on" if target == _here() else "off")  # fmt: skip
    about = {"version": version, "python": python, "system": PLATFORMS[target].system,
             "machine": PLATFORMS[target].machine, "torch": torch}  # fmt: skip
    (beside / "bundle.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    finish(beside)
    beside.replace(made)
    return made


def finish(folder: Path) -> None:
    """Put the installer and the checksums to what lies in wheels/ and bundle.json."""
    python = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))["python"]
    for path in sorted(path for path in OFFLINE.iterdir() if path.is_file()):
        text = path.read_text(encoding="utf-8").replace("@PYTHON@", python)
        ends = "\r\n" if path.suffix == ".bat" else "\n"
        (folder / path.name).write_text(text, encoding="utf-8", newline=ends)
    needed = [one for one in sorted((folder / "wheels").iterdir()) if _name(one) != "pip"]
    lines = (f"{_name(one)}=={_version(one)} --hash=sha256:{_sha256(one)}\n" for one in needed)
    (folder / "requirements.txt").write_text("".join(lines), encoding="utf-8", newline="\n")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = [f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8", newline="\n")


def resolved(target: str, python: str, torch: str, extras: tuple[str, ...]) -> list[str]:
    """Everything that is needed there, as name==version. Raises SetupError."""
    options = [word for name in extras for word in ("--extra", name)]
    if torch in _BACKENDS:
        options += ["--torch-backend", _BACKENDS[torch][0]]
    with tempfile.TemporaryDirectory() as desk:
        _pip("install", "--quiet", "--target", desk, "uv")
        (uv,) = (path for path in Path(desk, "bin").iterdir() if path.stem == "uv")
        told = _output(
            [uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--only-binary",
             ":all:", "--index-strategy", "unsafe-best-match", "--python-platform",
             PLATFORMS[target].uv, "--python-version", python, *options, *_uv_options(),
             ROOT / "pyproject.toml"],
            "uv found no versions that fit each other.",
        )  # fmt: skip
    return [line for line in told.split() if "==" in line]


def _download(wheels: Path, pins: Sequence[str], target: Platform, python: str, torch: str) -> None:
    """Exactly these, as wheels for the target; what another choice left there goes."""
    major, minor = python.split(".")[:2]
    tags = [word for tag in target.tags for word in ("--platform", tag)]
    abis = [word for abi in (f"cp{major}{minor}", "abi3", "none") for word in ("--abi", abi)]
    index = ["--extra-index-url", _BACKENDS[torch][1]] if torch in _BACKENDS else []
    _pip("download", "--no-deps", "--only-binary", ":all:", "--implementation", "cp",
         "--python-version", python, *tags, *abis, *index, "--dest", wheels,
         *pins, "pip")  # fmt: skip
    wanted = {_plain(pin) for pin in pins}
    for wheel in wheels.iterdir():
        if _name(wheel) != "pip" and _plain(f"{_name(wheel)}=={_version(wheel)}") not in wanted:
            wheel.unlink()


def _uv_options() -> Iterator[str]:
    """pip's own configuration, for uv."""
    told = _output([sys.executable, "-m", "pip", "config", "list"], "pip is missing.")
    for line in told.splitlines():
        key, equals, value = line.partition("=")
        option = _UV_OPTIONS.get(key.rpartition(".")[2]) if equals else None
        for one in str(ast.literal_eval(value)).split() if option else ():
            yield from (str(option), one)


def _here() -> str | None:
    here = (sys.platform, platform.machine().lower())
    return next((n for n, p in PLATFORMS.items() if (p.system, p.machine) == here), None)


def _pip(*arguments: str | Path, **variables: str) -> None:
    command = [sys.executable, "-m", "pip", *map(str, arguments), "--disable-pip-version-check"]
    if subprocess.run(command, env={**os.environ, **variables}, check=False).returncode:
        raise SetupError("pip could not do that: see above. Run the command again to go on.")


def _output(command: Sequence[str | Path], failure: str) -> str:
    try:
        done = subprocess.run(
            list(map(str, command)), stdout=subprocess.PIPE, text=True, check=False
        )
    except OSError as error:
        raise SetupError(f"{failure} ({error})") from error
    if done.returncode:
        raise SetupError(f"{failure} See above.")
    return done.stdout


def _plain(pin: str) -> str:
    """Names are the same whatever their case, dots, dashes and underscores."""
    return re.sub(r"[-_.]+", "-", pin).lower()


def _name(wheel: Path) -> str:
    return wheel.name.split("-")[0]


def _version(wheel: Path) -> str:
    return wheel.name.split("-")[1]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
