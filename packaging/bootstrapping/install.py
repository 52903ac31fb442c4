"""Bringing the virtual environment to the state that is wanted."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bootstrapping import sizes, state, venvs
from bootstrapping.commands import run_logged, succeeds
from bootstrapping.state import State
from bootstrapping.talk import SetupError, say

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CUDA_INDEX = "https://download.pytorch.org/whl/cu130"
NAME = "defectstudio"
_PRESENT = f"""
import sys
from importlib.util import find_spec
sys.exit(not all(map(find_spec, ("pip", "torch", "torchvision", "PySide6", "{NAME}"))))
"""
# The core of blending is compiled after pip, which would swallow the notice of its build.
_PIP_VARIABLES = {
    "PIP_USER": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "DEFECTSTUDIO_KERNEL": "off",
}


def ensure(root: Path, venv: Path, torch: str | None, *, test: bool) -> Path:
    """Make the environment what is asked for, doing as little as possible; its Python.

    Raises SetupError when it cannot be done.
    """
    if torch == "cuda" and sys.platform == "darwin":
        raise SetupError("There is no CUDA on macOS: leave --torch away.")
    with state.locked(_lock_file(venv)):
        state.owned_or_free(venv)
        there = state.read(venv)
        goal = state.wanted(root, torch, test=test, there=there)
        but_kernel = state.with_kernel_of(there, goal)
        if there != but_kernel or not _usable(venv):
            _change(root, venv, there, but_kernel)
        if but_kernel != goal:
            say("Compiling the core of blending.")
            _compile_kernel(root, venv)
            state.write(venv, goal)
    return venvs.python_of(venv)


def _change(root: Path, venv: Path, there: State | None, goal: State) -> None:
    started = time.monotonic()
    if there is not None and _can_be_kept(venv, there, goal):
        _update(root, venv, there, goal)
    else:
        _start_afresh(venv, there, goal)
        _install_everything(root, venv, goal)
    state.write(venv, goal)
    say(f"Set up in {time.monotonic() - started:.0f} s.")


def _can_be_kept(venv: Path, there: State, goal: State) -> bool:
    """Whether pip can lead from there to the goal. The goal itself, found unusable, is damaged."""
    same = (there.place, there.torch) == (goal.place, goal.torch)
    kept = there.complete and there != goal and same
    return kept and succeeds([venvs.python_of(venv), "-c", "import pip"])


def _update(root: Path, venv: Path, there: State, goal: State) -> None:
    say("What DefectStudio needs has changed: bringing the environment up to date.")
    state.write(venv, state.unfinished(goal))
    try:
        if there.dependencies == goal.dependencies:
            _install_itself(root, venv, goal, "--no-deps")
        else:
            _install_dependencies(root, venv, goal)
    except SetupError:
        # pip changes nothing before it has everything: what worked before still does.
        state.write(venv, there)
        raise


def _install_everything(root: Path, venv: Path, goal: State) -> None:
    state.write(venv, state.unfinished(goal))
    say("  making the virtual environment")
    venvs.make(venv)
    try:
        _install_dependencies(root, venv, goal)
    except SetupError:
        # Not killed, only failed: the next run goes on from what is there.
        state.write(venv, replace(goal, dependencies=""))
        raise


def _start_afresh(venv: Path, there: State | None, goal: State) -> None:
    if there is not None:
        say(_why_afresh(there, goal) + " Starting afresh; what was downloaded is still with pip.")
        venvs.remove(venv)
    size = sizes.announce(goal.torch, test=state.TEST_EXTRA in goal.extras)
    sizes.check_room(venv.parent, size)


def _why_afresh(there: State, goal: State) -> str:
    if not there.complete:
        return "The last set-up was interrupted."
    if there.place != goal.place:
        return "The environment was made for another Python or another folder."
    if there.torch != goal.torch:
        return f"The environment holds the {there.torch} build of PyTorch."
    return "The environment is damaged."


def _install_dependencies(root: Path, venv: Path, goal: State) -> None:
    described = state.project_file(root)
    build = [*described["build-system"]["requires"], "editables"]
    say("  1/3 build tools")
    _pip(venv, *build)
    say("  2/3 PyTorch")
    _pip(venv, *_torch_pair(described["project"]["dependencies"]), *_index(goal.torch))
    say("  3/3 DefectStudio and the other libraries")
    _install_itself(root, venv, goal)


def _install_itself(root: Path, venv: Path, goal: State, *options: str) -> None:
    extras = f"[{','.join(goal.extras)}]" if goal.extras else ""
    _pip(venv, "--no-build-isolation", *options, "--editable", f"{root}{extras}")


def _torch_pair(dependencies: list[str]) -> list[str]:
    """PyTorch's two packages: chosen in one call, since each version fits one of the other."""
    pair = [need for need in dependencies if re.match(r"torch(vision)?(?![\w.-])", need)]
    if len(pair) != 2:
        raise SetupError(
            "pyproject.toml no longer names torch and torchvision: this script is stale."
        )
    return pair


def _index(torch: str) -> list[str]:
    """Only an explicit choice goes to PyTorch's own index; else pip's configuration rules."""
    if torch == "cpu" and sys.platform != "darwin":
        return ["--index-url", CPU_INDEX]
    if torch == "cuda" and sys.platform == "win32":
        return ["--index-url", CUDA_INDEX]
    return []


def _pip(venv: Path, *arguments: str) -> None:
    run_logged(
        [venvs.python_of(venv), "-m", "pip", "install", *arguments],
        venv / "setup.log",
        "pip could not install everything. If the network is the reason: pip's own settings"
        " (`pip config list`, proxies) hold here too. Run the command again to try again.",
        _PIP_VARIABLES,
    )


def _compile_kernel(root: Path, venv: Path) -> None:
    """Without a compiler that is told, and the set-up is complete all the same."""
    subprocess.run(
        [venvs.python_of(venv), root / "packaging" / "kernel_build.py"],
        stdin=subprocess.DEVNULL,
        check=False,
    )


def _usable(venv: Path) -> bool:
    return succeeds([venvs.python_of(venv), "-c", _PRESENT])


def _lock_file(venv: Path) -> Path:
    name = hashlib.sha256(str(venv).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"{NAME}-setup-{name}.lock"
