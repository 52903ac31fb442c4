"""StarGAN's critic and domains."""

import torch

from defectstudio.domain.generators import StarGanConfig
from defectstudio.networks.baselines.stargan import Critic, build_generator, mixed, one_hot

CONFIG = StarGanConfig(width_g=8, width_d=8, blocks=1)


def test_the_critic_scores_an_image_and_names_its_domain():
    torch.manual_seed(0)
    config = StarGanConfig(width_d=8, width=96)
    net, image = Critic(3, 4, config), torch.randn(2, 4, 64, 96)
    scores, domains = net(image)
    assert (scores.shape, domains.shape) == ((2,), (2, 4))
    apart = net(image.flip(0))
    assert torch.allclose(scores, apart[0].flip(0), atol=1e-5), "an image is scored by itself"


def test_the_generator_has_one_domain_more_than_classes():
    net = build_generator(CONFIG, 3, 4)
    assert net.first.in_channels == 3 + 1 + 5
    assert one_hot(torch.tensor([0, 4]), 4).tolist() == [[1, 0, 0, 0, 0], [0, 0, 0, 0, 1]]


def test_interpolates_lie_between_and_are_leaves():
    real, made = torch.ones(2, 1, 1, 1), torch.zeros(2, 1, 1, 1, requires_grad=True)
    between = mixed(real, made, torch.tensor([0.25, 1.0]).view(2, 1, 1, 1))
    assert between.flatten().tolist() == [0.25, 1.0]
    assert between.is_leaf and between.requires_grad
