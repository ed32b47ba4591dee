"""Properties that hold of any input; what is tried is the same each time, so that what fails once fails again."""

import pytest
from hypothesis import settings

settings.register_profile("repeatable", max_examples=60, derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    """A folder whose files each example writes anew."""
    return tmp_path_factory.mktemp("properties")
