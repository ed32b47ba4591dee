"""A small network, closed and open."""

import pytest


@pytest.fixture(scope="session")
def spec(conv_model):
    """The network that knows colours, closed."""
    return conv_model.spec


@pytest.fixture(scope="session")
def models(conv_model):
    """It opened once for all."""
    return {conv_model.spec: conv_model}
