"""Every kind of picture that factories send, and every way a file can be wrong."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image as PillowImage
from PIL import ImageOps

from defectstudio.domain.errors import ImageError, InternalError
from defectstudio.imaging import raster, reading
from defectstudio.imaging.reading import (
    ImageHeader,
    from_unit,
    pixel_sha256,
    read_header,
    read_image,
    read_label,
    read_mask,
    thumbnail,
    to_unit,
    write_png,
)


def _random(shape: tuple[int, ...], dtype: type = np.uint8) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _bomb_png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 100)
    return (
        raster.PNG_SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    )


# --- what is read -----------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(9, 13), (9, 13, 3)])
def test_grey_and_colour_keep_every_bit(
    tmp_path: Path, suffix: str, dtype: type, shape: tuple[int, ...]
) -> None:
    array = _random(shape, dtype)
    path = tmp_path / f"größe 検査{suffix}"
    if suffix == ".png":
        write_png(path, array)
    else:
        tifffile.imwrite(path, array)
    found = read_image(path)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, array)
    depth = 16 if dtype == np.uint16 else 8
    assert read_header(path) == ImageHeader(9, 13, 1 if len(shape) == 2 else 3, depth)


@pytest.mark.parametrize("kind", ["bmp", "webp"])
def test_bmp_and_lossless_webp(tmp_path: Path, kind: str) -> None:
    array = _random((9, 13, 3))
    path = tmp_path / f"a.{kind}"
    PillowImage.fromarray(array).save(path, lossless=True)
    np.testing.assert_array_equal(read_image(path), array)
    assert read_header(path) == ImageHeader(9, 13, 3, 8)


def test_the_content_counts_and_not_the_suffix(tmp_path: Path) -> None:
    array = _random((9, 13))
    path = tmp_path / "a.jpg"
    PillowImage.fromarray(array).save(path, format="PNG")
    np.testing.assert_array_equal(read_image(path), array)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpg", "png", "tif"])
def test_rotation_is_applied_as_pillow_does(tmp_path: Path, orientation: int, kind: str) -> None:
    picture = PillowImage.fromarray(np.kron(_random((2, 3)), np.ones((8, 8), np.uint8)))
    picture.getexif()[0x0112] = orientation
    path = tmp_path / f"a.{kind}"
    picture.save(path, exif=picture.getexif())
    upright = np.asarray(ImageOps.exif_transpose(picture))
    np.testing.assert_allclose(read_image(path), upright, atol=3 if kind == "jpg" else 0)
    header = read_header(path)
    assert (header.height, header.width) == upright.shape


def test_cmyk_jpeg_becomes_rgb(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    PillowImage.new("CMYK", (16, 8), (0, 255, 255, 0)).save(path, quality=100)
    found = read_image(path)
    assert found.shape == (8, 16, 3)
    assert read_header(path) == ImageHeader(8, 16, 3, 8)
    np.testing.assert_allclose(found.reshape(-1, 3).mean(axis=0), (255, 0, 0), atol=3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_transparency_is_composed_over_black(
    tmp_path: Path, dtype: type, channels: int, suffix: str
) -> None:
    array = _random((6, 5, channels), dtype)
    full = int(np.iinfo(dtype).max)
    array[0, :, -1], array[1, :, -1] = full, 0
    path = tmp_path / f"a{suffix}"
    if suffix == ".png":
        path.write_bytes(imagecodecs.png_encode(array))
    else:
        tifffile.imwrite(
            path,
            array,
            photometric="minisblack" if channels == 2 else "rgb",
            planarconfig="contig",
            extrasamples=["unassalpha"],
        )
    expected = np.rint(array[..., :-1].astype(float) * array[..., -1:] / full).astype(dtype)
    np.testing.assert_array_equal(read_image(path), expected[..., 0] if channels == 2 else expected)
    assert read_header(path).channels == (1 if channels == 2 else 3)


def test_one_bit_pictures_are_0_and_255(tmp_path: Path) -> None:
    bits = _random((6, 5)) > 127
    png, tif = tmp_path / "a.png", tmp_path / "a.tif"
    PillowImage.fromarray(bits).save(png)
    tifffile.imwrite(tif, bits, photometric="miniswhite")
    np.testing.assert_array_equal(read_image(png), bits * np.uint8(255))
    np.testing.assert_array_equal(read_image(tif), ~bits * np.uint8(255))


def test_values_of_a_12_bit_camera_stay_as_they_are(tmp_path: Path) -> None:
    array = _random((6, 5), np.uint16) >> 4
    path = tmp_path / "a.png"
    write_png(path, array)
    np.testing.assert_array_equal(read_image(path), array)
    assert thumbnail(array, 8).max() > 200


# --- what is refused --------------------------------------------------------------------------


def _refused(path: Path, words: str) -> None:
    for read in (read_header, read_image):
        with pytest.raises(ImageError, match=words) as caught:
            read(path)
        assert caught.value.subject == str(path)
        assert caught.value.remedy


def test_missing_empty_and_foreign_files(tmp_path: Path) -> None:
    _refused(tmp_path / "none.png", "no such file")
    _refused(tmp_path, "no such file")
    path = tmp_path / "a.png"
    path.write_bytes(b"")
    _refused(path, "empty")
    path.write_text("hello, this is text")
    _refused(path, "not a PNG")


def test_oversized_files_and_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(_bomb_png(1 << 16, 1 << 15))
    _refused(path, "outside the bound of 536870912 pixels")
    path.write_bytes(_bomb_png(23170, 23170))
    assert read_header(path).height == 23170
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    _refused(path, "more than 10 bytes")


@pytest.mark.parametrize("kind", ["jpg", "bmp", "webp", "tif"])
def test_truncated_files_of_other_kinds(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    PillowImage.fromarray(_random((64, 64, 3))).save(path)
    data = path.read_bytes()
    for length in (len(data) // 2, len(data) // 4, 60, 9):
        path.write_bytes(data[:length])
        with pytest.raises(ImageError, match=r"truncated|cannot be decoded"):
            read_image(path)


def test_a_lack_of_memory_is_the_worlds_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    write_png(path, _random((4, 4)))

    def starve(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(raster, "pixels", starve)
    with pytest.raises(ImageError, match="not enough memory"):
        read_image(path)


@given(st.binary(max_size=200), st.sampled_from([s for s, _ in reading._SIGNATURES]))
@settings(deadline=None)
def test_foreign_bytes_give_an_image_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, signature: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "foreign.bin"
    path.write_bytes(signature + data)
    with warnings.catch_warnings(), pytest.raises(ImageError):
        warnings.simplefilter("ignore")
        read_image(path)


# --- masks and labels -------------------------------------------------------------------------


def _mask_file(tmp_path: Path, values: object, name: str = "m.png") -> Path:
    path = tmp_path / name
    PillowImage.fromarray(np.array(values, np.uint8)).save(path)
    return path


@pytest.mark.parametrize("value", [1, 100, 255])
def test_two_valued_masks_are_all_but_zero(tmp_path: Path, value: int) -> None:
    np.testing.assert_array_equal(
        read_mask(_mask_file(tmp_path, [[0, value], [value, 0]])), [[False, True], [True, False]]
    )
    assert read_mask(_mask_file(tmp_path, [[value, value]])).all()
    assert not read_mask(_mask_file(tmp_path, [[0, 0]])).any()


def test_antialiased_masks_are_cut_in_the_middle(tmp_path: Path) -> None:
    path = _mask_file(tmp_path, [[0, 3, 127, 128, 250, 255]])
    np.testing.assert_array_equal(read_mask(path), [[False] * 3 + [True] * 3])
    write_png(path, np.array([[0, 32767, 32768, 65535]], np.uint16))
    np.testing.assert_array_equal(read_mask(path), [[False, False, True, True]])


def test_the_brightest_channel_of_a_coloured_mask_counts(tmp_path: Path) -> None:
    path = _mask_file(tmp_path, [[[0, 0, 0], [0, 0, 255], [128, 0, 0], [90, 0, 90]]])
    np.testing.assert_array_equal(read_mask(path), [[False, True, True, False]])


def test_a_palette_mask_is_all_but_black(tmp_path: Path) -> None:
    picture = PillowImage.fromarray(np.array([[0, 1, 2, 3]], np.uint8))
    picture.putpalette([0, 0, 0, 128, 0, 0, 0, 64, 0, 250, 250, 0])
    path = tmp_path / "m.png"
    picture.save(path)
    np.testing.assert_array_equal(read_mask(path), [[False, True, True, True]])


def test_class_indices_are_not_taken_for_a_mask(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="more than two values"):
        read_mask(_mask_file(tmp_path, [[0, 1, 2]]))


def test_labels_are_read_as_they_are(tmp_path: Path) -> None:
    values = np.array([[0, 1, 254, 255]], np.uint8)
    grey, palette = tmp_path / "g.png", tmp_path / "p.png"
    write_png(grey, values)
    picture = PillowImage.fromarray(values)
    picture.putpalette(_random((256, 3)).tobytes())
    picture.save(palette)
    np.testing.assert_array_equal(read_label(grey), values)
    np.testing.assert_array_equal(read_label(palette), values)


def test_what_is_no_label(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    for array in (_random((4, 4), np.uint16), _random((4, 4, 3)), _random((4, 4)) > 9):
        write_png(path, array)
        if array.dtype == np.bool_:
            PillowImage.fromarray(array).save(path)
        with pytest.raises(ImageError, match="8-bit grey or palette"):
            read_label(path)
    tifffile.imwrite(path, _random((4, 4)))
    with pytest.raises(ImageError, match="is a PNG"):
        read_label(path)


# --- writing, hashes, ranges ------------------------------------------------------------------


def test_masks_are_written_as_0_and_255(tmp_path: Path) -> None:
    mask = _random((6, 5)) > 127
    path = tmp_path / "deep" / "m.png"
    write_png(path, mask)
    with PillowImage.open(path) as picture:
        np.testing.assert_array_equal(np.asarray(picture), mask * 255)


@pytest.mark.parametrize(
    "array", [np.zeros((4, 4), np.float32), np.zeros((4, 4, 2), np.uint8), np.zeros(4, np.uint8)]
)
def test_what_cannot_be_written(tmp_path: Path, array: np.ndarray) -> None:
    with pytest.raises(InternalError, match="cannot write"):
        write_png(tmp_path / "a.png", array)
    assert not list(tmp_path.iterdir())


def test_the_pixel_hash_sees_shape_type_and_bytes_only() -> None:
    array = _random((4, 6), np.uint16)
    same = np.asfortranarray(array).astype(">u2")
    assert pixel_sha256(array) == pixel_sha256(same)
    others = [array.T, array.reshape(6, 4), array.astype(np.int32), array + np.uint16(1)]
    assert len({pixel_sha256(a) for a in (array, *others)}) == 5
    assert pixel_sha256(np.zeros((2, 3), bool)) == pixel_sha256(np.zeros((2, 3), bool))


@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.uint16]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
    )
)
@settings(deadline=None)
def test_the_unit_range_keeps_every_value(array: np.ndarray) -> None:
    unit = to_unit(array)
    assert unit.dtype == np.float32
    assert unit.min() >= 0
    assert unit.max() <= 1
    np.testing.assert_array_equal(from_unit(unit, array.dtype), array)


def test_from_unit_clips_and_rounds() -> None:
    np.testing.assert_array_equal(
        from_unit(np.array([-1.0, 0.5, 1.2, 0.25]), np.uint8), [0, 128, 255, 64]
    )


@pytest.mark.parametrize("shape", [(100, 50), (100, 50, 3), (3, 400), (10, 5)])
def test_thumbnails_fit_and_keep_the_aspect(shape: tuple[int, ...]) -> None:
    found = thumbnail(np.full(shape, 90, np.uint8), 32)
    assert found.dtype == np.uint8
    assert max(found.shape[:2]) == min(32, max(shape[:2]))
    assert found.shape[2] == 3
    assert (found == 90).all()


def test_a_large_picture_in_use_is_not_read_again(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(reading, "_LARGE", 10)
    path = tmp_path / "a.png"
    write_png(path, np.full((5, 6), 7, np.uint8))
    first = read_image(path)
    assert read_image(path) is first
    write_png(path, np.full((5, 6, 3), 9, np.uint8))
    assert read_image(path).shape == (5, 6, 3)
    del first
    assert len(reading._in_use) == 0
    (tmp_path / "b.png").write_bytes(path.read_bytes()[:60])
    with pytest.raises(ImageError):
        read_image(tmp_path / "b.png")
