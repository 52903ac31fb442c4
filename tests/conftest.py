"""Rules every test lives by: no network, no thread left behind, nothing in the user's folders.

And tiny generators for those who need a real one.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.offline import sitecustomize
from tests.offline.sitecustomize import TOLD

# The same examples every time: a test that fails here fails everywhere.
settings.register_profile("house", derandomize=True, deadline=None, database=None)
settings.load_profile("house")

os.environ["PIP_NO_INDEX"] = "1"

_GRACE_S = 3.0


def pytest_configure(config: pytest.Config) -> None:
    # A screen is used only when the tests that need one were asked for, and nothing else.
    on_screen = config.getoption("markexpr") == "xvfb" and "DISPLAY" in os.environ
    os.environ.setdefault("QT_QPA_PLATFORM", "xcb" if on_screen else "offscreen")
    home = tempfile.mkdtemp(prefix="defectstudio-tests-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ["DEFECTSTUDIO_HOME"] = home
    os.environ["XDG_CONFIG_HOME"] = f"{home}/config"
    os.environ[TOLD] = f"{home}/network"
    config.add_cleanup(lambda: os.environ.pop(TOLD))
    offline = str(Path(sitecustomize.__file__).parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (offline, os.getenv("PYTHONPATH"))))


def pytest_collection_finish() -> None:
    """Collections pass over what was imported: it is much, and it stays."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ["QT_QPA_PLATFORM"] not in ("offscreen", "minimal"):
        return
    skip = pytest.mark.skip(reason="needs a screen: xvfb-run -a python -m pytest -m xvfb")
    for item in items:
        if item.get_closest_marker("xvfb"):
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fails a test that tried to reach beyond this machine, or started a Python that did."""
    yield
    told = Path(os.environ[TOLD])
    if told.exists():
        tried = told.read_text(encoding="utf-8").split("\n")[:-1]
        told.unlink()
        pytest.fail(f"the test opened a network connection: {', '.join(tried)}")


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
def supervisors(monkeypatch):
    """Supervisors that are started are threads of this process, and end with the test."""
    from defectstudio.app.job_kinds import KINDS
    from defectstudio.jobs import launching, running
    from defectstudio.jobs.supervisor import Patience, Supervisor
    from defectstudio.project.project import Project

    patience = Patience(tick=0.02, idle=60, settle=0.2, stop=10)
    at_work = []

    def launch(root):
        project = Project.open(root)
        supervisor = Supervisor(project, KINDS, patience=patience)
        began = threading.Event()

        def work():
            with project:
                supervisor.run(began.set)
                began.set()

        thread = threading.Thread(target=work, name="supervisor")
        thread.start()
        began.wait(10)
        at_work.append((supervisor, thread))

    monkeypatch.setattr(launching, "launch", launch)
    monkeypatch.setattr("defectstudio.jobs.following.LOOK_SECONDS", 0.01)
    monkeypatch.setattr(running, "PAUSE_SECONDS", 1.0)
    yield at_work
    for supervisor, thread in at_work:
        supervisor.stop()
        thread.join()


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


@pytest.fixture
def tiny_normals(tmp_path):
    """Three normal images without a defect, as BackgroundFile."""
    import numpy as np

    from defectstudio.domain.specs import BackgroundFile
    from defectstudio.imaging.reading import write_png

    rng = np.random.default_rng(1)
    files = []
    for n in range(3):
        path = tmp_path / "normal" / f"{n}.png"
        write_png(path, rng.integers(90, 160, (96, 80, 3), dtype=np.uint8))
        files.append(BackgroundFile(path, f"{n + 100:064x}"))
    return tuple(files)


@pytest.fixture
def tiny_spec(tmp_path, tiny_files, tiny_normals):
    """make(kind, **settings) -> the TrainSpec of a tiny two-class generator of that kind."""
    from defectstudio.domain.generators import CONFIGS
    from defectstudio.domain.specs import TrainSpec

    small = {
        "cyclegan": {"width_g": 8, "width_d": 8, "blocks": 1, "batch": 2, "pool": 3},
        "stargan": {"width_g": 8, "width_d": 8, "blocks": 1, "batch": 2, "gp_every": 2},
        "stylegan2": {
            "width_g": 8, "width_d": 8, "nz": 4, "mapping": 2, "batch": 2, "r1_every": 2,
        },
        "dst": {
            "height": 64, "width": 64, "width_t": 8, "blocks": 1, "hist_pixels": 64,
            "conditional": True,
        },
        "histmatch": {},
        "paste": {},
        "procedural": {},
    }  # fmt: skip
    dcdganc = {
        "width_g": 8, "width_d": 8, "width_e": 8, "nz": 4, "batch": 2, "scales": 1,
        "projected": False,
    }  # fmt: skip

    def make(kind, **settings):
        config = CONFIGS[kind](kind=kind, **{**small.get(kind, dcdganc), **settings})
        classes = {1: "hole", 2: "scratch"}
        normals = tiny_normals if config.needs_normals else ()
        return TrainSpec(
            tmp_path / f"run_{kind}", "g", "i", classes, tiny_files, "train", config, normals
        )

    return make


@pytest.fixture
def tiny_of_kind(tmp_path, tiny_spec):
    """make(kind, **settings) -> the folder of a generator of that kind that saw no step."""
    import torch

    from defectstudio.domain.files import write_json
    from defectstudio.domain.generators import CARD, WEIGHTS, GeneratorCard
    from defectstudio.networks.weights import save_tensors
    from defectstudio.training.registry import make_task

    def make(kind, **settings):
        spec = tiny_spec(kind, **settings)
        task = make_task(spec, torch.device("cpu"))
        folder = tmp_path / f"generator_{kind}"
        digest = save_tensors(folder / WEIGHTS, task.export())
        values = {1: 0.0, 2: 1.0}
        card = GeneratorCard(
            spec.config, task.data.channels, spec.classes, values, 0, (), "train", digest, {}
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


@pytest.fixture(scope="session")
def vgg16_file(tmp_path_factory):
    """Half-precision convolutions of an untrained VGG-16, as vgg16-hed wants them."""
    import torch
    from torchvision.models import vgg16

    from defectstudio.networks.weights import save_tensors

    torch.manual_seed(0)
    with torch.device("meta"):
        shapes = vgg16(weights=None).features.state_dict()
    scale = {name: 1.4 / max(1, tensor[0].numel()) ** 0.5 for name, tensor in shapes.items()}
    tensors = {
        f"features.{name}": (torch.randn(tensor.shape) * scale[name] * (tensor.ndim > 1)).half()
        for name, tensor in shapes.items()
    }
    path = tmp_path_factory.mktemp("weights") / "vgg.safetensors"
    save_tensors(path, tensors)
    return path
