"""A worker that speaks the event protocol and does what its job's title tells it to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from filelock import FileLock


def say(event: str, /, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def run(spec: dict) -> int:
    """The behaviours, chosen by the specification's `name` (anything else: a good run)."""
    act = spec.get("name", "")
    say("Started", device="cpu", total=4)
    if act == "noise":
        print("a library says hello", flush=True)
    if act == "fails":
        say(
            "Failed",
            kind="SettingError",
            fault="user",
            reason="the batch is too large",
            subject="batch",
            remedy="Choose fewer.",
            details="traceback here",
        )
        return 1
    if act == "breaks":
        raise ValueError("this is a bug")
    if act == "silent":
        return 0
    if act == "liar":
        say("Finished", summary={})
        return 7
    if act in ("killed", "segfault"):
        os.kill(os.getpid(), signal.SIGKILL if act == "killed" else signal.SIGSEGV)
    if act == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    if act == "grandchild":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        os.kill(os.getpid(), signal.SIGKILL)
    if act == "long":
        return until_stopped()
    if act in ("starves", "breathes"):
        return in_need(act)
    for done in range(1, 5):
        say("Metrics", step=done, values={"loss": 1 / done})
        say("Progress", done=done, total=4)
    say("Log", text="nice weather", level="info")
    say("Finished", summary={"steps": 4})
    return 0


def in_need(act: str) -> int:
    if act == "starves":
        say("Failed", kind="OutOfMemory", fault="user", reason="the memory does not suffice")
        return 1
    while True:
        say("Alive", memory=1 << 20)
        time.sleep(0.02)


def until_stopped() -> int:
    why: list[str] = []

    def listen() -> None:
        line = sys.stdin.readline()
        why.append("cancelled" if line.strip() == "cancel" else "interrupted")

    threading.Thread(target=listen, daemon=True).start()
    for step in range(1, 6000):
        say("Progress", done=step, total=6000)
        time.sleep(0.01)
        if why:
            say("Stopped", why=why[0], step=step)
            return 0
    return 1


def preview() -> int:
    say("Started", device="abacus", total=0)
    for line in sys.stdin:
        request = json.loads(line)
        seed = request["recipe"]["defects"][0]["seed"]
        if seed == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        if seed == 14:
            say(
                "Failed",
                kind="CheckpointError",
                fault="user",
                reason="no such generator",
                request=request["request"],
            )
            continue
        if request["want"] == "contents":
            contents(request, [seed])
        elif request["want"] == "gallery":
            contents(request, request["seeds"])
        else:
            sample(request)
    return 0


def contents(request: dict, seeds: list[int]) -> None:
    import numpy as np

    time.sleep(0.05)
    blocks, raw = [], np.ones((4, 5), np.uint8)
    with Path(request["out"]).open("wb") as stream:
        for seed in seeds:
            pixels = np.full((4, 5, 3), (seed % 100) / 100, np.float32)
            block = {
                "class_id": 1,
                "seed": seed,
                "top": 6,
                "left": 7,
                "height": 4,
                "width": 5,
                "channels": 3,
                "pixels_offset": stream.tell(),
                "mask_offset": stream.tell() + pixels.nbytes,
            }
            stream.write(pixels.tobytes() + raw.tobytes())
            blocks.append(block)
    say("Contents", request=request["request"], path=request["out"], blocks=blocks)


def sample(request: dict) -> None:
    folder = Path(request["out"])
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text(json.dumps(request["recipe"]))
    say("SampleMade", request=request["request"], folder=str(folder))


def main() -> int:
    if sys.argv[1] == "--preview":
        return preview()
    if sys.argv[1] == "--describe":
        print(json.dumps({"torch": "0", "cuda": []}))
        return 0
    job = Path(sys.argv[1])
    with FileLock(job.parent / "run.lock"):
        return run(json.loads(job.read_text()))


if __name__ == "__main__":
    sys.exit(main())
