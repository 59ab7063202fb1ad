"""Optimisers, clipping and schedulers: refusals, missing gradients, state that goes on bit for bit."""

from __future__ import annotations

import copy
import json
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, optim
from autograd.errors import AnomalyError, ArgumentError, OperandError, ShapeError
from autograd.nn.optim import clip_grad_norm, clip_grad_value
from autograd.nn.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    ReduceLROnPlateau,
    StepLR,
)

MAKERS: dict[str, Callable[[list[Value]], optim.Optimizer]] = {
    "SGD": lambda ps: optim.SGD(ps, lr=0.1),
    "momentum": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.1),
    "nesterov": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda ps: optim.Adam(ps, lr=0.1, amsgrad=True),
    "AdamW": lambda ps: optim.AdamW(ps, lr=0.1, maximize=True),
    "RMSprop": lambda ps: optim.RMSprop(ps, momentum=0.5, centered=True),
    "Adagrad": lambda ps: optim.Adagrad(ps, lr_decay=0.1, initial_accumulator_value=0.1, weight_decay=0.1),
    "groups": lambda ps: optim.Adam(
        [{"params": ps[:1], "amsgrad": True, "maximize": True}, {"params": ps[1:]}] if ps[1:] else ps, lr=0.1
    ),
}
every = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def walk(optimiser: optim.Optimizer, steps: range, missing: bool = False) -> list[float]:
    for t in steps:
        for i, p in enumerate(optimiser.parameters):
            p.grad = None if missing and (t + i) % 3 == 0 else math.sin(3 * t + i)
        optimiser.step()
    return [p.data for p in optimiser.parameters]


def weights() -> list[Value]:
    return [Value(x, f"w{i}") for i, x in enumerate([0.5, -2.0, 1e-3, 40.0])]


# --- what is refused ---------------------------------------------------------------------------------------------

w = Value(1.0, "w")
WRONG_PARAMETERS: list[tuple[Any, type[Exception], str]] = [
    ([], ArgumentError, "SGD got an empty list of parameters"),
    (iter([]), ArgumentError, "empty list"),
    (w, OperandError, r"takes a list of Values, got a Value; write SGD\(\[w\], ...\)"),
    ({"params": [w]}, OperandError, "got a dict"),
    ("w", OperandError, "got a str"),
    (3.0, OperandError, "got a float"),
    ([w, 2.0], OperandError, "parameter 1 is a float, not a Value"),
    ([("w", w)], OperandError, "parameter 0 is a tuple"),
    ([np.zeros(2)], OperandError, "parameter 0 is a float"),
    ([w, Value(1.0, "x", constant=True)], ArgumentError, "parameter 1, node x, is a constant"),
    ([w * 2 + 1], ArgumentError, r"parameter 0, an unlabelled '\+' node .* is the result of an operation"),
    ([w, Value(2.0), w], ArgumentError, "parameters 0 and 2 are the same Value, node w"),
]


