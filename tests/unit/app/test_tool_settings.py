"""What the tools go by stays in its bounds and is announced."""

from itertools import pairwise

import numpy as np

from defectstudio.app.tool_settings import MAX_BRUSH, ToolSettings


def test_values_keep_to_their_bounds_and_changes_are_announced():
    tools, seen = ToolSettings(), []
    tools.changed.connect(lambda: seen.append((tools.size, tools.hardness, tools.tolerance)))
    tools.resize(-3)
    tools.resize(10**6)
    tools.harden(-5)
    tools.harden(140)
    tools.tolerate(-1)
    tools.tolerate(101)
    assert seen == [
        (1, 100, 10), (MAX_BRUSH, 100, 10), (MAX_BRUSH, 0, 10), (MAX_BRUSH, 100, 10),
        (MAX_BRUSH, 100, 0), (MAX_BRUSH, 100, 100),
    ]  # fmt: skip
    tools.choose_shape("stain")
    tools.choose_stamp(np.ones((2, 3), bool))
    assert len(seen) == 8 and tools.shape == "stain" and tools.stamp.shape == (2, 3)


def test_steps_are_felt_at_every_size():
    tools = ToolSettings()
    tools.resize(1)
    sizes = [1]
    while tools.size < MAX_BRUSH:
        tools.step_size(1)
        sizes.append(tools.size)
    assert all(1 <= after - before <= max(1, before / 7) for before, after in pairwise(sizes))
    tools.step_size(-1)
    assert tools.size == MAX_BRUSH - MAX_BRUSH // 8
