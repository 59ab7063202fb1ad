"""Models at data that lie on the other side of their branches, against eager code: equal numbers, or equal errors.

`tests/benchmarks/fuzz.py` does the same for as many as are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
from tests.helpers import fuzzing
from tests.helpers.fuzzing import NAMES, Failure, check, name_of
from tests.helpers.programs import MODELS, Maker

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


# What a library function may do wrong: it reads a number past `compile`, which then can't know.
PLANTED: dict[str, Callable[[Any], Any]] = {
    "a factor": lambda x: x * x._data,
    "a branch": lambda x: x * 2.0 if x._data > 0.0 else x * x,
    "the largest": lambda x: ag.exp(x - max(x._data, 0.0)) + x,
    "a check": lambda x: ag.sqrt(abs(x)) if abs(x._data) <= 1.0 else ag.log(x * 0.0),
    "a sign": lambda x: ag.atan2(x * 0.0, -1.0 if x._data < 0.0 else 1.0) + x,
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_number_that_was_baked_in_is_found(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def baked(m: Maker) -> Callable[[], Any]:
        x = m.leaf()
        return lambda: PLANTED[planted](x)

    monkeypatch.setitem(MODELS, "model: baked", baked)
    monkeypatch.setattr(fuzzing, "name_of", lambda number: "model: baked")
    with pytest.raises(Failure):
        list(map(check, range(20)))