@pytest.mark.parametrize(("params", "kind", "text"), WRONG_PARAMETERS)
def test_parameters_that_cannot_be_trained_are_refused(params: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        optim.SGD(params, lr=0.1)


WRONG_OPTIONS: list[tuple[type[optim.Optimizer], dict[str, Any]]] = [
    *[(kind, {"lr": lr}) for kind in (optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad)
      for lr in (-0.1, math.nan, math.inf)],
    *[(kind, {"weight_decay": -1.0}) for kind in (optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad)],
    (optim.SGD, {"momentum": -0.1}),
    (optim.SGD, {"nesterov": True}),
    (optim.SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
    (optim.SGD, {"nesterov": 1, "momentum": 0.9}),
    (optim.SGD, {"dampening": math.nan}),
    (optim.Adam, {"betas": (1.0, 0.9)}),
    (optim.Adam, {"betas": (0.9, 1.0)}),
    (optim.Adam, {"betas": (-0.1, 0.9)}),
    (optim.Adam, {"betas": (0.9,)}),
    (optim.Adam, {"eps": -1e-8}),
    (optim.Adam, {"amsgrad": 0}),
    (optim.AdamW, {"betas": (0.9, math.nan)}),
    (optim.RMSprop, {"alpha": -0.1}),
    (optim.RMSprop, {"eps": -0.1}),
    (optim.RMSprop, {"momentum": -0.1}),
    (optim.Adagrad, {"lr_decay": -0.1}),
    (optim.Adagrad, {"initial_accumulator_value": -0.1}),
    (optim.Adagrad, {"eps": -0.1}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "options"), WRONG_OPTIONS)
def test_an_option_out_of_range_is_refused_by_name(kind: type[Any], options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=f"{kind.__name__}: {'lr' if 'lr' in options else next(iter(options))}"):
        kind([Value(1.0)], **options)


@pytest.mark.parametrize("options", [{"lr": "0.1"}, {"lr": None}, {"betas": 0.9}, {"eps": "a"}])
def test_an_option_that_is_no_number_is_a_type_error(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        optim.Adam([Value(1.0)], **options)


def test_the_defaults_are_pytorchs() -> None:
    ps = [Value(1.0)]
    made = [optim.SGD(ps), optim.Adam(ps), optim.AdamW(ps), optim.RMSprop(ps), optim.Adagrad(ps)]
    assert [o.lr for o in made] == [1e-3, 1e-3, 1e-3, 1e-2, 1e-2]
    assert made[1].options == {
        "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False, "maximize": False,
    }  # fmt: skip
    assert made[2].options == {**made[1].options, "weight_decay": 1e-2}
    assert repr(made[0]).startswith("SGD(1 parameters, lr=0.001, momentum=0.0")


# --- steps -------------------------------------------------------------------------------------------------------


def test_arrays_of_values_are_taken_apart_in_order() -> None:
    W, b = ag.array([[1.0, 2.0], [3.0, 4.0]]), ag.array([5.0])
    assert [p.data for p in optim.SGD([W, b], lr=0.1).parameters] == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_zero_grad_forgets_so_that_the_next_step_does_nothing() -> None:
    p = Value(1.0)
    p.grad = 2.0
    optimiser = optim.SGD([p], lr=0.5)
    optimiser.zero_grad()
    optimiser.step()
    assert (p.grad, p.data) == (0.0, 1.0)


@every
def test_a_parameter_without_gradient_keeps_its_weight_and_its_state(make: Any) -> None:
    together, left = weights(), weights()
    alone = make([left[0], *left[2:]])
    optimiser = make(together)
    for t in range(6):
        for i in (0, 2, 3):
            together[i].grad = left[i].grad = math.cos(t + i)
        optimiser.step()
        alone.step()
    assert [p.data for p in together] == [p.data for p in left]


@every
def test_one_that_joins_late_steps_as_if_it_were_new(make: Any) -> None:
    together = weights()
    optimiser, late = make(together), Value(-2.0)
    for p in (together[0], *together[2:]):
        p.grad = 1.0
    optimiser.step()
    together[1].grad = late.grad = 0.7
    fresh = make([late])
    optimiser.step()
    fresh.step()
    assert together[1].data == late.data


def test_gradients_that_are_values_count_as_their_numbers() -> None:
    p = Value(3.0)
    (p * p).backward(create_graph=True)
    optim.SGD([p], lr=0.5).step()
    assert p.data == 0.0


@every
@pytest.mark.parametrize("gradient", [math.nan, math.inf, -math.inf, 1e300])
def test_gradients_that_are_not_finite_pass_through_without_a_warning(make: Any, gradient: float) -> None:
    ps = weights()
    for p in ps:
        p.grad = 1.0
    ps[1].grad = gradient
    make(ps).step()
    assert math.isfinite(ps[0].data)
    assert math.isnan(ps[1].data) == math.isnan(gradient) or not math.isnan(gradient)


def test_the_rate_may_change_between_steps_and_is_checked() -> None:
    p = Value(1.0)
    optimiser = optim.SGD([p], lr=0.5)
    optimiser.lr = 0.25
    p.grad = 1.0
    optimiser.step()
    assert p.data == 0.75
    with pytest.raises(ArgumentError, match="SGD: lr is -1"):
        optimiser.lr = -1.0
    assert optimiser.lr == 0.25


# --- plain arrays --------------------------------------------------------------------------------------------------


@every
def test_update_on_arrays_is_what_step_does_on_values(make: Any) -> None:
    ps = weights()
    flat = np.array([p.data for p in ps])
    on_arrays, on_values = make(weights()), make(ps)
    for t in range(5):
        gradients = np.sin(3 * t + np.arange(4.0))
        kept = gradients.copy()
        for p, g in zip(ps, gradients.tolist(), strict=True):
            p.grad = g
        on_arrays.update(flat, gradients)
        on_values.step()
        assert (gradients == kept).all()
    assert flat.tolist() == [p.data for p in ps]


@every
def test_a_prepared_update_is_update_bit_for_bit(make: Any) -> None:
    ps, ours, theirs = weights(), np.ones(4), np.ones(4)
    prepared, plain, gradients = make(ps), make(weights()), np.empty(4)
    step, state = prepared.prepare_update(ours, gradients), prepared.state_dict()
    for t in range(8):
        gradients[:] = np.sin(3 * t + np.arange(4.0))
        for optimiser in (prepared, plain):
            optimiser.lr = 0.03 / (1 + t)  # as a scheduler changes it
            if t == 4:  # a state taken over in between counts from the next call on
                optimiser.load_state_dict(state)
        if t == 6:  # and so does a step that reached some parameters only
            for optimiser in (prepared, plain):
                optimiser.parameters[1].grad = 1.0
                optimiser.step()
        step()
        plain.update(theirs, gradients)
        assert ours.tolist() == theirs.tolist()
    assert not (ours == 1.0).any()


@pytest.mark.parametrize(("size", "dtype", "kind"), [(3, float, ShapeError), (4, np.float32, OperandError)])
@pytest.mark.parametrize("method", ["update", "prepare_update"])
def test_update_refuses_other_arrays_and_changes_nothing(
    method: str, size: int, dtype: Any, kind: type[Exception]
) -> None:
    optimiser = optim.SGD(weights(), momentum=0.9)
    flat = np.ones(size, dtype=dtype)
    with pytest.raises(kind):
        getattr(optimiser, method)(flat, np.ones(size, dtype=dtype))
    assert flat.tolist() == [1.0] * size
    assert optimiser.state_dict()["step"].tolist() == [0] * 4


# --- going on ------------------------------------------------------------------------------------------------------


def by_state(make: Any, optimiser: optim.Optimizer) -> optim.Optimizer:
    again = make([Value(p.data) for p in optimiser.parameters])
    again.load_state_dict(optimiser.state_dict())
    return again  # type: ignore[no-any-return]


WAYS: dict[str, Callable[[Any, optim.Optimizer], optim.Optimizer]] = {
    "state_dict": by_state,
    "deepcopy": lambda make, optimiser: copy.deepcopy(optimiser),
    "pickle": lambda make, optimiser: pickle.loads(pickle.dumps(optimiser)),
}


@every
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("missing", [False, True])
def test_a_run_goes_on_bit_for_bit(make: Any, way: Any, missing: bool) -> None:
    optimiser = make(weights())
    walk(optimiser, range(5), missing)
    optimiser.lr = 0.03
    again = way(make, optimiser)
    here = walk(optimiser, range(5, 9))
    assert walk(again, range(5, 9)) == here
    assert again.lr == 0.03


def test_a_state_is_a_copy() -> None:
    optimiser = optim.SGD(weights(), momentum=0.9)
    walk(optimiser, range(2))
    state = optimiser.state_dict()
    state["momentum_buffer"][:] = 7.0
    assert 7.0 not in optimiser.state_dict()["momentum_buffer"]


WRONG_STATES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"optimiser": "SGD"}, ArgumentError, "state of 'SGD'; Adam cannot go on"),
    ({"lr": -1.0}, ArgumentError, "Adam: lr is -1.0"),
    ({"eps": -1.0}, ArgumentError, "Adam: eps"),
    ({"amsgrad": True}, ArgumentError, "without max_exp_avg_sq"),
    ({"extra": 1.0}, ArgumentError, "with extra"),
    ({"params": [0, 1]}, ArgumentError, r"groups of \[4\] parameters, and the state has groups of \[2\]"),
    ({"param_groups": 5}, OperandError, "param_groups are dicts in a list, got 5"),
    ({"param_groups": []}, ArgumentError, r"groups of \[\]"),
    ({"exp_avg": [1.0]}, ShapeError, r"exp_avg has shape \(1,\), expected \(4,\)"),
    ({"step": [1, 1, 1, -1]}, ArgumentError, "step counts"),
    ({"step": [1, 1, 1, math.nan]}, ArgumentError, "step counts"),
    ({"step": [1, 1, 1, 1.5]}, ArgumentError, "step counts"),
]


