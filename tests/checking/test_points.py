"""Small parts of a check: how points are read and named, points nearby, common wrong rules, constants in words."""

from __future__ import annotations

import math

import numpy as np

from autograd import ops
from autograd.checking.guessing import fraction
from autograd.checking.points import argument_names, near, points_of, structured_points, variable_names
from autograd.checking.slips import constant_text, usual_mistakes


def test_points_are_read_in_the_order_of_the_arguments() -> None:
    at = [(1.0, 2.0), {"y": 4.0, "x": 3.0}]
    assert points_of(lambda x, y: x * y, at) == [{"x": 1.0, "y": 2.0}, {"x": 3.0, "y": 4.0}]
    assert [point.numbers for point in structured_points(lambda x, y: x * y, at)] == [(1.0, 2.0), (3.0, 4.0)]


def test_arguments_keep_their_names_if_there_are_enough() -> None:
    assert argument_names(lambda x, *rest, y=1.0: x) == ["x", "y"]
    assert variable_names(["a", "b"], 1) == ["a"]
    assert variable_names([], 1) == ["x"]
    assert variable_names(["a"], 2) == ["x1", "x2"]


def test_points_nearby_are_always_the_same_and_keep_the_sign() -> None:
    (point,) = structured_points(abs, 2.0)
    assert [f"{p.numbers[0]:.3f}" for p in near(point, 3)] == ["1.683", "1.967", "2.250"]
    (point,) = structured_points(lambda x, y: x, (-1e-3, 5.0))
    assert all(p.numbers[0] < 0.0 < p.numbers[1] for p in near(point, 50))


def test_the_function_itself_is_the_first_mistake_with_a_power() -> None:
    x = np.array([2.0])
    mistakes = [(mistake.text, mistake.partial.item()) for mistake in usual_mistakes(ops.power(3.0), 0, [x], x**3)]
    assert mistakes[:3] == [("{o}", 8.0), ("3{u}^3", 24.0), ("4{u}^2", 16.0)]


def test_constants_have_names() -> None:
    assert [constant_text(x) for x in (1.5, math.pi, -1.0 / math.pi, 0.1234)] == ["3/2", "pi", "-1/(pi)", "0.1234"]


def test_sums_stand_in_brackets_in_a_derivative() -> None:
    assert fraction("L", "yhat") == "dL/dyhat"
    assert fraction("yhat - y", "a") == "d(yhat - y)/da"
