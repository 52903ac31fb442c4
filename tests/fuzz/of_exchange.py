"""Importers: their seeds are our own exports of two tiny pictures, and hand-made folders."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import scipy

from defectstudio.app.batch_plan import plan_rows, read_plan
from defectstudio.domain.files import to_json
from defectstudio.domain.records import ImageRecord
from defectstudio.exchange.exporting import ExportEntry, ExportRequest, export
from defectstudio.exchange.groups_csv import read_groups
from defectstudio.exchange.importing import check, scan
from defectstudio.exchange.journal import Journal
from defectstudio.imaging.reading import png_bytes, write_png
from defectstudio.project.names import clean_name, name_key
from tests.fuzz.cases import Reader
from tests.fuzz.spoil import Files

SIZE = (7, 9)
_NO_BACKGROUNDS: tuple[ImageRecord, ...] = ()


def picture(value: int) -> bytes:
    """A PNG of noise."""
    return png_bytes(np.random.default_rng(value).integers(0, 255, (*SIZE, 3), dtype=np.uint8))


def mask(value: int = 255) -> bytes:
    """A PNG of a mask, or of a plane with one class."""
    plane = np.zeros(SIZE, np.uint8)
    plane[2:5, 3:7] = value
    return png_bytes(plane)


def files_in(folder: Path) -> Files:
    """All files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _exported(*formats: str) -> Callable[[], list[Files]]:
    def make() -> list[Files]:
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            plane = np.zeros(SIZE, np.uint8)
            plane[1:4, 1:6], plane[2, 2], plane[5:, 4:] = 1, 0, 7
            entries = []
            for number, label in enumerate((plane, None)):
                image, labels = root / f"{number}.png", root / f"{number}_label.png"
                image.write_bytes(picture(number))
                if label is not None:
                    write_png(labels, label)
                kept = labels if label is not None else None
                entries.append(ExportEntry(f"{number}", image, kept, "tile", None, False, None))
            request = ExportRequest(entries, {1: "crack", 7: "hole"})
            for format in formats:
                export(format, request, root / format)
            # An item's folder of MVTec AD is what is imported.
            return [files_in(item if (item := root / format / "tile").is_dir() else root / format)
                    for format in formats]  # fmt: skip

    return make


def _folders() -> list[Files]:
    apart = {"crack/images/a.png": picture(1), "crack/masks/a_mask.png": mask(),
             "good/images/b.png": picture(2)}  # fmt: skip
    pairs = {"dent/a.jpg": _jpeg(), "dent/a.png": mask(), "ok/c.png": picture(3)}
    alone = {"images/a.png": picture(1), "masks/a.png": mask()}
    return [apart, pairs, alone]


def _jpeg() -> bytes:
    from PIL import Image as PillowImage

    sink = io.BytesIO()
    PillowImage.new("RGB", SIZE[::-1], (90, 80, 70)).save(sink, "JPEG")
    return sink.getvalue()


def _crackforest() -> list[Files]:
    truth = np.ones(SIZE, np.uint8)
    truth[2:4, 2:6] = 2
    made: list[Files] = []
    for packed in (False, True):
        sink = io.BytesIO()
        content = {"groundTruth": {"Segmentation": truth, "Boundaries": truth == 2}}
        scipy.io.savemat(sink, content, do_compression=packed)
        made.append({"image/a.png": picture(1), "groundTruth/a.mat": sink.getvalue()})
    return made


def _imports(format: str) -> Callable[[Path], object]:
    def read(folder: Path) -> None:
        plan = scan(folder, format)
        names = {entry.class_name for entry in plan.entries if entry.class_name}
        for name in names:
            name_key(clean_name(name, "class"))
        for problem in plan.problems:
            assert problem.reason and problem.remedy
            to_json(problem).encode()
        for entry in plan.entries[:20]:
            # A file is read as it is at that moment: what was checked may be another by now.
            if check(entry) is None and entry.mask is not None:
                assert entry.mask.read().any()

    return read


def _finds(folder: Path) -> None:
    plan = scan(folder)
    for entry in plan.entries[:20]:
        check(entry)


def _groups(folder: Path) -> None:
    read_groups(folder / "groups.csv")


def _plan(folder: Path) -> None:
    plan_rows(read_plan(folder / "plan.csv"), {1: "crack", 2: "höle"}, _NO_BACKGROUNDS)


def _tables(*texts: str, name: str) -> Callable[[], list[Files]]:
    return lambda: [{name: text.encode()} for text in texts]


def _journals() -> list[Files]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export("png", ExportRequest(_entries(folder), {1: "crack"}), folder / "out")
        files = files_in(folder / "out")
        rows = b'{"name":"0","item":"tile","split":null,"synthetic":false,"class_ids":[1],'
        rows += b'"height":7,"width":9,"source_sha256":"0","image":"0.png","labels":[],'
        rows += b'"recipe":null,"void":false,"table":null}'
        from defectstudio.domain.files import sha256_bytes

        file, data = next(iter(files.items()))
        line = b'{"files":{"%s":"%s"},"rows":[%s]}' % (
            file.encode(), sha256_bytes(data).encode(), rows,  # type: ignore[arg-type]
        )  # fmt: skip
        return [{**files, ".journal.jsonl": b'"print"\n' + line + b"\n" + line + b"\n"}]


def _entries(folder: Path) -> list[ExportEntry]:
    (folder / "a.png").write_bytes(picture(1))
    (folder / "a_label.png").write_bytes(mask(1))
    label = folder / "a_label.png"
    return [ExportEntry("a", folder / "a.png", label, "tile", "train", False, None)]


def _journal(folder: Path) -> None:
    with suppress(OSError):  # which an export tells as what the disk refused
        journal = Journal(folder, "print")
        try:
            list(journal.rows())
        finally:
            journal.close()


def _every() -> list[Files]:
    return [files for make in IMPORTS.values() for files in make()]


IMPORTS: dict[str, Callable[[], list[Files]]] = {
    "folder": _folders,
    "mvtec": _exported("mvtec", "mvtec2"),
    "coco": _exported("coco", "coco-polygons"),
    "yolo": _exported("yolo"),
    "voc": _exported("voc"),
    "labelme": _exported("labelme", "labelme-polygons"),
    "cvat": _exported("cvat"),
    "crackforest": _crackforest,
}
READERS = {
    **{name: Reader(seeds, _imports(name)) for name, seeds in IMPORTS.items()},
    "auto": Reader(_every, _finds),
    "groups": Reader(
        _tables("class,stem,tile\ngood,a,1\ncrack,ä,2\n", "class;stem;g\ngood;a;1\n",
                name="groups.csv"), _groups),
    "plan": Reader(
        _tables("class,count,backgrounds\ncrack,3,\nhöle,2,\n", name="plan.csv"), _plan),
    "journal of an export": Reader(_journals, _journal, writes=True),
}  # fmt: skip
