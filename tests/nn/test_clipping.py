"""Clipping, against PyTorch's stored numbers and closed forms."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Value
from autograd.errors import AnomalyError, ArgumentError, OperandError
from autograd.nn.optim import clip_grad_norm, clip_grad_value

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
