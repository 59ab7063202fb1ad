"""Claims 4.7 and 4.14: the document's gradient check, where it goes wrong, and a better one."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ..checking.check import check_derivative
from ..functions.elementary import relu, sigmoid
from .claims import Figure, holds

__all__ = ["claim_7", "verdicts_at_a_kink"]


def sigmoid_chain(depth: int) -> tuple[Callable[..., Any], Callable[..., tuple[float, ...]]]:
    """A network of one neuron a layer, a = sigmoid(w_l a), as a function of its weights, and its gradient by hand."""

    def f(*weights: Any) -> Any:
        a: Any = 0.7
        for w in weights:
            a = sigmoid(w * a)
        return a

    def gradient(*weights: float) -> tuple[float, ...]:
        activations = [0.7]
        for w in weights:
            activations.append(sigmoid(w * activations[-1]))
        delta, backward = 1.0, []
        for w, below, a in zip(weights[::-1], activations[-2::-1], activations[:0:-1], strict=True):
            delta *= a * (1 - a)
            backward.append(delta * below)
            delta *= w
        return tuple(backward[::-1])

    return f, gradient


def weights_of(depth: int, seed: int) -> tuple[float, ...]:
    """Random weights, the same at every run."""
    chance = random.Random(seed)
    return tuple(chance.uniform(-1, 1) for _ in range(depth))


def one_variable(depth: int) -> tuple[Callable[[Any], Any], Callable[[float], float]]:
    """The same chain with all weights 1, as a function of its input."""

    def f(x: Any) -> Any:
        for _ in range(depth):
            x = sigmoid(x)
        return x

    def slope(x: float) -> float:
        product = 1.0
        for _ in range(depth):
            a = sigmoid(x)
            product, x = product * a * (1 - a), a
        return product

    return f, slope


def verdicts(depth: int, method: str) -> list[str]:
    """What a check says of the right slope of a chain, at ten inputs."""
    f, slope = one_variable(depth)
    points = [k / 4 - 1.1 for k in range(10)]
    return [check_derivative(f, slope, at=x, method=method, diagnosed=False).verdict for x in points]


def wrong_sign_passes(method: str) -> int:
    """Of twenty networks of 12 layers, how many pass with the wrong sign in the first layer's gradient."""
    f, gradient = sigmoid_chain(12)

    def planted(*weights: float) -> tuple[float, ...]:
        first, *rest = gradient(*weights)
        return (-first, *rest)

    points = [weights_of(12, seed) for seed in range(20)]
    return sum(check_derivative(f, planted, at=p, method=method, diagnosed=False).verdict == "pass" for p in points)


def claim_7() -> list[Figure]:
    """The check as the document states it, on right and wrong derivatives; then the better one."""
    plain = check_derivative(lambda x: x**3, lambda x: 3 * x**2, at=2.0, method="central")
    deep, ours = verdicts(8, "central"), verdicts(8, "intervals")
    missed, caught = wrong_sign_passes("central"), 20 - wrong_sign_passes("intervals")
    zero = check_derivative(lambda x: 0.0 * x, lambda x: 0.0, at=1.0, method="central", diagnosed=False)
    return [
        holds("x^3 at 2", "difference < 1e-7: passed", plain.verdict, plain.verdict == "pass"),
        holds("right, 8 sigmoids deep", "difference < 1e-7: passed", f"{deep.count('fail')} of 10 called wrong",
              "fail" not in deep, should_agree=False,
              note="At a step of 1e-7 rounding alone is about 1e-9 |f|, and the slope of eight sigmoids is about "
              "1e-5 |f|: the formula cries wrong at right derivatives."),
        holds("the better check there", None, f"{ours.count('pass')} of 10 pass", set(ours) == {"pass"}),
        holds("wrong sign, layer 1 of 12", "Gradient check failed", f"{missed} of 20 pass", missed == 0,
              should_agree=False,
              note="The norm is that of the last layers; the first layer's gradient is too small to be seen in it."),
        holds("the better check of it", None, f"{caught} of 20 fail", caught == 20,
              note="It judges every partial derivative by its own size."),
        holds("a zero gradient", "passed", f"{zero.verdict}: 0/0", zero.verdict == "pass", should_agree=False,
              note="Both norms are 0. The document's formula has no value there; its layer_dims, compute_cost and "
              "both vector helpers are not defined in it either."),
    ]  # fmt: skip


def verdicts_at_a_kink() -> list[Figure]:
    """What the check says at 0 of relu(x) - relu(-x), where two kinks cancel: its values have slope 1."""

    def f(x: Any) -> Any:
        return relu(x) - relu(-x)

    one = check_derivative(f, lambda x: 1.0, at=0.0, diagnosed=False)
    zero = check_derivative(f, lambda x: 0.0, at=0.0, diagnosed=False)
    return [
        holds("the check, slope 1", None, one.verdict, one.verdict == "pass",
              note=f"{one.entries[0].note.capitalize()}."),
        holds("the check, slope 0", None, zero.verdict, zero.verdict == "fail",
              note="Measured from the function's values, the slope is 1."),
    ]  # fmt: skip
