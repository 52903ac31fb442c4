"""The formats that exports are written in."""

from __future__ import annotations

from defectstudio.exchange.writers.coco import Coco, CocoPolygons
from defectstudio.exchange.writers.cvat import Cvat
from defectstudio.exchange.writers.labelme import LabelMe, LabelMePolygons
from defectstudio.exchange.writers.mvtec import MvtecAd, MvtecAd2
from defectstudio.exchange.writers.png import Png
from defectstudio.exchange.writers.voc import Voc
from defectstudio.exchange.writers.writer import Writer
from defectstudio.exchange.writers.yolo import Yolo

WRITERS: dict[str, type[Writer]] = {
    "coco": Coco,
    "coco-polygons": CocoPolygons,
    "yolo": Yolo,
    "voc": Voc,
    "labelme": LabelMe,
    "labelme-polygons": LabelMePolygons,
    "cvat": Cvat,
    "mvtec": MvtecAd,
    "mvtec2": MvtecAd2,
    "png": Png,
}
"""Format name -> what writes it."""
