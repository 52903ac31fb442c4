import json
from dataclasses import replace

from defectstudio.app.batch_order import BatchOrder
from defectstudio.app.batch_plan import PlanLine
from defectstudio.domain.files import to_json


def test_an_order_is_what_its_row_kept(tmp_path):
    """As JSON has it, without what was left open; rows of older versions know less."""
    order = BatchOrder(
        "g", "tile", seed=3, mask=tmp_path / "m.png", regions=True,
        plan=(PlanLine("hole", 4, ("a", "b")),), overrides={"steps": "5"}, trial=2,
    )  # fmt: skip
    for one in (order, BatchOrder("g")):
        row = {name: value for name, value in one.row().items() if value is not None}
        assert BatchOrder.kept(json.loads(to_json(row))) == one
    assert BatchOrder.kept({"generator": "g", "note": "of a later version"}) == BatchOrder("g")
    assert order.title(9, "g") == "Dry run of 9 with g" and replace(order, trial=0).title(
        9, "g"
    ) == ("9 with g")
