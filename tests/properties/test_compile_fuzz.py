"""Models at data that lie on the other side of their branches, against eager code: equal numbers, or equal errors.

`tests/benchmarks/fuzz.py` does the same for as many as are asked for.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.helpers.fuzzing import NAMES, check, name_of

COUNT, PART = 3000, 250


@pytest.mark.parametrize("start", range(0, COUNT, PART))
def test_programs_are_eager_code_at_other_data(start: int) -> None:
    done: Counter[str] = Counter()
    for number in range(start, start + PART):
        done.update(check(number).did)
    for what in ("passes", "training", "batches", "over_numpy"):
        assert done[what] >= 5, done


def test_every_kind_is_among_them() -> None:
    assert {name_of(number) for number in range(COUNT)} == set(NAMES)