@pytest.mark.parametrize(("change", "kind", "text"), WRONG_STATES)
def test_a_wrong_state_is_refused_and_changes_nothing(change: dict[str, Any], kind: type[Exception], text: str) -> None:
    optimiser = optim.Adam(weights())
    walk(optimiser, range(3))
    before = optimiser.state_dict()
    state, group = dict(before), dict(before["param_groups"][0])
    del state["param_groups"]
    for name, it in change.items():
        (group if name in group else state)[name] = it
    with pytest.raises(kind, match=text):
        optimiser.load_state_dict({"param_groups": [group], **state})
    assert repr(optimiser.state_dict()) == repr(before)


def test_a_state_with_a_name_missing_is_refused() -> None:
    optimiser = optim.Adam(weights())
    state = optimiser.state_dict()
    del state["param_groups"][0]["lr"], state["exp_avg"]
    with pytest.raises(ArgumentError, match="without lr"):
        optimiser.load_state_dict(state)


def test_what_is_no_state_of_an_optimiser() -> None:
    adam = optim.Adam([Value(1.0)])
    with pytest.raises(OperandError, match="Adam: load_state_dict takes what state_dict"):
        adam.load_state_dict(5)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="no state of an optimiser"):
        adam.load_state_dict({})


def test_names_with_an_underscore() -> None:
    p = Value(0.0)
    p.grad = 30.0
    assert optim.clip_grad_norm_([p], 3.0) == 30.0
    optim.clip_grad_value_([p], 1.0)
    assert p.grad == 1.0


