"""Kinks, ties, infinities and domain borders: every row of the contract in tests/data/edge_semantics.json."""

from __future__ import annotations

import json
import math
import operator
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd as ag
from autograd import Value, detect_anomaly, losses
from autograd.errors import AnomalyError, AutogradError, GradientWarning

ROWS = json.loads((Path(__file__).parents[1] / "data" / "edge_semantics.json").read_text())

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "relu": ag.relu,
    "leaky_relu(0.01)": lambda x: ag.leaky_relu(x, 0.01),
    "abs": abs,
    "sign": ag.sign,
    "max": ag.maximum,
    "min": ag.minimum,
    "max3=max(stack)": ag.maximum,
    "clamp(0,1)": lambda x: ag.clip(x, 0.0, 1.0),
    "sqrt": ag.sqrt,
    "log": ag.log,
    "log1p": ag.log1p,
    "exp": ag.exp,
    "sigmoid": ag.sigmoid,
    "softplus": ag.softplus,
    "tanh": ag.tanh,
    "atan2": ag.atan2,
    "hypot": ag.hypot,
    "norm2=sqrt(x*x+y*y)": lambda x, y: ag.sqrt(x * x + y * y),
    "pow(x,y) both vars": operator.pow,
    "x**0 const exponent": lambda x: x**0,
    "x**0.0 const exponent": lambda x: x**0.0,
    "x**1 const exponent": lambda x: x**1,
    "x**2 const exponent": lambda x: x**2,
    "x**0.5 const exponent": lambda x: x**0.5,
    "x**-1 const exponent": lambda x: x**-1,
    "x**1.5 const exponent": lambda x: x**1.5,
    "0**y const base": lambda y: 0**y,
    "div x/y": operator.truediv,
    "xlogy": ag.xlogy,
    "where(x>0,sqrt(x),0)": lambda x: ag.where(x > 0, lambda: ag.sqrt(x), 0),
    "where(x>0,log(x),0)": lambda x: ag.where(x > 0, lambda: ag.log(x), 0),
    "where(x!=0,sin(x)/x,1)": lambda x: ag.where(x != 0, lambda: ag.sin(x) / x, 1),
    "logsumexp": lambda *xs: ag.logsumexp(xs),
    "prod": lambda *xs: ag.prod(xs),
    "std (unbiased)": lambda *xs: ag.std(xs),
    "floor": ag.floor,
    "mod x%y": operator.mod,
    "L1Loss": lambda x: losses.mae(x, 0.0),
    "hinge=relu(1-x)": lambda x: losses.hinge(x, 1.0),
    "BCE(p,t=0)": lambda p: losses.bce(p, 0.0),
    "BCE(p,t=1)": lambda p: losses.bce(p, 1.0),
    "Huber d=1": lambda x: losses.huber(x, 0.0, delta=1.0),
}

# The contract writes 1e12 for the slopes at the ends; PyTorch, whose numbers these are, divides by 1e-12 in single
# precision and gives 1000000003995.8.
ROUNDED = {"BCE(p,t=0)": 5e-9, "BCE(p,t=1)": 5e-9}

PYTHON: dict[str, Callable[..., Any]] = {
    "sqrt": math.sqrt,
    "log": math.log,
    "log1p": math.log1p,
    "exp": math.exp,
    "pow(x,y) both vars": lambda x, y: math.pow(x, y) if x < 0 else x**y,  # ** itself would turn to complex numbers
    "x**-1 const exponent": lambda x: x**-1,
    "div x/y": operator.truediv,
    "BCE(p,t=1)": lambda p: -math.log(p) - 0.0 * math.log(1.0 - p),
    "atan2": lambda y, x: (x / (x * x + y * y), -y / (x * x + y * y)),  # its textbook gradient
}

IDS = [f"{row['op']}@{','.join(map(str, row['args']))}" for row in ROWS]


def raised_by_python(row: dict[str, Any]) -> type[Exception]:
    with pytest.raises((ArithmeticError, ValueError)) as caught:
        PYTHON[row["op"]](*row["args"])
    return caught.type


def agrees(got: float, expected: float | str, relative: float = 0.0) -> bool:
    expected = float(expected)
    if not math.isfinite(expected):
        return str(got) == str(expected)
    return abs(got - expected) <= max(4 * math.ulp(expected), relative * abs(expected))


def warns(row: dict[str, Any]) -> bool:
    return row["op"] == "floor" or any(g in ("inf", "nan") for g in row["grad"])


def test_every_row_of_the_contract_is_tested_here() -> None:
    assert {row["op"] for row in ROWS} == set(FUNCTIONS)


