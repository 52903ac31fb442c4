"""The default network, loaded once."""

import pytest


@pytest.fixture(scope="session")
def lite():
    import torch

    from defectstudio.networks.features.registry import load_features

    return load_features("efficientnet-lite0", torch.device("cpu"))
