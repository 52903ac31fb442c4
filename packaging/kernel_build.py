"""Compiles the core of blending: `python packaging/kernel_build.py`, and the build hook.

Nothing depends on it: without a compiler blending works in NumPy, four to sixty times slower.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this checkout's, installed or not

import kernel_msvc

from defectstudio.imaging.kernel import loading

# What would let bits depend on the machine or the order of sums is left out for good.
GCC_STYLE = (
    *("-O3", "-std=c++17", "-fPIC", "-pthread", "-w"),
    *("-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden"),
)
MSVC_STYLE = ("/nologo", "/w", "/O2", "/std:c++17", "/LD", "/EHsc", "/fp:precise")
# The oldest macOS that the other libraries have wheels for.
MACOS = "11.0"
# The C++ library comes along, unseen by others: a wheel must not need a newer one than is there.
STATIC = (
    *("-static-libstdc++", "-static-libgcc", "-s"),
    *("-Wl,--exclude-libs,ALL", "-Wl,--gc-sections"),
)
_SHOWN_ON_FAILURE = 10


class NotBuiltError(Exception):
    """There is no library; the text says why, `details` in the compiler's words."""

    def __init__(self, reason: str, details: str = "") -> None:
        self.details = details
        super().__init__(reason)


@dataclass(frozen=True)
class Compiler:
    """How it is called, and the variables it wants around it."""

    call: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def takes_slashes(self) -> bool:
        """Whether it understands Microsoft's options."""
        return Path(self.call[0]).stem.lower() in ("cl", "clang-cl")


def main() -> int:
    """Build into the checkout. Without a compiler that is told, and no failure."""
    built = build_or_tell(loading.FOLDER)
    if built is not None:
        _tell(f"    built: {built.name}")
    return 0


def build_or_tell(folder: Path, sources: Path = loading.FOLDER) -> Path | None:
    """The library, built into `folder`; None where that cannot be, after a notice."""
    if loading.switched_off():
        _tell(f"The compiled core of blending is left out: {loading.VARIABLE}=off.")
        return None
    try:
        return build(folder, sources)
    except (NotBuiltError, OSError) as problem:
        _tell(getattr(problem, "details", ""))
        _tell(notice(str(problem)))
        return None


def notice(reason: str) -> str:
    """What a person is told when there is no library."""
    return (
        f"The compiled core of blending is left out: {reason}.\n"
        "    DefectStudio works without it; blending is then four to sixty times slower.\n"
        f"    To get it: a C++ compiler ({loading.compiler_hint()}),\n"
        f"    then {loading.BUILD_COMMAND}"
    )


def build(folder: Path, sources: Path = loading.FOLDER) -> Path:
    """Compile `sources` into `folder`, in one step for those who look; NotBuiltError says why not.

    The compiler works in a folder of its own on bare names: no path gets into the library.
    """
    compiler = find_compiler()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as desk:
        for path in loading.sources(sources):
            shutil.copyfile(path, Path(desk, path.name))
        _compile(compiler, Path(desk))
        return _put(Path(desk, loading.LIBRARY), folder)


def find_compiler() -> Compiler:
    """The one named by CXX, else the system's; NotBuiltError when there is none."""
    named = _words(os.environ.get("CXX", ""))
    if named:
        return Compiler(named)
    if sys.platform == "win32":
        around = kernel_msvc.environment()
        call = shutil.which("cl", path=around["PATH"]) if around else None
        if around and call:
            return Compiler((call,), around)
    else:
        for name in ("c++", "g++", "clang++"):
            if shutil.which(name):
                return Compiler((name,))
    raise NotBuiltError("no C++ compiler was found")


def command_lines(compiler: Compiler, stamp: str) -> list[list[str]]:
    """The ways to try, in order."""
    define = f'DS_SOURCE="{stamp}"'
    if compiler.takes_slashes:
        end = [loading.SOURCE, f"/Fe:{loading.LIBRARY}", "/link", "/Brepro"]
        return [[*compiler.call, *MSVC_STYLE, f"/D{define}", *end]]
    common = [*compiler.call, *GCC_STYLE, f"-D{define}", loading.SOURCE, "-o", loading.LIBRARY]
    if sys.platform == "darwin":
        name = f"-Wl,-install_name,@rpath/{loading.LIBRARY}"
        return [[*common, "-dynamiclib", f"-mmacosx-version-min={MACOS}", name]]
    # Some systems have the C++ library to link statically in a package of its own.
    return [[*common, "-shared", *STATIC], [*common, "-shared"]]


def _compile(compiler: Compiler, desk: Path) -> None:
    said = ""
    for command in command_lines(compiler, loading.stamp(desk)):
        try:
            done = subprocess.run(
                command,
                cwd=desk,
                env=compiler.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as problem:
            raise NotBuiltError(f"{command[0]} cannot be run: {problem.strerror}") from problem
        if done.returncode == 0 and (desk / loading.LIBRARY).is_file():
            return
        said = "\n".join(done.stdout.splitlines()[:_SHOWN_ON_FAILURE])
    raise NotBuiltError(f"{compiler.call[0]} failed", said)


def _words(named: str) -> tuple[str, ...]:
    """What CXX says: a program and its options, on Windows one path."""
    if os.name == "nt":
        return (named.strip('" '),) if named.strip('" ') else ()
    try:
        return tuple(shlex.split(named))
    except ValueError:
        return (named,)


def _tell(text: str) -> None:
    if text:
        print(text, file=sys.stderr, flush=True)


def _put(built: Path, folder: Path) -> Path:
    """Beside and renamed: whoever has the old library open keeps it."""
    target = folder / loading.LIBRARY
    beside = target.with_name(f"{target.name}.part{os.getpid()}")
    shutil.copyfile(built, beside)
    if sys.platform == "win32":
        kernel_msvc.move_away(target)
    beside.replace(target)
    return target


if __name__ == "__main__":
    sys.exit(main())