# ---- Clipping, against PyTorch's stored numbers and closed forms

STORED = json.loads((Path(__file__).parents[1] / "data" / "torch_parity.json").read_text())["clip_grad_norm"]


def holding(gradients: list[Any]) -> list[Value]:
    made = [Value(0.0) for _ in gradients]
    for v, g in zip(made, gradients, strict=True):
        v.grad = g
    return made


def gradients_of(params: list[Value]) -> list[Any]:
    return [v._grad for v in params]


@pytest.mark.parametrize("case", STORED)
def test_norm_is_pytorchs(case: dict[str, Any]) -> None:
    params = holding(case["grad"])
    assert clip_grad_norm(params, case["max_norm"]) == pytest.approx(case["norm"], rel=1e-13)
    assert gradients_of(params) == pytest.approx(case["clipped"], rel=1e-13)


@pytest.mark.parametrize("p", [0.5, 1.0, 1.5, 2.0, 3.0, 7.0, math.inf, -math.inf, -1.0, 0.0, "inf"])
def test_every_norm_is_numpys(p: Any) -> None:
    x = [3.0, -4.0, 0.5, 12.0]
    norm = clip_grad_norm(params := holding(x), 2.0, norm_type=p)
    assert norm == pytest.approx(float(np.linalg.norm(x, float(p))), rel=1e-13)
    scale = min(1.0, 2.0 / (norm + 1e-6))
    assert gradients_of(params) == pytest.approx([scale * g for g in x], rel=1e-13)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, math.inf])
