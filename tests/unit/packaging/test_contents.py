"""What the frozen application takes of what PyInstaller found."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest
from freezing import contents

import defectstudio

PACKAGE = Path(defectstudio.__file__).parent


@pytest.mark.parametrize(
    "path",
    [
        "torch/lib/libtorch_cpu.so",
        "torch/bin/torch_shm_manager",
        "torch/testing/_comparison.py",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/plugins/platforms/qwindows.dll",
        "PySide6/Qt/plugins/platforms/libqcocoa.dylib",
        "PySide6\\plugins\\iconengines\\qsvgicon.dll",
        "PySide6/QtWidgets.abi3.so",
        "PySide6/QtWidgets.pyd",
        "PySide6/Qt/lib/libQt6XcbQpa.so.6",
        "PySide6/Qt6Core.dll",
        "PySide6/Qt/lib/QtGui.framework/Versions/A/QtGui",
        "PySide6/Qt/translations/qtbase_de.qm",
        "libQt6Core.so.6",
        "libcrypto.so.3",
        "imagecodecs/_png.abi3.so",
        "imagecodecs/_zstd.abi3.so",
        "defectstudio/imaging/kernel/_blend.so",
        "defectstudio/resources/icons/brush.svg",
    ],
)
def test_kept(path):
    assert contents.keeps(path)


@pytest.mark.parametrize(
    "path",
    [
        "torch/bin/protoc",
        "torch/include/ATen/ATen.h",
        "torchvision/_C.so",
        "PySide6/Qt/plugins/platforms/libqeglfs.so",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/plugins/sqldrivers/qsqlite.dll",
        "PySide6/QtQml.abi3.so",
        "PySide6/Qt/lib/libQt6Quick.so.6",
        "PySide6/Qt6Pdf.dll",
        "PySide6/Qt/lib/QtQml.framework/Versions/A/QtQml",
        "PySide6/Qt/translations/qtbase_fr.qm",
        "PySide6/Qt/translations/qt_help_de.qm",
        "libQt6Qml.so.6",
        "libglib-2.0.so.0",
        "libstdc++.so.6",
        "imagecodecs/_avif.abi3.so",
        "skimage/data/coins.png",
        "scipy/io/tests/data.mat",
    ],
)
def test_left_out(path):
    assert not contents.keeps(path)


def test_libraries_that_nobody_needs_any_more_are_orphans():
    needs = {
        "numpy/_core.so": ["libopenblas.so", "libc.so.6"],
        "numpy.libs/libopenblas.so": ["libgfortran.so"],
        "numpy.libs/libgfortran.so": [],
        "numpy.libs/libold.so": ["libolder.so"],
        "libolder.so": [],
        "libgtk-3.so.0": ["libgtk-3.so.0"],
        "libpython3.11.so.1.0": ["libz.so.1"],
        "libz.so.1": [],
        "hash__mypyc.cpython-311-x86_64-linux-gnu.so": [],
        "PySide6/Qt/lib/libQt6Lonely.so.6": [],
    }
    assert contents.orphans(needs) == {
        *("numpy.libs/libold.so", "libolder.so", "libgtk-3.so.0"),
        "PySide6/Qt/lib/libQt6Lonely.so.6",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="only there libraries are looked through")
def test_links_to_what_is_gone_go_with_it(monkeypatch):
    needs = {"a.so": ["libkept.so"], "/x/libkept.so": [], "/x/libgone.so": []}
    monkeypatch.setattr(
        contents, "needed", lambda files: {one: needs.get(str(one), []) for one in files}
    )
    binaries = [
        ("module/a.so", "a.so", "EXTENSION"),
        ("x.libs/libkept.so", "/x/libkept.so", "BINARY"),
        ("x.libs/libgone.so", "/x/libgone.so", "BINARY"),
    ]
    links = [
        ("libkept.so", "x.libs/libkept.so", "SYMLINK"),
        ("libgone.so", "x.libs/libgone.so", "SYMLINK"),
        ("module/data.txt", "/x/data.txt", "DATA"),
        ("torch/include/a.h", "/x/a.h", "DATA"),
    ]
    assert contents.slim(binaries, links) == (binaries[:2], [links[0], links[2]])


def test_versions_that_are_asked_for_while_running_are_taken_along():
    """Whatever the code reads by importlib.metadata must have its metadata in the application."""
    asked = {
        *_texts(PACKAGE / "app/doctor.py", "_LIBRARIES"),
        *("scipy", "scikit-image", "imagecodecs", "PySide6-Essentials"),
    }
    assert asked <= set(contents.ASKED_FOR_ITS_VERSION)
    for name in contents.ASKED_FOR_ITS_VERSION:
        assert importlib.metadata.version(name)


def _texts(file: Path, name: str) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    (found,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name
    )
    return set(ast.literal_eval(found))


def test_every_part_of_qt_that_is_imported_is_taken_along():
    pattern = re.compile(r"from PySide6\.(Qt\w+) import")
    imported = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in pattern.findall(path.read_text(encoding="utf-8"))
    }
    assert imported
    assert imported <= contents.QT_MODULES
    assert {name.removeprefix("Qt") for name in imported} <= contents.QT_LIBRARIES


def test_every_part_of_qt_that_the_plots_import_is_taken_along():
    """But for what pyqtgraph can do without: it asks whether it is there."""
    program = "import sys, PySide6.QtCore, pyqtgraph; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = {name.removeprefix("PySide6.") for name in done.stdout.decode().split()
              if name.startswith("PySide6.Qt")}  # fmt: skip
    assert "QtCore" in loaded
    assert loaded - {"QtTest"} <= contents.QT_MODULES


def test_qts_own_texts_are_there_in_every_language_of_ours():
    languages = {path.stem for path in (PACKAGE.parent / "resources/translations").glob("*.json")}
    assert languages
    assert all(
        contents.keeps(f"PySide6/Qt/translations/qtbase_{language}.qm") for language in languages
    )


def test_nothing_that_is_excluded_is_imported_by_the_program():
    """But for the extras, which say themselves how they are got."""
    extras = {"ray", "onnx", "onnxruntime"}
    imported = {
        name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _names(node)
    }
    assert (imported & set(contents.EXCLUDED)) <= extras


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
