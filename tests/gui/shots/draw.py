"""Draws the window and keeps the pictures: `python -m tests.gui.shots.draw --renew`.

One process a scale walks through all states. Fonts, their rendering, style, size, language, dice
and clock are pinned; look at what is kept with `git diff` before it is committed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.gui.shots.likeness import keep

HERE = Path(__file__).parent
REFERENCES = HERE / "references"
SCALES = (100, 200)
"""Percent."""
_FONTS = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{HERE / "fonts"}</dir>
  <match target="font">
    <edit name="antialias" mode="assign"><bool>true</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
  </match>
</fontconfig>
"""


def draw(scale: int, out: Path) -> None:
    """Draw all states at a scale, in percent, as PNGs in the folder `out`."""
    with tempfile.TemporaryDirectory() as folder:
        fonts = Path(folder) / "fonts.conf"
        fonts.write_text(_FONTS, encoding="utf-8")
        pinned = {
            "QT_QPA_PLATFORM": "offscreen",
            "QT_SCALE_FACTOR": f"{scale / 100:g}",
            "QT_FONT_DPI": "96",
            "FONTCONFIG_FILE": str(fonts),
            "XDG_CACHE_HOME": folder,
            "TZ": "UTC",
        }
        subprocess.run(
            [sys.executable, "-m", "tests.gui.shots.states", str(out)],
            env={**os.environ, **pinned},
            check=True,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renew", action="store_true", help="keep them as references")
    parser.add_argument("--out", type=Path, help="leave them in this folder, as they are drawn")
    given = parser.parse_args()
    for scale in SCALES:
        with tempfile.TemporaryDirectory() as folder:
            out = given.out / str(scale) if given.out else Path(folder)
            out.mkdir(parents=True, exist_ok=True)
            draw(scale, out)
            for picture in sorted(out.glob("*.png")):
                if given.renew:
                    keep(picture, REFERENCES / str(scale) / picture.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