def test_huge_and_tiny_gradients_have_a_norm(p: float) -> None:
    for size in (1e200, 1e-200):
        expected = size * float(np.linalg.norm([3.0, 4.0], p))
        assert clip_grad_norm(holding([3.0 * size, 4.0 * size]), 1.0, norm_type=p) == pytest.approx(expected, rel=1e-13)


def test_missing_gradients_are_left_out() -> None:
    params = holding([3.0, None, 4.0])
    assert clip_grad_norm(params, math.inf) == 5.0
    assert gradients_of(params) == [3.0, None, 4.0]
    clip_grad_value(params, 3.5)
    assert gradients_of(params) == [3.0, None, 3.5]
    assert clip_grad_norm(holding([None]), 1.0) == clip_grad_norm([], 1.0) == 0.0


def test_one_value_alone_and_gradients_that_are_values() -> None:
    x = Value(3.0)
    (x * x).backward(create_graph=True)
    assert clip_grad_norm(x, 3.0) == 6.0
    assert x.grad == pytest.approx(3.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_passes_through_or_is_refused(bad: float) -> None:
    params = holding([1.0, bad])
    with pytest.raises(AnomalyError, match="cannot be scaled"):
        clip_grad_norm(params, 1.0, error_if_nonfinite=True)
    assert gradients_of(params)[0] == 1.0
    norm = clip_grad_norm(params, 1.0)
    assert not math.isfinite(norm)
    assert math.isnan(gradients_of(params)[1])  # inf * 0, as in PyTorch
    assert math.isnan(gradients_of(params)[0]) == math.isnan(bad)


def test_values_are_cut_each_for_itself() -> None:
    params = holding([-7.0, -0.5, 0.5, 7.0, math.inf, math.nan])
    clip_grad_value(params, 1.0)
    assert gradients_of(params)[:5] == [-1.0, -0.5, 0.5, 1.0, 1.0]
    assert math.isnan(gradients_of(params)[5])


def test_arguments_are_checked() -> None:
    for wrong in (-1.0, math.nan):
        with pytest.raises(ArgumentError):
            clip_grad_norm(holding([1.0]), wrong)
        with pytest.raises(ArgumentError):
            clip_grad_value(holding([1.0]), wrong)
    with pytest.raises(ArgumentError):
        clip_grad_norm(holding([1.0]), 1.0, norm_type=math.nan)
    with pytest.raises(OperandError, match="clip_grad_norm"):
        clip_grad_norm([1.0], 1.0)


# ---- Schedulers: what is refused, and going on where one has stopped. The rates themselves are in test_torch.py


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
        (MultiStepLR, {"milestones": [1, -2]}),
        (MultiStepLR, {"milestones": [1, 2.5]}),
        (LinearLR, {"start_factor": 0.0}),
        (LinearLR, {"start_factor": 1.5}),
        (LinearLR, {"end_factor": -0.1}),
        (LinearLR, {"total_iters": 0}),
        (LambdaLR, {"lr_lambda": [math.exp, math.exp]}),
        (ReduceLROnPlateau, {"factor": 1.0}),
        (ReduceLROnPlateau, {"mode": "least"}),
        (ReduceLROnPlateau, {"threshold_mode": "share"}),
        (ReduceLROnPlateau, {"patience": -1}),
        (ReduceLROnPlateau, {"min_lr": [0.1, 0.2]}),
        (ExponentialLR, {"gamma": 0.5, "last_epoch": -2}),
        (ExponentialLR, {"gamma": 0.5, "last_epoch": 3}),
    ],
)
def test_numbers_out_of_range_are_refused(kind: type[Any], options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=kind.__name__):
        kind(optimiser(), **options)


