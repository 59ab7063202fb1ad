"""The check of compiled programs can fail: errors of the source that the scalar graph would make good are seen."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
from autograd import Value
from autograd.compiler.numpy_source import Backward, Source
from tests.helpers.programs import Recorded
from tests.helpers.replaying import check_compiled

Make = Callable[[list[Value]], Value]

GRAPHS: dict[str, Make] = {
    "plain": lambda xs: ag.sum([x.tanh() for x in xs]),
    "looked at": lambda xs: ag.sum([x.log() * x for x in xs]),
    "with a floor": lambda xs: ag.sum([x * ag.floor(x) for x in xs]),
}
every_graph = pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS)
every_error = pytest.mark.parametrize("error", [ValueError, OverflowError, FloatingPointError])

# A floor's slope is zero, and so the engine warns of it.
pytestmark = pytest.mark.filterwarnings("ignore::autograd.errors.GradientWarning")


def check(make: Make, first: float = 1.5) -> None:
    xs = [Value(first), *(Value(1.25 + 0.5 * k) for k in range(40))]
    check_compiled(Recorded(make(xs), xs, []), random.Random(0))


def failing(error: type[Exception]) -> Callable[..., None]:
    def fail(*_: Any) -> None:
        raise error("planted")

    return fail


def plant_forward(monkeypatch: pytest.MonkeyPatch, planted: Callable[[Source], Callable[[], None]]) -> None:
    made = Source.__init__

    def init(self: Source, plan: Any) -> None:
        made(self, plan)
        self.forward = planted(self)

    monkeypatch.setattr(Source, "__init__", init)


def plant_backward(
    monkeypatch: pytest.MonkeyPatch, planted: Callable[[Source, Backward], Callable[[float], None]]
) -> None:
    found = Source.backward

    def backward(self: Source, leaves: Any) -> Backward:
        original = found(self, leaves)
        changed = copy.copy(original)
        changed.run = planted(self, original)
        return changed

    monkeypatch.setattr(Source, "backward", backward)


@every_graph
def test_a_right_program_passes(make: Make) -> None:
    check(make)


@every_error
@every_graph
def test_a_forward_pass_that_raises_is_seen(make: Make, error: type[Exception], monkeypatch: Any) -> None:
    plant_forward(monkeypatch, lambda source: failing(error))
    with pytest.raises(AssertionError, match="round 0: the source left finite numbers") as caught:
        check(make)
    assert type(caught.value.__cause__) is error


@every_error
@every_graph
def test_a_backward_pass_that_raises_is_seen(make: Make, error: type[Exception], monkeypatch: Any) -> None:
    plant_backward(monkeypatch, lambda source, original: failing(error))
    with pytest.raises(AssertionError, match="round 0: the source left finite numbers") as caught:
        check(make)
    assert type(caught.value.__cause__) is error


def test_a_number_that_the_source_makes_nan_is_seen(monkeypatch: Any) -> None:
    def planted(source: Source) -> Callable[[], None]:
        original = source.forward

        def forward() -> None:
            original()
            source.values[-1] = math.nan

        return forward

    plant_forward(monkeypatch, planted)
    with pytest.raises(AssertionError, match="the source left finite numbers"):
        check(GRAPHS["looked at"])


@pytest.mark.parametrize("name", ["looked at", "with a floor"])
def test_a_gradient_that_the_source_makes_infinite_is_seen(name: str, monkeypatch: Any) -> None:
    def planted(source: Source, original: Backward) -> Callable[[float], None]:
        def backward(seed: float) -> None:
            original.run(seed)
            source.gradients[original.places[3]] = math.inf

        return backward

    plant_backward(monkeypatch, planted)
    with pytest.raises(AssertionError):
        check(GRAPHS[name])


@pytest.mark.parametrize("first", [0.0, 5e-324, math.inf, math.nan])
def test_where_a_number_is_not_finite_the_scalar_graph_may_compute(first: float) -> None:
    check(lambda xs: ag.sum([x.sqrt() for x in xs]), first)
