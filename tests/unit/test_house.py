"""The rules of the house, as tests: layers, file sizes, light imports, plain words below."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "defectstudio"
WINDOW = ("gui", "cli", "app", "jobs", "project")
GROUND = ("exchange", "metrics", "imaging", "domain")
WORKER = ("worker", "evaluation", "training", "synthesis", "networks")
MAX_LINES = 400
LINT = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports())"
TRACER = """
import importlib, sys
for name in sys.argv[2:]:
    importlib.import_module(name)
heavy = [name for name in sys.argv[1].split(",") if name in sys.modules]
sys.exit(f"imported: {heavy}" if heavy else 0)
"""

VIOLATIONS = {
    "upward": ("project/a.py", "import defectstudio.app"),
    "sideways above": ("cli/a.py", "import defectstudio.gui"),
    "sideways below": ("metrics/a.py", "import defectstudio.exchange"),
    "window to worker": ("jobs/a.py", "import defectstudio.worker"),
    "worker to window": ("training/a.py", "import defectstudio.project"),
    "late import": ("app/a.py", "def late():\n    import defectstudio.training"),
    "torch": ("imaging/a.py", "def late():\n    import torch"),
    "Qt": ("app/a.py", "import PySide6.QtCore"),
    "ray": ("training/a.py", "import ray"),
    "database": ("app/a.py", "import sqlite3"),
    "pydantic": ("domain/a.py", "import pydantic"),
}


def _sources(*folders: Path) -> list[Path]:
    found = [path for folder in folders for path in folder.rglob("*.py")]
    assert found
    return sorted(found)


def _modules(*rooms: str) -> Iterator[str]:
    """Importable names of the rooms' modules, but `__main__`, which runs on import."""
    for path in _sources(*(PACKAGE / room for room in rooms)):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[-1] != "__main__":
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _import_apart(modules: list[str], unwanted: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRACER, ",".join(unwanted), *modules],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_layers_hold() -> None:
    done = _lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_layers_are_really_checked(tmp_path: Path, violation: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ("", *WINDOW, *GROUND, *WORKER):
        folder = tmp_path / "defectstudio" / room
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
    assert _lint_imports(tmp_path).returncode == 0
    name, line = VIOLATIONS[violation]
    (tmp_path / "defectstudio" / name).write_text(line + "\n", encoding="utf-8")
    done = _lint_imports(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout


def test_every_room_is_in_the_contracts() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == {*WINDOW, *GROUND, *WORKER}


def test_files_stay_short() -> None:
    folders = (PACKAGE, ROOT / "tests", ROOT / "packaging")
    lines = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in _sources(*folders)
    }
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}


def test_window_side_and_ground_import_without_torch() -> None:
    _import_apart(list(_modules(*WINDOW, *GROUND)), ("torch", "torchvision"))


def test_only_gui_imports_qt() -> None:
    rooms = [room for room in (*WINDOW, *GROUND) if room != "gui"]
    _import_apart(list(_modules(*rooms)), ("PySide6", "pyqtgraph", "superqt"))


def test_the_main_window_opens_without_torch() -> None:
    name = "defectstudio.gui.main_window"
    _import_apart([name], ("torch", "torchvision"))


def test_worker_side_imports_without_qt() -> None:
    _import_apart(list(_modules(*WORKER)), ("PySide6", "pyqtgraph", "superqt"))


def test_domain_needs_only_the_standard_library() -> None:
    foreign = {
        f"{path.name}: {name}"
        for path in _sources(PACKAGE / "domain")
        for name in _imported(path)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("defectstudio.domain")
    }
    assert foreign == set()


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_no_source_asks_the_compiler_for_fast_and_loose_floats() -> None:
    """Bits that depend on the machine would make samples nobody can make again."""
    loose = r"fast-?math|Ofast|fp:fast|(march|mcpu|mtune)=native|contract\W+(on|fast)\b"
    kernel = list((PACKAGE / "imaging" / "kernel").glob("*.[ch]pp"))
    assert kernel
    for path in (*kernel, *(ROOT / "packaging").rglob("*.py"), ROOT / "pyproject.toml"):
        text = path.read_text(encoding="utf-8")
        code = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL) if path in kernel else text
        assert re.search(loose, code, re.IGNORECASE) is None, path.relative_to(ROOT)


def test_nothing_prints_outside_the_command_line() -> None:
    loud = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _sources(PACKAGE)
        if PACKAGE / "cli" not in path.parents
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id == "print"
    ]
    assert loud == []


def test_package_folders_import_nothing_by_themselves() -> None:
    for path in PACKAGE.rglob("__init__.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        heavy = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert heavy == [], f"{path.relative_to(ROOT)} imports: keep package folders light"


def test_the_packaging_folder_never_hides_the_packaging_library() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()
    found = importlib.util.find_spec("packaging")
    assert found is not None
    assert found.origin is not None
