"""What Linux, Windows and macOS are told of the application."""

from __future__ import annotations

import ast
import configparser
import plistlib
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from freezing import icons, macos, screen, windows
from freezing.bare_root import BareRoot
from PIL import Image

from defectstudio.domain.parts import PARTS, WORD
from defectstudio.project.place import DATABASE

HERE = Path(__file__).parents[3] / "packaging"
DRAWING = HERE.parent / "resources/icons/defectstudio.svg"
MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"


@pytest.fixture(scope="module")
def entry():
    read = configparser.ConfigParser(interpolation=None)
    read.optionxform = str
    read.read(HERE / "linux/defectstudio.desktop", encoding="utf-8")
    return read["Desktop Entry"]


def test_the_desktop_entry_starts_the_window_with_a_project(entry):
    assert entry["Exec"] == "defectstudio app %f"
    assert entry["Icon"] == "defectstudio"
    assert all(entry[f"{field}[{language}]"]
               for field in ("GenericName", "Comment") for language in ("de", "zh_CN"))  # fmt: skip


def test_a_projects_database_is_a_file_type_of_its_own(entry):
    (kind,) = ElementTree.parse(HERE / "linux/defectstudio.xml").getroot()
    assert kind.get("type") == entry["MimeType"].rstrip(";")
    assert kind.find(f"{MIME}glob").get("pattern") == DATABASE


def test_macos_offers_it_for_projects_and_lets_it_into_the_dock():
    told = plistlib.loads(plistlib.dumps(macos.about("1.2")))
    assert told["CFBundleVersion"] == told["CFBundleShortVersionString"] == "1.2"
    assert told["LSBackgroundOnly"] is False
    kinds = told["CFBundleDocumentTypes"]
    assert {rank["LSHandlerRank"] for rank in kinds} == {"Alternate"}
    endings = [one for kind in kinds for one in kind.get("CFBundleTypeExtensions", ())]
    assert endings == [Path(DATABASE).suffix.removeprefix(".")]


def test_macos_may_load_what_is_in_the_bundle():
    told = plistlib.loads((HERE / "macos/entitlements.plist").read_bytes())
    assert set(told.values()) == {True}


def test_windows_starts_the_window_by_the_word_that_the_program_knows():
    text = (HERE / "windows/defectstudio.iss").read_text(encoding="utf-8")
    started = set(re.findall(r'defectstudio\.exe"" (--\w+ \w+) ""%', text))
    assert started == {f"{WORD} window"}
    assert "window" in PARTS
    # Names between the braces of #define must be those that the build gives.
    assert set(re.findall(r"\{#(\w+)\}", text)) == {"Version", "Desk"}
    assert Path(DATABASE).suffix in text


@pytest.mark.parametrize(
    ("version", "numbers"), [("0.1.0", (0, 1, 0, 0)), ("2.0.dev3", (2, 0, 0, 0))]
)
def test_windows_is_told_the_version_as_pyinstaller_reads_it(version, numbers):
    tree = ast.parse(windows.about(version), mode="eval")
    named = {one.arg: one.value for one in ast.walk(tree) if isinstance(one, ast.keyword)}
    assert ast.literal_eval(named["filevers"]) == ast.literal_eval(named["prodvers"]) == numbers
    texts = [one.value for one in ast.walk(tree) if isinstance(one, ast.Constant)]
    assert texts.count(version) == 2


def test_windows_files_named_by_the_set_up_program_are_there():
    text = (HERE / "windows/defectstudio.iss").read_text(encoding="utf-8")
    (licence,) = re.findall(r"LicenseFile=(.*)", text)
    assert (HERE / "windows" / licence.replace("\\", "/")).is_file()


def test_the_icon_is_white_on_a_tile_in_all_sizes(tmp_path):
    icons.write(DRAWING, tmp_path)
    with Image.open(tmp_path / "defectstudio.ico") as picture:
        assert {side for side, _ in picture.info["sizes"]} == set(icons.SIZES[:-1])
    with Image.open(tmp_path / "256.png") as picture:
        pixels = np.asarray(picture.convert("RGBA"))
    assert pixels.shape == (256, 256, 4)
    assert pixels[0, 0, 3] == 0
    assert pixels[128, 20, 3] == 255
    assert (pixels[..., :3].min(axis=2) > 250)[pixels[..., 3] == 255].any()
    assert (tmp_path / "defectstudio.icns").stat().st_size > 0


def test_a_drawing_that_is_none_is_refused(tmp_path):
    (tmp_path / "a.svg").write_text("no drawing")
    with pytest.raises(ValueError, match="one <svg>"):
        icons.drawing(tmp_path / "a.svg")


def dump(picture: np.ndarray, *, bits: int = 32) -> bytes:
    """As xwd(1) writes a screen: head, name, colours, lines that are padded."""
    height, width, _ = picture.shape
    line = 4 * width + 8
    head = np.zeros(25, ">u4")
    head[[0, 1, 2, 3, 4, 5, 11, 12, 19]] = 104, 7, 2, 24, width, height, bits, line, 2
    rows = np.zeros((height, line), np.uint8)
    rows[:, : 4 * width].reshape(height, width, 4)[..., :3] = picture[..., ::-1]
    return head.tobytes() + b"Xv\0\0" + bytes(24) + rows.tobytes()


def test_a_screen_is_read_to_the_pixel():
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    np.testing.assert_array_equal(screen.decode(dump(picture)), picture)


def test_a_screen_of_another_form_is_refused():
    with pytest.raises(ValueError, match="24 bits"):
        screen.decode(dump(np.zeros((2, 2, 3), np.uint8), bits=16))


def test_a_person_in_the_bare_root_has_no_network(monkeypatch):
    started = []
    monkeypatch.setattr(
        "freezing.bare_root.subprocess.Popen", lambda words, **how: started.append(words)
    )
    BareRoot(Path("/r")).start(["defectstudio", "app"], display=":5")
    (words,) = started
    assert "--net" in words
    assert "--userspec=1000:1000" in words
    assert "DISPLAY=:5" in words
    assert words[-2:] == ["defectstudio", "app"]
