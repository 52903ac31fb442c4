"""Windows around masks, and style codes."""

import torch

from defectstudio.networks.transfer_net.regions import AROUND_PX, around_masks, style_code


def test_windows_hold_their_masks_and_are_of_one_size():
    mask = torch.zeros(2, 1, 256, 256)
    mask[0, :, 3:9, 200:250] = 1
    mask[1, :, 120:180, 100:104] = 1
    image = torch.arange(256 * 256.0).view(1, 1, 256, 256).expand(2, -1, -1, -1)
    shown, own = around_masks(image, mask)
    assert shown.shape == own.shape == (2, 1, 128, 128)
    assert torch.equal(own.sum(dim=(1, 2, 3)), mask.sum(dim=(1, 2, 3)))
    # the window is a piece of the image, in the same place as that of the mask
    for n in range(2):
        assert torch.equal(shown[n][own[n] > 0], image[n][mask[n] > 0])
        rows = own[n, 0].amax(dim=1).nonzero()[:, 0]
        assert n == 0 or (rows[0] >= AROUND_PX and 128 - rows[-1] > AROUND_PX)


def test_a_mask_over_all_has_all():
    mask = torch.ones(1, 1, 64, 96)
    assert around_masks(mask)[0].shape == mask.shape


def test_a_style_code_tells_textures_not_brightness_of_a_layer():
    rng = torch.Generator().manual_seed(0)
    x, mask = torch.randn(4, 16, 16, generator=rng), torch.ones(1, 1, 16, 16)
    x[1] *= 5
    code = style_code([x], mask)
    assert code.shape == (8,) and torch.allclose(style_code([3 * x], mask), code, atol=1e-5)
    assert int(code[4:].argmax()) == 1
