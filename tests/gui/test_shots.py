"""The main states of the window look as they did when somebody last looked at them.

Linux only: elsewhere Qt draws text by other means. References are renewed by `shots.draw`.
"""

import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.gui.shots.draw import REFERENCES, SCALES, draw
from tests.gui.shots.likeness import SHARE, keep, read, worst

STATES = ("welcome", "settings", "train", "palette", "paint", "jobs", "compare",
          "review", "batch", "evaluate", "transfer")  # fmt: skip
LOOKS = ("light", "dark")


@pytest.mark.skipif(sys.platform != "linux", reason="text is drawn by other means")
@pytest.mark.parametrize("scale", SCALES)
def test_the_window_looks_as_it_did(scale, tmp_path):
    draw(scale, tmp_path)
    names = [f"{state}-{look}.png" for state in STATES for look in LOOKS]
    for folder in (tmp_path, REFERENCES / str(scale)):
        assert sorted(path.name for path in folder.glob("*.png")) == sorted(names)
    found = {
        name: worst(read(tmp_path / name), read(REFERENCES / str(scale) / name), scale)
        for name in names
    }
    astray = {name: where for name, where in found.items() if where[0] > SHARE}
    assert astray == {}, "look at them with `python -m tests.gui.shots.draw --out FOLDER`"


@pytest.fixture(scope="module")
def welcome():
    """The first page at 100 %; what is done to it must be found."""
    return read(REFERENCES / "100" / "welcome-light.png")


def test_a_picture_is_like_itself_in_256_colours_and_with_rounding(welcome, tmp_path):
    noise = np.random.default_rng(1).integers(-2, 3, welcome.shape)
    rounded = np.clip(welcome + noise, 0, 255).astype(np.uint8)
    Image.fromarray(rounded).save(tmp_path / "drawn.png")
    keep(tmp_path / "drawn.png", tmp_path / "kept.png")
    assert worst(read(tmp_path / "kept.png"), welcome, 100)[0] <= SHARE / 2


def _moved(picture, by):
    """A label, "New project…", by so many pixels to the right."""
    picture[320:345, 330 + by : 440 + by] = picture[320:345, 330:440].copy()


def _without_icon(picture):
    """The sign of a button is gone."""
    picture[320:345, 300:330] = picture[321, 300]


def _clipped(picture):
    """The lower pixels of a line of text are cut off."""
    picture[424:434, 285:380] = picture[439, 285]


def _faded(picture):
    """Text of too little contrast."""
    label = picture[320:345, 330:440]
    label[:] = 255 - (255 - label) // 3


def _recoloured(picture):
    """A button of another colour, as after a lost style."""
    picture[270:300, 290:300] = (40, 110, 40)


@pytest.mark.parametrize(
    "harm", [lambda p: _moved(p, 1), lambda p: _moved(p, 4), _without_icon, _clipped, _faded,
             _recoloured],
    ids=["moved by 1", "moved by 4", "no icon", "clipped", "faded", "recoloured"],
)  # fmt: skip
def test_what_a_person_would_see_is_found(welcome, harm):
    harmed = welcome.copy()
    harm(harmed)
    assert worst(harmed, welcome, 100)[0] > 2 * SHARE


def test_one_stray_pixel_is_no_difference_and_a_word_is(welcome):
    harmed = Image.fromarray(welcome)
    pen = ImageDraw.Draw(harmed)
    pen.point((700, 100), fill=(255, 0, 0))
    share, _ = worst(np.asarray(harmed), welcome, 100)
    assert 0 < share <= SHARE
    pen.text((600, 60), "word", fill=(0, 0, 0))
    share, (row, column) = worst(np.asarray(harmed), welcome, 100)
    assert share > SHARE and 40 <= row <= 70 and 580 <= column <= 640


def test_another_size_differs_wholly(welcome):
    assert worst(welcome[:-1], welcome, 100)[0] == 1
