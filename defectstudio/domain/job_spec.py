"""All that a worker may be told to do."""

from __future__ import annotations

from defectstudio.domain.auditing import AuditSpec
from defectstudio.domain.comparisons import (
    CompareDstSpec,
    CompareSpec,
    ForecastSpec,
    TrialSpec,
)
from defectstudio.domain.segmenting import SegmentingSpec
from defectstudio.domain.specs import (
    ReplaySpec,
    SynthesizeSpec,
    TrainSpec,
)

JobSpec = (
    TrainSpec
    | SynthesizeSpec
    | ReplaySpec
    | AuditSpec
    | CompareSpec
    | CompareDstSpec
    | TrialSpec
    | ForecastSpec
    | SegmentingSpec
)