@pytest.mark.parametrize("create_graph", [False, True], ids=["eager", "create_graph"])
@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_row_of_the_contract(row: dict[str, Any], create_graph: bool) -> None:
    function = FUNCTIONS[row["op"]]
    inputs = [Value(x, f"input{i}") for i, x in enumerate(row["args"])]
    if row["value"] == "raise":
        with pytest.raises(raised_by_python(row)) as caught:
            function(*inputs)
        assert isinstance(caught.value, AutogradError)
        assert "input0" in str(caught.value)
        assert repr(row["args"][0]) in str(caught.value)
        return
    out = function(*inputs)
    assert agrees(out.data, row["value"])
    if "raise" in row["grad"]:
        with pytest.raises(raised_by_python(row)) as caught:
            out.backward(create_graph=create_graph)
        assert isinstance(caught.value, AutogradError)
        assert "input0" in str(caught.value)
        assert all(v.grad == 0.0 for v in inputs)
        return
    with pytest.warns(GradientWarning) if warns(row) else warnings.catch_warnings():
        out.backward(create_graph=create_graph)
    gradients = [getattr(v.grad, "data", v.grad) for v in inputs]
    within = ROUNDED.get(row["op"], 0.0)
    assert all(agrees(g, e, within) for g, e in zip(gradients, row["grad"], strict=True)), (
        f"{gradients}, expected {row['grad']}: {row['why']}"
    )


@pytest.mark.parametrize("row", [row for row in ROWS if row["value"] != "raise"])
def test_plain_floats_give_the_same_value(row: dict[str, Any]) -> None:
    assert agrees(getattr(out := FUNCTIONS[row["op"]](*row["args"]), "data", out), row["value"])


# --- what the contract says in words -----------------------------------------------------------------------------


def test_infinite_slope_warning_names_the_node_and_the_operation() -> None:
    x = Value(0.0, "radius")
    with pytest.warns(GradientWarning, match=r"sqrt has slope inf at node '?radius'? = 0\.0"):
        ag.sqrt(x).backward()


def test_infinite_slope_raises_in_strict_mode_and_names_the_node() -> None:
    x = Value(0.0, "radius")
    y = ag.sqrt(x)
    with pytest.warns(GradientWarning), detect_anomaly(), pytest.raises(AnomalyError, match="radius"):
        y.backward()
    assert x.grad == 0.0


def test_norm_written_out_is_told_of_hypot() -> None:
    x, y = Value(0.0), Value(0.0)
    with pytest.warns(GradientWarning, match="hypot"):
        ag.sqrt(x * x + y * y).backward()


@pytest.mark.parametrize("exponent", [2.0, 3.0])
def test_negative_base_is_no_trouble_where_the_exponent_needs_no_gradient(exponent: float) -> None:
    x = Value(-2.0)
    (x ** Value(exponent, constant=True)).backward()  # a GradientWarning would be an error here
    assert x.grad == exponent * (-2.0) ** (exponent - 1)


def test_undefined_slope_of_a_used_exponent_is_nan_and_warned_of() -> None:
    x, y = Value(-2.0), Value(3.0, "y")
    with pytest.warns(GradientWarning, match=r"\by\b"):
        (x**y).backward()
    assert math.isnan(y.grad)


def test_floor_warns_once_in_a_backward_that_it_stops_gradients() -> None:
    x = Value(1.5)
    with pytest.warns(GradientWarning, match="flat") as caught:
        ag.floor(x).backward()
    assert len(caught) == 1


def test_floor_that_no_gradient_reaches_does_not_warn() -> None:
    x = Value(1.5)
    (x + 0 * ag.floor(x)).backward()
    assert x.grad == 1.0


@pytest.mark.parametrize("count", [2, 3, 4, 7])
@pytest.mark.parametrize("function", [ag.maximum, ag.minimum])
def test_ties_share_the_slope_evenly(function: Callable[..., Value], count: int) -> None:
    tied = [Value(1.0) for _ in range(count)]
    loser = Value(0.0 if function is ag.maximum else 2.0)
    function(*tied, loser).backward()
    assert [v.grad for v in tied] == [1 / count] * count
    assert loser.grad == 0.0


def test_branch_not_taken_is_never_evaluated() -> None:
    def trap() -> Value:
        raise AssertionError("evaluated")

    assert ag.where(True, lambda: Value(1.0), trap).data == 1.0
    assert ag.where(Value(0.0), trap, 2.0).data == 2.0


@pytest.mark.parametrize("x", [1000.0, -1000.0])
def test_saturating_functions_hold_far_out(x: float) -> None:
    up = float(x > 0)
    expected = {
        ag.sigmoid: (up, 0.0),
        ag.tanh: (2 * up - 1, 0.0),
        ag.softplus: (max(x, 0.0), up),
        ag.logsigmoid: (min(x, 0.0), 1 - up),
        ag.silu: (max(x, 0.0), up),
        ag.gelu: (max(x, 0.0), up),
    }
    for function, (value, gradient) in expected.items():
        v = Value(x)
        out = function(v)
        out.backward()
        assert (out.data, v.grad) == (value, gradient), function


def test_softmax_and_logsumexp_hold_far_out() -> None:
    xs = [Value(x) for x in (1000.0, -1000.0, 999.0)]
    chances = ag.softmax(xs)
    assert [p.data for p in chances] == pytest.approx([0.7310585786300049, 0.0, 0.2689414213699951], rel=1e-14)
    total = ag.logsumexp(xs)
    assert total.data == 1000.313261687518223
    total.backward()
    assert [v.grad for v in xs] == pytest.approx([0.7310585786300049, 0.0, 0.2689414213699951], rel=1e-12)
