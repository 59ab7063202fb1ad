from __future__ import annotations

import pytest

from tests.helpers.checked_expressions import ENGINE, PLAIN, tally


@pytest.mark.parametrize(("kind", "seed"), [(PLAIN, 11), (ENGINE, 12)], ids=["plain math", "engine"])
def test_check_is_hardly_ever_wrong_on_random_expressions(kind: int, seed: int) -> None:
    """10,000 expressions run in tests/benchmarks/checker.py; here are enough to see a tenfold slip."""
    found = tally(1500, kind, seed)
    assert len(found.false_alarms) <= 1, found.false_alarms
    assert len(found.misses) <= 2, found.misses
    assert found.evaluations < 60
