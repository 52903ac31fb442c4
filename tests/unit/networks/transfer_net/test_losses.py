"""Masked losses of DST against loops, by gradcheck, and on thin masks."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch.autograd import gradcheck

from defectstudio.networks.transfer_net import losses

RNG = torch.Generator().manual_seed(0)


def features(*shape):
    return torch.randn(*shape, generator=RNG, dtype=torch.float64)


def mask(batch, height, width, share=0.4):
    return (torch.rand(batch, 1, height, width, generator=RNG) < share).double()


def test_gram_is_that_of_a_loop():
    x, m = features(2, 3, 5, 4), mask(2, 5, 4)
    found = losses.gram(x, m)
    for b in range(2):
        inside = [x[b, :, r, c] for r in range(5) for c in range(4) if m[b, 0, r, c]]
        expected = sum(torch.outer(v, v) for v in inside) / (3 * len(inside))
        assert torch.allclose(found[b], expected)


def test_gram_does_not_depend_on_the_size_of_a_uniform_region():
    x = torch.ones(1, 2, 8, 8) * torch.tensor([1.0, 2.0]).view(1, 2, 1, 1)
    small, large = torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
    small[..., 2:4, 5:6] = 1
    assert torch.allclose(losses.gram(x, small), losses.gram(x, large))


def test_style_and_content_are_those_of_loops():
    a, b, m = features(2, 3, 4, 4), features(2, 3, 4, 4), mask(2, 4, 4)
    ga, gb = losses.gram(a, m), losses.gram(b, m)
    by_hand = np.mean([sum((float(p) - float(q)) ** 2 for p, q in zip(
        ga[n].flatten(), gb[n].flatten(), strict=True)) for n in range(2)])  # fmt: skip
    assert float(losses.style(ga, gb)) == pytest.approx(by_hand)
    terms = []
    for n in range(2):
        values = [
            float(a[n, k, r, c] - b[n, k, r, c]) ** 2
            for k in range(3) for r in range(4) for c in range(4) if m[n, 0, r, c]
        ]  # fmt: skip
        terms.append(np.mean(values))
    assert float(losses.content(a, b, m)) == pytest.approx(np.mean(terms))


def test_histogram_is_that_of_a_loop():
    """Ranks by a stable sort, quantiles by NumPy."""
    x, m, wanted = features(1, 3, 6, 6), mask(1, 6, 6), features(3, 17).sort(dim=1).values
    found = float(losses.histogram(x, m, [wanted], 1000, RNG))
    total = []
    for channel in range(3):
        values = x[0, channel][m[0, 0] > 0].numpy()
        n = len(values)
        for rank, place in enumerate(np.argsort(values)):
            position = (rank + 0.5) * 17 / n - 0.5
            level = np.interp(position, np.arange(17), wanted[channel].numpy())
            total.append((values[place] - level) ** 2)
    assert found == pytest.approx(np.mean(total))


def test_relative_histogram_and_texture_do_not_depend_on_a_layers_range():
    x, m = features(2, 3, 6, 6), mask(2, 6, 6)
    wanted = [features(3, 17).sort(dim=1).values for _ in range(2)]
    found = float(losses.histogram(x, m, wanted, 1000, RNG, relative=True))
    apart = [
        float(losses.histogram(x[n : n + 1], m[n : n + 1], [w], 1000, RNG))
        / np.var(w.numpy(), 1).mean()
        for n, w in enumerate(wanted)
    ]
    assert found == pytest.approx(np.mean(apart))
    tenfold = [10 * w for w in wanted]
    assert float(losses.histogram(10 * x, m, tenfold, 1000, RNG, relative=True)) == pytest.approx(
        found
    )
    grams = losses.gram(x, m), losses.gram(features(2, 3, 6, 6), m)
    by_hand = [
        np.linalg.norm(a - b) ** 2 / np.linalg.norm(b) ** 2
        for a, b in zip(*(g.numpy() for g in grams), strict=True)
    ]
    assert float(losses.texture(*grams)) == pytest.approx(np.mean(by_hand))


def test_what_hardly_varies_has_a_unit_too():
    flat = torch.full((3, 5), 0.9, dtype=torch.float64)
    assert float(losses.unit(flat)) == pytest.approx(0.01 * 0.81)
    assert float(losses.unit(0 * flat)) > 0


def test_remapped_has_the_wanted_distribution_and_keeps_the_order():
    values, wanted = features(2, 50), features(2, 50).sort(dim=1).values
    made = losses.remapped(values, wanted)
    assert torch.allclose(made.sort(dim=1).values, wanted)
    assert torch.equal(made.argsort(dim=1), values.argsort(dim=1))


def test_of_many_pixels_so_many_are_drawn():
    x, m = features(1, 2, 16, 16), torch.ones(1, 1, 16, 16).double()
    wanted = torch.zeros(2, 5).double()
    some = float(losses.histogram(x, m, [wanted], 32, torch.Generator().manual_seed(1)))
    again = float(losses.histogram(x, m, [wanted], 32, torch.Generator().manual_seed(1)))
    whole = float(losses.histogram(x, m, [wanted], 256, torch.Generator().manual_seed(1)))
    assert some == again != whole
    assert whole == pytest.approx(float(x.square().mean()))
    assert losses.quantiles(x[0], m[0], 32).shape == (2, 32)


def test_total_variation_is_that_of_a_loop_and_holds_the_seam():
    x, m = features(1, 2, 5, 5), torch.zeros(1, 1, 5, 5).double()
    m[..., 1:3, 2:4] = 1
    total = 0.0
    for r in range(5):
        for c in range(5):
            for dr, dc in ((0, 1), (1, 0)):
                if r + dr < 5 and c + dc < 5 and (m[0, 0, r, c] or m[0, 0, r + dr, c + dc]):
                    total += float((x[0, :, r + dr, c + dc] - x[0, :, r, c]).square().sum())
    assert float(losses.total_variation(x, m)) == pytest.approx(total)


def test_gradients_of_every_loss():
    x = features(1, 2, 4, 4).requires_grad_(True)
    y, m = features(1, 2, 4, 4), mask(1, 4, 4, 0.6)
    wanted = losses.gram(y, m)
    assert gradcheck(lambda z: losses.content(z, y, m), [x])
    assert gradcheck(lambda z: losses.style(losses.gram(z, m), wanted), [x])
    assert gradcheck(lambda z: losses.texture(losses.gram(z, m), wanted), [x])
    assert gradcheck(lambda z: losses.total_variation(z, m), [x])
    # The histogram's target is held still: against the same target, not a moving one.
    inside = m[0, 0] > 0
    target = losses.remapped(x.detach()[0][:, inside], y[0].flatten(1).sort(dim=1).values)
    (grad,) = torch.autograd.grad(
        losses.histogram(x, m, [y[0].flatten(1).sort(dim=1).values], 100, RNG), x
    )
    by_hand = torch.zeros_like(x)
    by_hand[0][:, inside] = 2 * (x.detach()[0][:, inside] - target) / target.numel()
    assert torch.allclose(grad, by_hand)


def test_a_scratch_of_six_pixels_vanishes_at_no_layer():
    scratch = torch.zeros(1, 1, 256, 256)
    scratch[..., 100, 37:43] = 1
    for side in (256, 128, 64, 32, 16, 8):
        small = losses.at_scale(scratch, (side, side))
        assert 1 <= float(small.sum()) <= 6
        row, column = small[0, 0].nonzero()[0].tolist()
        assert abs(row - 100 * side / 256) <= 1 and 36 * side / 256 - 1 <= column


def test_half_covered_cells_belong_to_a_wide_mask():
    wide = torch.zeros(2, 1, 8, 8)
    wide[0, :, :, :5] = 1  # the third of four columns is half covered
    wide[1, :, :1, :1] = 1
    small = losses.at_scale(wide, (4, 4))
    assert small[0, 0].sum(dim=1).tolist() == [3, 3, 3, 3]
    assert float(small[1].sum()) == 1


@given(hnp.arrays(bool, st.tuples(st.just(16), st.just(16))))
def test_only_an_empty_mask_is_empty_at_scale(drawn):
    small = losses.at_scale(torch.from_numpy(drawn).float()[None, None], (4, 4))
    assert bool(small.any()) == bool(drawn.any())
    cells = drawn.reshape(4, 4, 4, 4).any(axis=(1, 3))
    assert not (small[0, 0].numpy() > 0)[~cells].any()


def test_regions_larger_smaller_and_disjoint_compare():
    """L and M of any size and place: an equal texture is at distance 0 of itself."""
    x = features(1, 3, 1, 1).expand(1, 3, 16, 16)
    small, large = torch.zeros(2, 1, 1, 16, 16).double()
    small[..., :3, :3], large[..., 8:, 4:] = 1, 1
    for own, other in ((small, large), (large, small), (small, small)):
        assert float(losses.style(losses.gram(x, own), losses.gram(x, other))) < 1e-20
        wanted = losses.quantiles(x[0], other[0], 100)
        assert float(losses.histogram(x, own, [wanted], 100, RNG)) < 1e-20
