"""What a training learns from, told before it starts."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP

from defectstudio.app.splitting import Learning
from defectstudio.gui.translation import localized

_NOOP = QT_TRANSLATE_NOOP
_SEEN = _NOOP("", "Learns from labeled images: {}.")
_KEPT = _NOOP("", "Kept to judge on: {}.")
_JOINING = _NOOP("", "{} that were in no split yet are split by part first.")
_UNPAINTED = _NOOP("", "{} images are still to be painted; until then they teach nothing.")
_NOTHING = _NOOP("", "Nothing to learn from yet: no defect is painted.")
_ALL_KEPT = _NOOP("", "Nothing to learn from: split again (Split images in the File menu).")


def learned_from(known: Learning) -> str:
    """How many labeled images of each class are learned from and kept, and what is missing."""
    said = []
    if known.seen:
        said.append(localized(_SEEN).format(_listed(known.seen)))
    else:
        said.append(localized(_ALL_KEPT if known.kept else _NOTHING))
    if known.kept:
        said.append(localized(_KEPT).format(_listed(known.kept)))
    if known.joining:
        said.append(localized(_JOINING).format(known.joining))
    if known.unpainted:
        said.append(localized(_UNPAINTED).format(known.unpainted))
    return "\n".join(said)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
