"""What all tests share: Hypothesis draws the same examples in every run."""

from __future__ import annotations

import os

import hypothesis
import pytest

from autograd.engine import COMPILED

pytest_plugins = ["pytester"]  # for the tests of the plugin

hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", derandomize=False, deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what only an engine that is run line by line can be asked."""
    for item in items:
        if COMPILED and item.get_closest_marker("pure"):
            item.add_marker(pytest.mark.skip(reason="of the pure build"))
