"""What all tests share: Hypothesis draws the same examples in every run."""

from __future__ import annotations

import os

import hypothesis

pytest_plugins = ["pytester"]  # for the tests of the plugin

hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", derandomize=False, deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
