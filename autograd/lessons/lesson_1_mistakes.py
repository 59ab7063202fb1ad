"""Claim 1.11: mistakes planted on purpose, and what catches each."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checking.check import check_derivative
from ..errors import ShapeError
from ..functions.arrays import array
from ..functions.elementary import sigmoid
from .claims import Figure, holds, shown
from .lesson_1_rates import rates

__all__ = ["claim_11"]

X = (0.5, -1.0)
V = (1.5, -0.4)


def square_net(w11: Any, w12: Any, w21: Any, w22: Any) -> Any:
    """J = v . sigmoid(W x) for a square W: its gradient is an outer product, delta x^T."""
    return V[0] * sigmoid(w11 * X[0] + w12 * X[1]) + V[1] * sigmoid(w21 * X[0] + w22 * X[1])


def deltas(w11: float, w12: float, w21: float, w22: float) -> tuple[float, float]:
    """dJ/dz for the two neurons."""
    a1, a2 = sigmoid(w11 * X[0] + w12 * X[1]), sigmoid(w21 * X[0] + w22 * X[1])
    return V[0] * a1 * (1 - a1), V[1] * a2 * (1 - a2)


def right_gradient(*w: float) -> tuple[float, ...]:
    """delta x^T, row by row."""
    d = deltas(*w)
    return d[0] * X[0], d[0] * X[1], d[1] * X[0], d[1] * X[1]


def forgotten_transpose(*w: float) -> tuple[float, ...]:
    """x delta^T: as large, and wrong."""
    d = deltas(*w)
    return d[0] * X[0], d[1] * X[0], d[0] * X[1], d[1] * X[1]


def wrong_place(z: float) -> float:
    """sigma'(a) in place of sigma'(z): the activation's derivative taken at its own output."""
    a = sigmoid(z)
    return sigmoid(a) * (1 - sigmoid(a))


def claim_11() -> list[Figure]:
    """A wrong derivative and a forgotten transpose fail the check; shapes that do not fit raise; three loss curves."""
    derivative = check_derivative(sigmoid, wrong_place, at=[0.5, 1.0, 3.0])
    at = [(0.4, 0.2, -0.3, 0.1), (1.0, -0.5, 0.7, 0.3)]
    transposed = check_derivative(square_net, forgotten_transpose, at=at)
    right = check_derivative(square_net, right_gradient, at=at)
    try:
        array(np.ones((2, 3))) @ array([1.0, 2.0])
        message = "no error"
    except ShapeError as error:
        message = str(error)
    return [
        holds("wrong derivative", None, derivative.verdict, derivative.verdict == "fail",
              note="sigma'(a) written for sigma'(z)."),
        *_slip("its slip", derivative),
        holds("right gradient", None, right.verdict, right.verdict == "pass"),
        holds("forgotten transpose", None, transposed.verdict, transposed.verdict == "fail",
              note="W is square here: x delta^T has the shape of delta x^T, no error is raised, and only the check "
              "finds it."),
        *_slip("its slip", transposed),
        holds("wrong shapes", None, message, "do not fit" in message),
        *rates(),
    ]  # fmt: skip


def _slip(name: str, report: Any) -> list[Figure]:
    return [shown(name, report.diagnosis.text.splitlines()[0])] if report.diagnosis is not None else []
