"""A finished judgement of four small pictures, as its worker leaves it."""

from dataclasses import asdict

import numpy as np

from defectstudio.domain.files import write_json
from defectstudio.domain.records import JobState
from defectstudio.domain.segmenters import SegmenterCard, SegmenterConfig
from defectstudio.domain.segmenting import EvaluateSpec
from defectstudio.domain.specs import Example
from defectstudio.imaging.reading import read_label, write_png

KEPT = 0.5
THRESHOLDS = (0.1, 0.5, 0.9)


def leave_judgement(project, title="eye on test"):
    """Judge all images of the project's first item: of its defects the left half is found."""
    item = project.items()[0]
    job = project.add_job("evaluate", title)
    images = project.images(item.id)
    classes = {one.id: one.name for one in project.classes(item.id)}
    card = SegmenterCard(
        SegmenterConfig(), 3, classes, "none", KEPT, 5, 2, (), "a" * 64, {"defectstudio": "0"}
    )
    rows = [_judged(job.folder, image, classes) for image in images]
    hits, misses, alarms = (
        sum(row[name] for row in rows) for name in ("hits", "misses", "false_alarms")
    )
    pixels = sum(image.height * image.width for image in images)
    sweep = {
        "positives": hits + misses,
        "negatives": pixels - hits - misses,
        "hits": [hits + misses, hits, 0],
        "false_alarms": [pixels - hits - misses, alarms, 0],
        "overlap": [1.0, 0.5, 0.0],
    }
    figures = {
        "images": len(rows), "defects": 1, "average_precision": 0.5, "f1_kept": 0.6, "aupro": 0.4,
        "sizes": [{"least_px": 64, "defects": 1, "recall": 0.5, "seen": 1.0}],
    }  # fmt: skip
    write_json(
        job.folder / "report" / "evaluate.json",
        {
            "item": item.name,
            "split": "test",
            "seen": 1,
            "segmenter": {"name": "eye", "card": asdict(card)},
            "figures": {
                "classes": {"scratch": figures, "all classes": figures},
                "mean_f1_kept": 0.6,
            },
            "by_image": rows,
            "thresholds": THRESHOLDS,
            "sweeps": {"scratch": {**sweep, "overlap": []}, "all classes": sweep},
        },
    )
    (job.folder / "report" / "evaluate.html").write_text("<p>half of it</p>", encoding="utf-8")
    examples = tuple(Example(i.file, i.label_file, i.sha256, i.group) for i in images)
    spec = EvaluateSpec(job.folder, item.name, "eye", job.folder, classes, examples, "test", 1)
    write_json(job.folder / "job.json", spec)
    return project.move_job(job.id, JobState.DONE)


def _judged(folder, image, classes):
    """One false alarm in the corner, and the left half of every defect."""
    size = (image.height, image.width)
    label = read_label(image.label_file) if image.label_file else np.zeros(size, np.uint8)
    said = np.full(size, 0.2)
    middle = int(np.ceil(np.nonzero(label)[1].mean())) if label.any() else 0
    said[:, :middle][label[:, :middle] > 0] = 0.7
    said[0, 0] = 0.95
    file = f"{image.sha256}.png"
    write_png(folder / "predictions" / file, np.rint(said * 65535).astype(np.uint16))
    found, truth = said >= KEPT, label > 0
    return {
        "sha256": image.sha256,
        "group": image.group,
        "classes": [classes[n] for n in image.class_ids],
        "hits": int((found & truth).sum()),
        "false_alarms": int((found & ~truth).sum()),
        "misses": int((~found & truth).sum()),
        "peak": 0.95,
        "prediction": file,
    }
