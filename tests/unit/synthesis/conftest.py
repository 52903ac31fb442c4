"""A DCDGANc that draws what it was shown, once for all tests."""

import numpy as np
import pytest

TONES = {1: (0.05, 0.45), 2: (0.55, 0.95)}


@pytest.fixture(scope="session")
def trained_generator():
    """Encoder and generator overfit on two dark contents of class 1, two bright ones of 2.

    The discriminator is untrained.
    """
    import torch

    from defectstudio.domain.generators import DcdgancConfig, GeneratorCard
    from defectstudio.networks.dcdganc.companions import pack_companions
    from defectstudio.networks.dcdganc.generator import draw_noise
    from defectstudio.networks.dcdganc.model import (
        KEY,
        Inputs,
        build_discriminator,
        build_encoder,
        build_generator,
        pack,
    )
    from defectstudio.networks.dcdganc.prior import aggregated
    from defectstudio.synthesis.generators.canvas import Canvas
    from defectstudio.synthesis.generators.dcdganc import Dcdganc
    from defectstudio.training.contents import Content
    from defectstudio.training.record import remember

    config = DcdgancConfig(tone="absolute", width_g=8, width_d=8, width_e=8, nz=4, scales=1)
    mask = np.ones((24, 24), bool)
    by_class = [
        [Content(np.full((24, 24, 3), tone, np.float32), mask, class_id) for tone in tones]
        for class_id, tones in TONES.items()
    ]
    canvas = Canvas(mask, 64, 64)
    image = torch.stack([torch.from_numpy(canvas.image(c.pixels)) for own in by_class for c in own])
    torch.manual_seed(0)
    e, g = build_encoder(config, 3), build_generator(config, 3, 2)
    d = build_discriminator(config, 3, 2)
    inputs, cls = Inputs([1, 2], mask_source=True), torch.tensor([0, 0, 1, 1])
    opt = torch.optim.Adam([*e.parameters(), *g.parameters()], 5e-3)
    rng = torch.Generator().manual_seed(0)
    for _ in range(70):
        code = torch.cat([inputs.one_hot(cls), e(image)[0]], dim=1)
        noise = draw_noise(g.noise_shapes(64, 64), 4, rng)
        made = g(inputs.source(cls, image[:, -1:]), code, noise, KEY)
        loss = ((made - image).abs() * image[:, -1:]).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        mu = e(image)[0]
    spread = torch.full((2, 4), -4.0)
    prior = aggregated([mu[:2], mu[2:]], [spread, spread])
    card = GeneratorCard(config, 3, {1: "dark", 2: "bright"}, {1: 0.0, 2: 1.0}, 70, (), "train",
                         "w" * 64, {})  # fmt: skip
    cpu = torch.device("cpu")
    seen = remember(by_class, config, d, cpu).pack()
    return Dcdganc(card, {**pack(g, prior), **pack_companions(e, d), **seen}, cpu)
