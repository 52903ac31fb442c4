"""What the canvas must keep to, and whether it does."""

from __future__ import annotations

from typing import Any

Rows = list[dict[str, Any]]


def judged(found: dict[str, Any]) -> Rows:
    """One row for every bound that was measured."""
    sizes = {name: own for name, own in found.items() if isinstance(own, dict) and "own" in own}
    rows: Rows = []
    for name, programs in sizes.items():
        rows += _own(name, programs["own"])
        for peer in ("napari", "labelme"):
            if peer in programs:
                rows += _against(name, programs["own"], peer, programs[peer])
    if {"1 MP", "60 MP"} <= sizes.keys():
        large, small = (
            sizes[name]["own"]["stroke_full"]["whole"]["p95"] for name in ("60 MP", "1 MP")
        )
        rows.append(row("stroke p95, 60 MP over 1 MP", large / small, 3))
    return rows


def _p95(own: dict[str, Any], kind: str) -> float:
    return float(own[kind]["whole"]["p95"])


def _own(name: str, own: dict[str, Any]) -> Rows:
    rows = [
        row(f"{name}: partial repaint differs, levels", own["partial_differs"], 1),
        row(f"{name}: zoom p95", _p95(own, "zoom"), 16),
        row(f"{name}: brush of 2000 px median", own["stroke_wide"]["whole"]["median"], 16),
        row(f"{name}: undo of a stroke at 1:1, MB", own["stroke_full"]["undo_mb"], 0.1),
        row(f"{name}: end of a stroke at 1:1", own["stroke_full"]["release_ms"], 5),
    ]
    for kind in ("stroke_fit", "stroke_full"):
        rows.append(row(f"{name}: {kind} p95", _p95(own, kind), 4))
        rows.append(row(f"{name}: {kind} max", own[kind]["whole"]["max"], 33))
    if "beside_training" in own:
        ratio = own["beside_training"]["ratio"]
        rows.append(row(f"{name}: stroke p95 beside a training over idle", ratio, 1.5))
    return rows


def _against(name: str, own: dict[str, Any], peer: str, other: dict[str, Any]) -> Rows:
    rows = [row(f"{name}: peak memory over {peer}'s", own["peak_mb"] / other["peak_mb"], 0.6)]
    if peer == "napari":
        for kind in ("stroke_fit", "stroke_full"):
            whole, handler = (
                other[kind][part]["p95"] / own[kind][part]["p95"] for part in ("whole", "handler")
            )
            rows.append(row(f"{name}: {kind}, times faster than napari", whole, 20, least=True))
            told = f"{name}: {kind} handler, times faster than napari"
            rows.append(row(told, handler, 8, least=True))
    else:
        for kind, bound in (("zoom", 1.0), ("pan", 1.5)):
            ratio = own[kind]["whole"]["median"] / other[kind]["whole"]["median"]
            rows.append(row(f"{name}: {kind} over labelme's", ratio, bound))
    return rows


def row(name: str, value: float, bound: float, *, least: bool = False) -> dict[str, Any]:
    """A bound: name, value, what it may be, and whether it is."""
    ok = value >= bound if least else value <= bound
    sign = "at least" if least else "at most"
    return {"name": name, "value": round(value, 3), "bound": f"{sign} {bound:g}", "ok": ok}


def table(found: dict[str, Any]) -> str:
    """Everything, for a person."""
    lines = [f"platform: {found['platform']}", f"load before: {found['load_before']}"]
    for size, programs in found.items():
        if not (isinstance(programs, dict) and "own" in programs):
            continue
        for program, own in programs.items():
            lines.append(f"\n{size}, {program}: median / p95 / max ms (handler, whole, work)")
            for name, value in own.items():
                lines.append(f"  {name:18} {_told(value)}")
    lines.append("\nbounds")
    for each in found["bounds"]:
        word = "ok    " if each["ok"] else "NOT OK"
        lines.append(f"  {word} {each['name']}: {each['value']:g} ({each['bound']})")
    return "\n".join(lines)


def _told(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    if "median" in value:
        return f"{value['median']:g}/{value['p95']:g}/{value['max']:g}"
    return "  ".join(f"{name} {_told(each)}" for name, each in value.items())
