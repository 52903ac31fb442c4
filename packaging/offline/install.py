"""Installs DefectStudio from this folder without a network: `python install.py [FOLDER]`.

FOLDER gets a virtual environment of its own; without one it is `defectstudio` in the home folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
STAMP = "defectstudio-offline.json"


class RefusedError(Exception):
    """Nothing was installed. The text says why and what to do."""


def main(words: list[str]) -> int:
    """The exit status."""
    if len(words) > 1 or any(word.startswith("-") for word in words):
        print(__doc__)
        return 2
    try:
        target = Path(words[0]).resolve() if words else Path.home() / "defectstudio"
        program = install(HERE, target)
    except RefusedError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"\nDefectStudio is installed. Start its window with\n    {program} app")
    print(f"What this machine still lacks, if anything:\n    {program} doctor")
    return 0


def install(bundle: Path, target: Path) -> Path:
    """Check the bundle, make the environment, and install; the program. Raises RefusedError."""
    about = json.loads((bundle / "bundle.json").read_text("utf-8"))
    _check_machine(about)
    print("Checking the files of this folder.", flush=True)
    check_files(bundle)
    _check_target(target)
    print(f"Installing into {target}.", flush=True)
    target.mkdir(parents=True, exist_ok=True)
    (target / STAMP).write_text(json.dumps(about), "utf-8")
    # Debian's Python has no ensurepip: pip comes with the bundle, and runs out of its wheel.
    _run([sys.executable, "-m", "venv", "--without-pip", "--clear", str(target / "venv")])
    scripts = target / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    (pip,) = (bundle / "wheels").glob("pip-*.whl")
    options = ("--isolated", "--no-index", "--no-deps", "--no-cache-dir", "--require-hashes",
               "--only-binary", ":all:", "--disable-pip-version-check")  # fmt: skip
    wheels, needed = str(bundle / "wheels"), str(bundle / "requirements.txt")
    _run([str(python), f"{pip}{os.sep}pip", "install", *options, "--find-links", wheels,
          "-r", needed])  # fmt: skip
    return scripts / ("defectstudio.exe" if os.name == "nt" else "defectstudio")


def check_files(bundle: Path) -> None:
    """Hold every file against SHA256SUMS. Raises RefusedError, which names the first that is
    another, is missing, or is there without being listed."""
    lines = (bundle / "SHA256SUMS").read_text("utf-8").splitlines()
    listed = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    there = {path.relative_to(bundle).as_posix() for path in (bundle / "wheels").iterdir()}
    for name in sorted(there - listed.keys()):
        raise RefusedError(f"{name} does not belong to this bundle.\nRemove it, or copy it again.")
    for name, digest in listed.items():
        if not (bundle / name).is_file() or _sha256(bundle / name) != digest:
            raise RefusedError(
                f"{name} is missing or is not the file that was bundled.\n"
                "Copy the whole folder again from where it was made."
            )


def _check_machine(about: dict[str, Any]) -> None:
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if about["python"] != here:
        raise RefusedError(
            f"This bundle is for Python {about['python']}, and this is Python {here}.\n"
            f"Start it with that one, for example: python{about['python']} install.py"
        )
    machine = (sys.platform, platform.machine().lower())
    if machine != (about["system"], about["machine"]):
        raise RefusedError(
            f"This bundle is for {about['system']} on {about['machine']}, and this is"
            f" {machine[0]} on {machine[1]}.\nMake one for it: python3 packaging/bundle.py --help"
        )


def _check_target(target: Path) -> None:
    if (
        target.exists()
        and not (target / STAMP).exists()
        and (not target.is_dir() or any(target.iterdir()))
    ):
        raise RefusedError(f"{target} is there and is not ours.\nName a new or empty folder.")


def _run(command: list[str]) -> None:
    apart = {**os.environ, "PIP_CONFIG_FILE": os.devnull}
    with tempfile.TemporaryDirectory() as elsewhere:  # no file here stands in for a module
        done = subprocess.run(command, cwd=elsewhere, env=apart, check=False)
    if done.returncode:
        raise RefusedError("That did not work: see above. Start it again when it is mended.")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
