"""TIFF and BigTIFF files, as microscopes and cameras write them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as PillowImage

from defectstudio.domain.errors import ImageError
from defectstudio.imaging.reading import ImageHeader, read_header, read_image, read_pixel_size_mm


def _random(shape: tuple[int, ...], dtype: type = np.uint8) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def _refused(path: Path, words: str) -> None:
    for read in (read_header, read_image):
        with pytest.raises(ImageError, match=words) as caught:
            read(path)
        assert caught.value.subject == str(path)
        assert caught.value.remedy


def test_tiff_kinds(tmp_path: Path) -> None:
    grey, colour = _random((40, 50), np.uint16), _random((40, 50, 3), np.uint16)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, grey, bigtiff=True, tile=(16, 16), compression="zlib")
    np.testing.assert_array_equal(read_image(path), grey)
    tifffile.imwrite(path, np.moveaxis(colour, -1, 0), planarconfig="separate", photometric="rgb")
    np.testing.assert_array_equal(read_image(path), colour)
    tifffile.imwrite(path, grey, byteorder=">", compression="lzw")
    np.testing.assert_array_equal(read_image(path), grey)
    table = _random((3, 256), np.uint16)
    indices = _random((40, 50))
    tifffile.imwrite(path, indices, photometric="palette", colormap=table)
    np.testing.assert_array_equal(read_image(path), (table.T >> 8).astype(np.uint8)[indices])
    assert read_header(path) == ImageHeader(40, 50, 3, 8)


def test_reduced_copies_in_a_tiff_are_passed_over(tmp_path: Path) -> None:
    array = _random((40, 50))
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(array)
        writer.write(array[::2, ::2].copy(), subfiletype=1)
    np.testing.assert_array_equal(read_image(path), array)


def test_an_oversized_tiff_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, _random((4, 4)))
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        tags = file.pages.first.tags
        offsets = [tags[name].valueoffset for name in ("ImageWidth", "ImageLength")]
    for offset in offsets:
        data[offset : offset + 4] = struct.pack("<I", 1 << 15)
    path.write_bytes(data)
    _refused(path, "outside the bound")


def test_unsupported_pixel_types(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((4, 4), np.float32))
    _refused(path, "float32 is not supported")
    tifffile.imwrite(path, np.zeros((4, 4, 4), np.uint8), photometric="separated")
    _refused(path, "SEPARATED of 4 samples is not supported")
    tifffile.imwrite(path, np.zeros((4, 4, 5), np.uint8), photometric="minisblack")
    with pytest.raises(ImageError):
        read_image(path)


def test_several_pictures_in_one_file(tmp_path: Path) -> None:
    tif, png = tmp_path / "a.tif", tmp_path / "a.png"
    tifffile.imwrite(tif, _random((3, 40, 50)), photometric="minisblack")
    _refused(tif, "more than one picture")
    frames = [PillowImage.fromarray(_random((8, 8)) + np.uint8(i)) for i in range(2)]
    frames[0].save(png, save_all=True, append_images=frames[1:])
    _refused(png, "more than one picture")


@pytest.mark.parametrize(
    ("resolution", "unit", "size"),
    [
        ((500, 500), "CENTIMETER", 0.02),
        ((2540, 2540), "INCH", 0.01),
        ((500, 250), "CENTIMETER", None),
        ((300, 300), "INCH", None),
        ((118.11, 118.11), "CENTIMETER", None),
        ((500, 500), "NONE", None),
        ((0.5, 0.5), "CENTIMETER", None),
        ((0, 0), "CENTIMETER", None),
    ],
)
def test_what_a_pixel_measures_is_told_by_tags_that_can_be_believed(
    tmp_path: Path, resolution: tuple[float, float], unit: str, size: float | None
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, _random((8, 9)), resolution=resolution, resolutionunit=unit)
    assert read_pixel_size_mm(path) == (None if size is None else pytest.approx(size, rel=1e-4))


def test_what_a_pixel_measures_is_not_known_without_tags(tmp_path: Path) -> None:
    PillowImage.fromarray(_random((8, 9))).save(tmp_path / "a.png", dpi=(254, 254))
    assert read_pixel_size_mm(tmp_path / "a.png") is None
    (tmp_path / "b.tif").write_bytes(b"II*\0")
    with pytest.raises(ImageError):
        read_pixel_size_mm(tmp_path / "b.tif")
