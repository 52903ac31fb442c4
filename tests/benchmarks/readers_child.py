"""One foreign reader on one export; needs nothing of ours, so that it runs in any environment.

    python readers_child.py READER FORMAT EXPORT OUT CLASSES

Writes OUT.npz: path of the image in the export -> uint8 plane of class ids; prints the reader's
version. Exit status 7: the reader is not installed.
"""

import importlib.metadata
import json
import shutil
import sys
from pathlib import Path

import numpy as np


def pycocotools(format, root, classes):
    from pycocotools.coco import COCO

    table = COCO(str(root / "annotations.json"))
    for image in table.loadImgs(table.getImgIds()):
        plane = np.zeros((image["height"], image["width"]), np.uint8)
        for line in table.loadAnns(table.getAnnIds(image["id"])):
            plane[table.annToMask(line).astype(bool)] = line["category_id"]
        yield image["file_name"], plane


def supervision(format, root, classes):
    import supervision as sv

    if format == "yolo":
        for split in ("train", "val", "test"):
            found = sv.DetectionDataset.from_yolo(
                str(root / "images" / split),
                str(root / "labels" / split),
                str(root / "data.yaml"),
                force_masks=True,
            )
            yield from _detections(found, root, classes)
    else:
        found = sv.DetectionDataset.from_coco(
            str(root), str(root / "annotations.json"), force_masks=True
        )
        yield from _detections(found, root, classes)


def _detections(found, root, classes):
    for path, image, detections in found:
        plane = np.zeros(image.shape[:2], np.uint8)
        if len(detections):
            for mask, number in zip(detections.mask, detections.class_id, strict=True):
                plane[mask.astype(bool)] = classes[found.classes[number]]
        yield Path(path).resolve().relative_to(root.resolve()).as_posix(), plane


def datumaro(format, root, classes):
    from datumaro.components.annotation import AnnotationType
    from datumaro.components.dataset import Dataset

    if format.startswith("coco"):  # It wants the folders of COCO's own archives.
        (root / "annotations").mkdir(exist_ok=True)
        shutil.copy(root / "annotations.json", root / "annotations" / "instances_all.json")
    names = {
        "coco": "coco_instances", "coco-polygons": "coco_instances",
        "voc": "voc_segmentation", "cvat": "cvat",
    }  # fmt: skip
    found = Dataset.import_from(str(root), names[format])
    labels = found.categories()[AnnotationType.label]
    for item in found:
        height, width = item.media.size
        plane = np.zeros((height, width), np.uint8)
        for line in item.annotations:
            if line.type == AnnotationType.mask:
                mask = line.image
            elif line.type == AnnotationType.polygon:
                from pycocotools import mask as rle

                mask = rle.decode(rle.merge(rle.frPyObjects([line.points], height, width)))
            else:
                continue
            name = labels[line.label].name
            if name != "background":
                plane[np.asarray(mask).astype(bool)] = classes[name]
        if format.startswith("coco"):
            yield f"{item.id}.png", plane
        else:
            yield Path(item.media.path).resolve().relative_to(root.resolve()).as_posix(), plane


def labelme(format, root, classes):
    from labelme.utils import shapes_to_label

    for path in sorted(root.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if "shapes" not in content:
            continue
        yield content["imagePath"], _labelme_plane(path, content, classes, shapes_to_label)


def _labelme_plane(path, content, classes, shapes_to_label):
    try:
        from labelme._label_file import LabelFile
    except ImportError:
        from labelme.label_file import LabelFile

    shapes = LabelFile(str(path)).shapes
    shape = (content["imageHeight"], content["imageWidth"])
    plane, _ = shapes_to_label(shape, shapes, classes)
    return plane.astype(np.uint8)


def ultralytics(format, root, classes):
    from ultralytics.data.utils import (
        check_det_dataset,
        img2label_paths,
        polygon2mask,
        verify_image_label,
    )

    found = check_det_dataset(str(root / "data.yaml"), autodownload=False)
    for split in ("train", "val", "test"):
        paths = sorted(str(path) for path in Path(found[split]).iterdir())
        for image, label in zip(paths, img2label_paths(paths), strict=True):
            row = verify_image_label((image, label, "", False, len(found["names"]), 0, 0, False))
            height, width = row[2]
            plane = np.zeros((height, width), np.uint8)
            for number, points in zip(row[1][:, 0], row[3], strict=True):
                pixels = points * np.array([width, height], np.float32)
                mask = polygon2mask((height, width), [pixels.reshape(-1)])
                plane[mask.astype(bool)] = classes[found["names"][int(number)]]
            yield Path(image).resolve().relative_to(root.resolve()).as_posix(), plane


def anomalib(format, root, classes):
    from anomalib.data.datasets.image import MVTecAD2Dataset, MVTecADDataset

    kind = MVTecAD2Dataset if format == "mvtec2" else MVTecADDataset
    for item in sorted(path.name for path in root.iterdir() if path.is_dir()):
        for split in ("train", "val", "test"):
            for one in kind(root=root, category=item, split=split):
                path = Path(one.image_path).resolve().relative_to(root.resolve())
                yield path.as_posix(), one.gt_mask.numpy().astype(np.uint8) * 255


def pypng(format, root, classes):
    import png

    def read(path):
        width, height, rows, _ = png.Reader(filename=str(path)).read()
        return np.array([bytearray(row) for row in rows], np.uint8).reshape(height, width)

    for path in sorted((root / "images").iterdir()):
        plane = read(root / "labels" / path.name)
        masks = np.zeros_like(plane)
        for name, number in classes.items():
            mask = root / "masks" / name / path.name
            if mask.exists():
                masks[read(mask) == 255] = number
        if not np.array_equal(plane, masks):
            raise ValueError(f"{path.name}: its masks are not its plane")
        yield f"images/{path.name}", plane


def main():
    reader, format, root, out, classes = sys.argv[1:]
    try:
        version = importlib.metadata.version(reader)
    except importlib.metadata.PackageNotFoundError:
        sys.exit(7)
    planes = dict(globals()[reader](format, Path(root), json.loads(classes)))
    np.savez(out, **planes)
    print(version)


if __name__ == "__main__":
    main()
