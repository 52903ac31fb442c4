"""Rules every test lives by: no network, no thread left behind, nothing in the user's folders.

And tiny generators for those who need a real one.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import settings

# The same examples every time: a test that fails here fails everywhere.
settings.register_profile("house", derandomize=True, deadline=None, database=None)
settings.load_profile("house")

os.environ["PIP_NO_INDEX"] = "1"

_attempts: list[str] = []
_watching = threading.Event()
_GRACE_S = 3.0


def pytest_configure(config: pytest.Config) -> None:
    # A screen is used only when the tests that need one were asked for, and nothing else.
    on_screen = config.getoption("markexpr") == "xvfb" and "DISPLAY" in os.environ
    os.environ.setdefault("QT_QPA_PLATFORM", "xcb" if on_screen else "offscreen")
    home = tempfile.mkdtemp(prefix="defectstudio-tests-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ["DEFECTSTUDIO_HOME"] = home
    sys.addaudithook(_watch_network)
    _watching.set()
    config.add_cleanup(_watching.clear)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ["QT_QPA_PLATFORM"] not in ("offscreen", "minimal"):
        return
    skip = pytest.mark.skip(reason="needs a screen: xvfb-run -a python -m pytest -m xvfb")
    for item in items:
        if item.get_closest_marker("xvfb"):
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fails a test that reached, or tried to reach, beyond this machine."""
    _attempts.clear()
    yield
    if _attempts:
        pytest.fail(f"the test opened a network connection: {', '.join(_attempts)}")


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Fails a test that leaves a thread running."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + _GRACE_S
    while (left := _threads_since(before)) and time.monotonic() < deadline:
        left[0].join(0.05)
    if left:
        pytest.fail(f"threads left running: {', '.join(thread.name for thread in left)}")


@pytest.fixture
def tiny_files(tmp_path):
    """Two classes in three labeled images, as LabeledFile."""
    import numpy as np

    from defectstudio.domain.specs import LabeledFile
    from defectstudio.imaging.reading import write_png

    rng = np.random.default_rng(0)
    files = []
    for n in range(3):
        image = rng.integers(90, 160, (96, 96, 3), dtype=np.uint8)
        label = np.zeros((96, 96), np.uint8)
        label[10 : 30 + n, 12:40] = 1
        label[60:63, 20:90] = 2
        image[label == 1] = 20 + n
        image[label == 2] = 230
        folder = tmp_path / "labeled"
        write_png(folder / f"{n}.png", image)
        write_png(folder / f"{n}_label.png", label)
        files.append(LabeledFile(folder / f"{n}.png", folder / f"{n}_label.png", f"{n:064x}"))
    return tuple(files)


@pytest.fixture
def tiny_generator(tmp_path):
    """make(source="mask", channels=3) -> the folder of an untrained two-class generator."""
    import torch

    from defectstudio.domain.files import write_json
    from defectstudio.domain.generators import CARD, WEIGHTS, DcdgancConfig, GeneratorCard
    from defectstudio.networks.dcdganc.model import build_generator, pack
    from defectstudio.networks.dcdganc.prior import standard
    from defectstudio.networks.weights import save_tensors

    def make(source="mask", channels=3):
        config = DcdgancConfig(source=source, width_g=8, nz=4)
        torch.manual_seed(3)
        net = build_generator(config, channels, 2)
        folder = tmp_path / f"generator_{source}_{channels}"
        digest = save_tensors(folder / WEIGHTS, pack(net, standard(2, 4)))
        card = GeneratorCard(
            config=config,
            channels=channels,
            classes={1: "hole", 2: "scratch"},
            values={1: 0.0, 2: 1.0},
            step=0,
            trained_on=(),
            split="train",
            weights_sha256=digest,
            versions={},
        )
        write_json(folder / CARD, card)
        return folder

    return make


def _threads_since(before: set[threading.Thread]) -> list[threading.Thread]:
    """Threads Python started; a foreign thread that merely called Python has no end to wait for."""
    foreign = threading._DummyThread
    return [
        thread
        for thread in threading.enumerate()
        if thread not in before and not isinstance(thread, foreign)
    ]


def _watch_network(event: str, arguments: tuple[object, ...]) -> None:
    if not event.startswith("socket.") or not _watching.is_set():
        return
    host = _foreign_host(event, arguments)
    if host is not None:
        _attempts.append(f"{event} {host}")
        raise PermissionError(f"tests have no network: {event} {host}")


def _foreign_host(event: str, arguments: tuple[object, ...]) -> str | None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    else:
        return None
    return None if host is None or _is_local(host) else str(host)


def _is_local(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("", "localhost", "<broadcast>"):
        return name != "<broadcast>"
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False
