"""The figures of the benchmark as text."""

from __future__ import annotations

from typing import Any

_TIMES = ("improved", "poisson", "alpha", "clone_1", "clone_2", "fallback_improved",
          "fallback_poisson", "floor")  # fmt: skip
_ERRORS = ("uint8", "uint16", "float32", "uint16_noise", "rounded", "rounded_share")


def case(found: dict[str, Any]) -> str:
    """One line while the benchmark runs."""
    ratio = found["ratio"]
    return (
        f"{found['shape']:8} {found['pixels']:>8}  "
        f"{ratio['improved']:7.1f} times (improved) {ratio['poisson']:7.1f} times (poisson)"
    )


def table(found: dict[str, Any]) -> str:
    """Everything, for a person."""
    environment = "\n".join(f"{name}: {value}" for name, value in found["environment"].items())
    parts = [environment, _times(found["cases"]), _ratios(found["cases"]), _errors(found["cases"])]
    return "\n\n".join([*parts, _growth(found["growth"]), _batch(found), _interactive(found)])


def _times(cases: list[dict[str, Any]]) -> str:
    rows = [[*_name(each), *(_number(each["ms"].get(name)) for name in _TIMES)] for each in cases]
    return "milliseconds\n" + _aligned(["shape", "pixels", *_TIMES], rows)


def _ratios(cases: list[dict[str, Any]]) -> str:
    names = ["improved", "poisson", "improved_2", "poisson_2", "fallback_improved",
             "fallback_poisson"]  # fmt: skip
    rows = [[*_name(each), *(_number(each["ratio"].get(name)) for name in names)] for each in cases]
    title = "seamlessClone takes so many times longer (_2: with its two threads)\n"
    return title + _aligned(["shape", "pixels", *names], rows)


def _errors(cases: list[dict[str, Any]]) -> str:
    rows = [
        [*_name(each), mode, *(_number(found.get(name)) for name in _ERRORS), _astray(each)]
        for each in cases
        for mode, found in each["error"].items()
    ]
    head = ["shape", "pixels", "mode", *_ERRORS, "clone astray"]
    return "greatest error in grey levels of 255, before rounding and after\n" + _aligned(
        head, rows
    )


def _growth(growth: dict[str, Any]) -> str:
    rows = [
        [shape, name, _number(own["exponent"]), _number(own["last_step"])]
        for shape, modes in growth.items()
        for name, own in modes.items()
    ]
    return "time ~ pixels ** exponent\n" + _aligned(["shape", "", "exponent", "last step"], rows)


def _batch(found: dict[str, Any]) -> str:
    batch = found["batch"]
    rows = [
        [name, _number(each), _number(batch["ratio"].get(name))]
        for name, each in batch["ms"].items()
    ]
    title = f"{batch['scenes']} blends of 256 x 256, milliseconds and times faster than the clone\n"
    return title + _aligned(["with threads", "ms", "ratio"], rows)


def _interactive(found: dict[str, Any]) -> str:
    moved = found["interactive"]
    rows = [
        [name, _number(each), _number(moved["p95_ms"][name])] for name, each in moved["ms"].items()
    ]
    title = f"256 x 256 moved over {' x '.join(map(str, moved['background']))}, milliseconds\n"
    return title + _aligned(["", "median", "p95"], rows)


def _name(found: dict[str, Any]) -> list[str]:
    return [found["shape"], str(found["pixels"])]


def _astray(found: dict[str, Any]) -> str:
    return "-" if found["clone_astray"] is None else str(found["clone_astray"])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _aligned(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (head, *rows)
    ]
    return "\n".join(lines)
