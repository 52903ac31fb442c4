"""The benchmarks run, and the oracle of blending agrees with itself. No time is judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.benchmarks import exact, readers, scenes, throughput
from tests.offline import sitecustomize

ROOT = Path(__file__).parents[2]
TASK = ("--quick", "--json", "--shapes", "ellipse", "--sizes", "1000", "--repeats", "1")
STEP_TASK = ("--json", "--sides", "64", "--batch", "2", "--repeats", "1", "--threads", "1")


def report_of(benchmark: str, *arguments: str):
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{benchmark}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def report_here(monkeypatch, capsys):
    """The same in this process, which has torch already."""
    threads = torch.get_num_threads()

    def report(benchmark, *arguments):
        monkeypatch.setattr(sys, "argv", [benchmark, *arguments])
        assert import_module(f"tests.benchmarks.{benchmark}").main() == 0
        return json.loads(capsys.readouterr().out)

    yield report
    torch.set_num_threads(threads)


def test_the_smallest_benchmark_of_training_reports_its_figures(report_here):
    (case,) = report_here("train_step", *STEP_TASK)["cases"]
    assert (case["side"], case["batch"]) == (64, 2)
    ms = case["ms"]
    assert case["ratio"]["step"] == pytest.approx(ms["step"] / ms["step_floor"])
    assert case["images_per_s"] == pytest.approx(2000 / ms["step"])
    assert ms["plain"] <= ms["step"] <= ms["lazy"] or ms["lazy"] <= ms["step"] <= ms["plain"]
    assert {"preview", "preview_floor", "gallery"} <= set(ms)


@pytest.mark.skipif(find_spec("ray") is None, reason="needs Ray: pip install defectstudio[cluster]")
def test_a_cluster_that_loses_a_node_makes_the_same_bytes_as_one_worker(tmp_path, monkeypatch):
    # Ray's head asks clouds and its maker's server, whatever it is told: refused, and passed over.
    monkeypatch.setenv(sitecustomize.TOLD, os.devnull)
    found = report_of("spread", "--samples", "24", "--without", "two", "--folder", str(tmp_path))
    assert found["same"] and set(found["digests"]) == {"one", "cluster"}
    records = tmp_path.glob("run-cluster/chunks/*.json")
    assert sum(len(json.loads(one.read_text())["samples"]) for one in records) == 24


def test_the_smallest_benchmark_of_batches_reports_its_figures(report_here, tmp_path, monkeypatch):
    monkeypatch.setattr(throughput, "_apart", lambda _, __, backgrounds: float(backgrounds))
    few = ("--samples", "16", "--backgrounds", "2", "4", "--folder", str(tmp_path))
    found = report_here("throughput", "--json", *few)
    floor = sum(part["processor"] for part in found["floor"].values())
    assert found["of_floor"]["processor"] == pytest.approx(floor / found["seconds"]["processor"])
    assert found["memory_mb"] == {"2": 2, "4": 4} and 0 <= found["overhead"] < 1


def test_the_smallest_benchmark_of_dst_reports_its_figures(report_here):
    task = ("--json", "--sides", "64", "--repeats", "1", "--threads", "1")
    (case,) = report_here("transfer", *task)["cases"]
    assert case["ratio"] == pytest.approx(case["ms"]["network"] / case["ms"]["floor"])
    assert case["images_per_s"] == pytest.approx(1000 / case["ms"]["network"])
    full, half, quarter = 64**2, 32**2, 16**2
    # Three colours and a plane of noise go in.
    by_hand = (
        (81 * (3 + 1) * 32 + 9 * 128 * 32 + 9 * 64 * 32 + 9 * 32 * 3) * full
        + (9 * 32 * 64 + 9 * 128 * 64) * half
        + (9 * 64 * 128 + 8 * 9 * 128 * 128) * quarter
    )
    assert case["gmac"] == pytest.approx(by_hand / 1e9)


def test_the_smallest_benchmark_of_blending_reports_its_figures():
    found = report_of("blend", *TASK)
    assert set(found) == {"environment", "cases", "growth", "batch", "interactive"}
    assert {"cpu", "numpy", "opencv", "kernel", "commit"} <= set(found["environment"])
    (case,) = found["cases"]
    assert {"improved", "poisson", "alpha", "clone_1", "clone_2", "floor"} <= set(case["ms"])
    assert case["ratio"]["poisson"] == pytest.approx(case["ms"]["clone_1"] / case["ms"]["poisson"])
    assert case["clone_astray"] <= 2
    for own in case["error"].values():
        assert max(own["uint8"], own["uint16"], own["float32"], own["uint16_noise"]) < 0.5
        assert own["rounded"] <= 1
    assert set(found["interactive"]["ms"]) == {"improved", "poisson", "alpha", "copy"}
    assert found["batch"]["ratio"].keys() == {
        f"{mode}_{threads}" for mode in ("improved", "poisson") for threads in (1, 2)
    }


@pytest.mark.parametrize("shape", scenes.SHAPES)
def test_both_exact_solvers_find_the_same(monkeypatch, shape):
    mask = scenes.SHAPES[shape](10_000)
    values = np.random.default_rng(1).uniform(-255, 255, (exact.Laplace(mask).inner.size, 2))

    direct = exact.Laplace(mask).solve(values)
    monkeypatch.setattr(exact, "DIRECT_MOST", 0)
    iterated = exact.Laplace(mask).solve(values)

    assert iterated == pytest.approx(direct, abs=1e-6)


def test_the_exact_membrane_is_the_mean_of_its_neighbours_and_crosses_no_border():
    omega = np.zeros((5, 4), dtype=bool)
    omega[1:, 0] = omega[1:, 3] = True
    laplace = exact.Laplace(omega)
    rim = laplace.ring_means(np.arange(8.0)[:, None])

    # Rows 1 to 4 of column 0 are unknowns 0, 2, 4, 6; above and beside them lies one pixel each.
    above = laplace.outer == 0
    assert rim[above].tolist() == [[0.0]]
    assert laplace.solve(np.full_like(rim, 7.0)) == pytest.approx(7.0)
    assert laplace.matrix.diagonal().tolist() == [3, 3, 3, 3, 3, 3, 2, 2]


def test_the_smallest_benchmark_of_scores_keeps_its_bound(report_here):
    (case,) = report_here("scores", "--json", "--megapixels", "1", "--repeats", "1")
    ms = case["ms"]
    assert case["times_faster"] == pytest.approx(ms["exact"] / ms["histogram"])
    assert case["error"] <= case["bound"] + 1e-6 < 1e-4  # torchmetrics computes in float32


def test_the_smallest_benchmark_of_the_canvas_judges_its_bounds():
    found = report_of("canvas", "--quick", "--json", "--events", "24")
    own = found["1 MP"]["own"]
    assert own["partial_differs"] <= 1
    assert own["pixels"] == [1000, 1000]
    for kind in ("stroke_fit", "stroke_full", "zoom", "pan", "stroke_wide"):
        for part in ("handler", "whole", "work"):
            told = own[kind][part]
            assert 0 < told["median"] <= told["p95"] <= told["max"] and told["count"] > 0
    assert {row["name"]: row["ok"] for row in found["bounds"]}[
        "1 MP: partial repaint differs, levels"
    ]


def test_the_smallest_benchmark_of_readers_counts_the_images_that_are_equal():
    found = list(readers.measure([], 14))
    assert {(one.format, one.reader) for one in found} == {
        ("coco", "pycocotools"), ("coco-polygons", "pycocotools"),
    }  # fmt: skip
    assert all(one.equal == one.images == 14 for one in found)
    label = np.eye(3, dtype=np.uint8)
    assert not readers._equal(None, label) and not readers._equal(label.T[::-1], label)
    assert readers._equal(label * 255, label * 9)  # no classes


def test_the_start_of_the_window_is_measured_against_a_bare_one():
    found = report_of("start", "--json", "--repeats", "1")
    starts = found["starts"]
    assert 0 < starts["bare"]["work_ms"] < starts["own"]["work_ms"]
    (bound,) = found["bounds"]
    ratio = starts["own"]["ms"] / starts["bare"]["ms"]
    assert bound["value"] == pytest.approx(ratio, abs=1e-3)