@pytest.mark.parametrize(
    ("kind", "options"), [(ExponentialLR, {"gamma": 0.5}), (LambdaLR, {"lr_lambda": math.exp}), (ReduceLROnPlateau, {})]
)
def test_only_an_optimiser_has_a_rate(kind: type[Any], options: dict[str, Any]) -> None:
    with pytest.raises(OperandError, match="got a list"):
        kind([], **options)


@pytest.mark.parametrize(
    ("kind", "options"),
    [(LambdaLR, {"lr_lambda": 0.5}), (MultiStepLR, {"milestones": 3}), (ExponentialLR, {"gamma": "0.5"})],
)
def test_a_setting_of_another_type_is_a_type_error(kind: type[Any], options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        kind(optimiser(), **options)


def test_a_rate_set_by_hand_is_where_the_next_step_starts() -> None:
    o = optimiser(1.0)
    scheduler = ExponentialLR(o, gamma=0.5)
    scheduler.step()
    o.lr = 8.0
    scheduler.step()
    assert scheduler.get_last_lr() == [4.0]


def test_attributes_of_a_users_own_schedule_are_its_own_business() -> None:
    class Doubling(LRScheduler):
        def __init__(self, optimizer: optim.Optimizer) -> None:
            self.factor, self.mode = 2.0, "up"
            super().__init__(optimizer)

        def _next(self, i: int, epoch: int, lr: float) -> float:
            return lr * self.factor

    optimiser = optim.SGD([Value(1.0)], lr=0.25)
    schedule = Doubling(optimiser)
    schedule.step()
    assert optimiser.lr == 0.5
    assert schedule.state_dict() == {"last_epoch": 1, "base_lrs": [0.25], "_last_lr": [0.5]}
    schedule.load_state_dict(schedule.state_dict())
    assert (schedule.factor, schedule.mode) == (2.0, "up")


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
def test_a_wrong_state_of_a_scheduler_is_refused_and_changes_nothing(change: dict[str, Any]) -> None:
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


SCHEDULERS: dict[str, Callable[[optim.Optimizer], LRScheduler]] = {
    "StepLR": lambda o: StepLR(o, step_size=2),
    "MultiStepLR": lambda o: MultiStepLR(o, milestones=[1, 4]),
    "ExponentialLR": lambda o: ExponentialLR(o, gamma=0.5),
    "LinearLR": lambda o: LinearLR(o, total_iters=6),
    "LambdaLR": lambda o: LambdaLR(o, lambda epoch: 1.0 / (1 + epoch)),
    "CosineAnnealingLR": lambda o: CosineAnnealingLR(o, T_max=4),
    "ReduceLROnPlateau": lambda o: ReduceLROnPlateau(o, patience=0, cooldown=1, min_lr=[0.0, 1e-3]),
}
every_schedule = pytest.mark.parametrize("schedule", SCHEDULERS.values(), ids=SCHEDULERS)


def of_two_groups() -> optim.Optimizer:
    return optim.SGD([{"params": [Value(0.0)]}, {"params": [Value(0.0)], "lr": 0.01}], lr=0.1)


def epochs(scheduler: Any, count: int) -> list[list[float]]:
    rates = []
    for _ in range(count):
        scheduler.step(1.0) if isinstance(scheduler, ReduceLROnPlateau) else scheduler.step()
        rates.append([group["lr"] for group in scheduler.optimizer.param_groups])
    return rates


@every_schedule
def test_states_with_groups_go_on_with_the_schedule(schedule: Any) -> None:
    scheduler = schedule(of_two_groups())
    epochs(scheduler, 3)
    other = schedule(of_two_groups())
    other.optimizer.load_state_dict(json.loads(json.dumps(scheduler.optimizer.state_dict(), default=np.ndarray.tolist)))
    other.load_state_dict(scheduler.state_dict())
    assert epochs(other, 6) == epochs(scheduler, 6)


@every_schedule
def test_a_group_that_joins_needs_a_new_scheduler(schedule: Any) -> None:
    scheduler = schedule(of_two_groups())
    before = scheduler.state_dict()
    scheduler.optimizer.add_param_group({"params": [Value(1.0)]})
    with pytest.raises(ArgumentError, match="was made for 2 parameter groups, and the optimiser has 3"):
        epochs(scheduler, 1)
    assert scheduler.state_dict() == before


def test_a_rate_that_is_refused_for_one_group_leaves_all_as_they_were() -> None:
    scheduler = LambdaLR(of_two_groups(), [lambda epoch: 0.5**epoch, lambda epoch: 1.0 - 2.0 * epoch])
    with pytest.raises(ArgumentError, match=r"lr is -0\.01"):
        scheduler.step()
    assert scheduler.last_epoch == 0
    assert [group["lr"] for group in scheduler.optimizer.param_groups] == [0.1, 0.01]


def test_a_lambda_goes_on_from_a_first_rate_that_a_group_is_given() -> None:
    o = optim.SGD([{"params": [Value(0.0)], "initial_lr": 1.0}], lr=0.3)
    assert LambdaLR(o, lambda epoch: 0.5**epoch, last_epoch=1).get_last_lr() == [0.25]


def test_a_metric_may_be_a_value() -> None:
    o = optimiser(1.0)
    scheduler = ReduceLROnPlateau(o, patience=0)
    for metric in (Value(1.0), 0.5, np.float64(0.5)):
        scheduler.step(metric)
    assert o.lr == pytest.approx(0.1)


# ---- Parameter groups. Where they go is in test_torch_parity.py, and in compiled programs in tests/compiler


def test_a_group_has_what_it_does_not_say_from_the_defaults() -> None:
    w, b = Value(1.0, "w"), Value(2.0, "b")
    o = optim.Adam([{"params": w, "betas": (0.5, 0.9)}, {"params": ag.array([b]), "lr": 0.5}], lr=0.1, eps=1e-6)
    assert isinstance(o.param_groups[0], dict)
    rest = {"eps": 1e-6, "weight_decay": 0.0, "amsgrad": False, "maximize": False}
    assert o.param_groups == [
        {"params": [w], "lr": 0.1, "betas": (0.5, 0.9), **rest},
        {"params": [b], "lr": 0.5, "betas": (0.9, 0.999), **rest},
    ]
    assert o.parameters == [w, b]
    assert repr(o).startswith("Adam(1 parameters, lr=0.1, betas=(0.5, 0.9)")
    assert optim.SGD(iter([{"params": iter([w])}])).param_groups[0]["params"] == [w]


@pytest.mark.parametrize(("params", "kind", "text"), [
    ([{"params": [w]}, w], OperandError, "SGD: group 1 is a Value; groups are dicts"),
    ([{"params": [w]}, {"lr": 0.1}], ArgumentError, "SGD, group 1 has no 'params'"),
    ([{"params": [w]}, {"params": []}], ArgumentError, "SGD, group 1 got an empty list"),
    ([{"params": [w]}, {"params": [w]}], ArgumentError, "node w is in group 0 and in group 1"),
    ([{"params": [w]}, {"params": [2.0]}], OperandError, "SGD, group 1: parameter 0 is a float"),
    ([{"params": [w], "momentun": 0.9}], ArgumentError, "no option 'momentun'; did you mean 'momentum'"),
    ([{"params": [w], "betas": (0.9, 0.9)}], ArgumentError, "no option 'betas'"),
    ([{"params": [w], "lr": -1.0}], ArgumentError, "SGD: lr is -1.0"),
    ([{"params": [w], "nesterov": True}], ArgumentError, "SGD: nesterov needs a momentum"),
])  # fmt: skip
def test_a_group_that_makes_no_sense_is_refused(params: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        optim.SGD(params, lr=0.1)
    o = optim.SGD([Value(3.0, "other"), w], lr=0.1)
    before = repr(o.state_dict())
    with pytest.raises((OperandError, ArgumentError)):
        o.add_param_group(params[-1])
    assert repr(o.state_dict()) == before


def test_an_option_may_be_changed_between_steps_and_is_checked() -> None:
    p = Value(1.0)
    o = optim.SGD([p], lr=0.5)
    group = o.param_groups[0]
    p.grad = 1.0
    group["lr"] *= 0.5
    group.update(weight_decay=1.0, maximize=True)
    o.step()
    assert p.data == 1.0
    group |= {"maximize": False}
    o.step()
    assert p.data == 0.5
    before = dict(group)
    for name, x, text in [
        ("lr", math.nan, "SGD: lr is nan"),
        ("lrr", 0.1, "did you mean 'lr'"),
        ("params", [], "keeps its parameters"),
        ("momentum", 0.9, "momentum decides which numbers are kept"),
        ("nesterov", True, "nesterov needs"),
    ]:
        with pytest.raises(ArgumentError, match=text):
            group[name] = x
        with pytest.raises(ArgumentError, match=text):
            group.update({"lr": 7.0, name: x})
    assert dict(group) == before
    assert group.setdefault("lr", 3.0) == 0.25


def test_what_groups_have_in_common() -> None:
    o = of_two_groups()
    with pytest.raises(ArgumentError, match="SGD has 2 groups of different rates; see param_groups"):
        o.lr  # noqa: B018
    assert o.options["momentum"] == 0.0
    o.lr = 0.3
    assert [group["lr"] for group in o.param_groups] == [0.3, 0.3]
    assert o.lr == 0.3
    o.param_groups[0]["weight_decay"] = 0.1
    with pytest.raises(ArgumentError, match="different options"):
        o.options  # noqa: B018


@pytest.mark.parametrize("way", WAYS, ids=WAYS)
def test_groups_that_joined_late_go_on_bit_for_bit(way: str) -> None:
    def make(ps: list[Value], late: int = 3) -> optim.Optimizer:
        o = optim.RMSprop([{"params": ps[:1], "centered": True}, {"params": ps[1:late]}], lr=0.1)
        if ps[late:]:
            o.add_param_group({"params": ps[late:], "momentum": 0.9, "lr": 0.01})
        return o

    ps = weights()
    o = make(ps[:3])
    walk(o, range(3))
    o.add_param_group({"params": ps[3:], "momentum": 0.9, "lr": 0.01})
    walk(o, range(3, 5), missing=True)
    o.param_groups[2]["lr"] = 0.02
    again = WAYS[way](make, o)
    assert o.state_dict()["step"].tolist() == [4, 5, 4, 1]
    assert walk(again, range(5, 9)) == walk(o, range(5, 9))
    assert [g["lr"] for g in again.param_groups] == [0.1, 0.1, 0.02]


def test_a_state_of_other_groups_is_refused() -> None:
    o = of_two_groups()
    other = optim.SGD([Value(0.0), Value(0.0)], lr=0.1)
    with pytest.raises(
        ArgumentError, match=r"SGD has groups of \[2\] parameters, and the state has groups of \[1, 1\]"
    ):
        other.load_state_dict(o.state_dict())


def test_a_state_for_another_number_of_groups_is_refused() -> None:
    scheduler, one = ReduceLROnPlateau(of_two_groups()), ReduceLROnPlateau(optimiser())
    before = scheduler.state_dict()
    for wrong in (one.state_dict(), {**before, "min_lrs": [0.1]}, {**before, "mode": "least"}):
        with pytest.raises(ArgumentError, match="ReduceLROnPlateau"):
            scheduler.load_state_dict(wrong)
    assert scheduler.state_dict() == before
