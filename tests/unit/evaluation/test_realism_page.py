"""The page says every figure and where it comes from."""

from dataclasses import replace

from defectstudio.evaluation.realism_page import blocks
from defectstudio.exchange.report import Drawing, Picture, Table, page


def test_every_table_and_drawing_names_its_source(compared, fake, spec, judge):
    paste = fake("paste")
    paste.card = replace(paste.card, step=1)
    result, comparison, _ = compared(("net", fake()), ("paste", paste))
    found = blocks(spec, judge, result, comparison.pictures, {"defectstudio": "9.9"})
    source = (
        "tile, test split (4 images), 6 contents a class and generator, seed 0,"
        " feature network two at 32 px, DefectStudio 9.9."
    )
    measured = [b for b in found if isinstance(b, Table | Drawing)][:-2]
    assert len(measured) >= 8
    assert all(source in block.caption for block in measured)
    assert sum(isinstance(block, Picture) for block in found) == 8  # two of each arm and split
    text = page("Realism of tile", found)
    for arm in result.arms:
        assert arm.sentence in text
    assert "lpips-style distance, unweighted, two" in text
    assert judge.network.sha256[:16] in text
    assert "Fewer than 10 held-out contents of hole (4), scratch (4)" in text


def test_a_comparison_that_measured_little_still_has_a_page(compared, fake, spec, judge):
    small = replace(spec, settings=replace(spec.settings, sheet=0), test=spec.test[:1])
    result, comparison, _ = compared(("net", fake()), classes={1: "hole"}, test=spec.test[:1])
    found = blocks(replace(small, classes={1: "hole"}), judge, result, comparison.pictures, {})
    assert not any(isinstance(block, Picture) for block in found)
    assert "too few held-out defects" in page("t", found)


def test_a_comparison_of_nothing(compared, spec, judge):
    result, comparison, _ = compared()
    assert result.arms == ()
    assert page("t", blocks(spec, judge, result, comparison.pictures, {}))
