"""Schedulers: what is refused, and going on where one has stopped. The rates themselves are in test_torch.py."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from autograd import Value, optim
from autograd.errors import ArgumentError, OperandError
from autograd.nn.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, StepLR


def optimiser(lr: float = 0.1) -> optim.Optimizer:
    return optim.SGD([Value(0.0)], lr=lr)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (StepLR, {"step_size": 0}),
        (StepLR, {"step_size": 1.5}),
        (StepLR, {"step_size": 1, "gamma": -0.1}),
        (ExponentialLR, {"gamma": float("nan")}),
        (CosineAnnealingLR, {"T_max": 0}),
        (CosineAnnealingLR, {"T_max": True}),
        (CosineAnnealingLR, {"T_max": 5, "eta_min": -1.0}),
        (ExponentialLR, {"gamma": 0.5, "last_epoch": -2}),
        (ExponentialLR, {"gamma": 0.5, "last_epoch": 3}),
    ],
)
def test_numbers_out_of_range_are_refused(kind: type[Any], options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=kind.__name__):
        kind(optimiser(), **options)


def test_only_an_optimiser_has_a_rate() -> None:
    with pytest.raises(OperandError, match="got a list"):
        ExponentialLR([], gamma=0.5)  # type: ignore[arg-type]


def test_a_rate_set_by_hand_is_where_the_next_step_starts() -> None:
    o = optimiser(1.0)
    scheduler = ExponentialLR(o, gamma=0.5)
    scheduler.step()
    o.lr = 8.0
    scheduler.step()
    assert scheduler.get_last_lr() == [4.0]


def test_a_rate_that_overflows_is_refused_and_nothing_moves() -> None:
    o = optimiser(1e300)
    scheduler = ExponentialLR(o, gamma=1e10)
    with pytest.raises(ArgumentError, match="lr is inf"):
        scheduler.step()
    assert (o.lr, scheduler.last_epoch) == (1e300, 0)


def test_states_of_both_go_on_with_the_schedule() -> None:
    o = optimiser()
    scheduler = CosineAnnealingLR(o, T_max=5, eta_min=0.01)
    for _ in range(3):
        scheduler.step()
    again = optimiser(0.7)
    other = CosineAnnealingLR(again, T_max=9)
    again.load_state_dict(o.state_dict())
    other.load_state_dict(scheduler.state_dict())
    for _ in range(9):
        scheduler.step()
        other.step()
        assert again.lr == o.lr


def test_last_epoch_goes_on_from_a_loaded_optimiser() -> None:
    o = optimiser()
    scheduler = StepLR(o, step_size=3)
    for _ in range(4):
        scheduler.step()
    again = optimiser()
    again.load_state_dict(o.state_dict())
    other = StepLR(again, step_size=3, last_epoch=scheduler.last_epoch - 1)
    for _ in range(5):
        scheduler.step()
        other.step()
        assert again.lr == o.lr


@pytest.mark.parametrize("change", [{"gamma": -1.0}, {"last_epoch": 1.5}, {"unknown": 1.0}])
def test_a_wrong_state_is_refused_and_changes_nothing(change: dict[str, Any]) -> None:
    scheduler = StepLR(optimiser(), step_size=3)
    before = scheduler.state_dict()
    with pytest.raises(ArgumentError, match="StepLR"):
        scheduler.load_state_dict({**before, **change})
    assert scheduler.state_dict() == before


def test_a_copy_drives_the_copied_optimiser() -> None:
    o = optimiser(1.0)
    scheduler = copy.deepcopy(ExponentialLR(o, gamma=0.5))
    scheduler.step()
    assert (o.lr, scheduler.optimizer.lr) == (1.0, 0.5)
