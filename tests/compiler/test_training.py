"""Training in the arrays: parameters side by side, in another order, and scattered."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autograd import Value, compile, dot, optim, tanh
from autograd import sum as total

Make = Callable[[list[Value]], optim.Optimizer]
RULES: list[Make] = [
    lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9),
    lambda ps: optim.Adam(ps, lr=0.1),
]


def problem(seed: int) -> tuple[list[Value], Value]:
    """Twelve weights; some are only in a sum of squares, so that their places lie apart."""
    rng = np.random.default_rng(seed)
    weights = [Value(x) for x in rng.normal(size=12).tolist()]
    rows = [[Value(x, constant=True) for x in row] for row in rng.normal(size=(30, 4)).tolist()]
    neurons = [tanh(dot(weights[k : k + 3], row[:3], weights[k + 3])) for row in rows for k in (0, 4)]
    return weights, total([n * n for n in neurons]) + total([w**2 * 0.1 for w in weights])


@pytest.mark.parametrize("make", RULES)
@pytest.mark.parametrize("order", ["as they are", "backwards", "some", "shuffled"])
def test_a_run_is_a_loop_of_passes_and_steps(make: Make, order: str) -> None:
    chosen = {"as they are": range(12), "backwards": range(11, -1, -1), "some": (9, 2, 5), "shuffled": (3, 0, 2, 1)}
    reached = []
    for at_once in (True, False):
        weights, loss = problem(5)
        trained = [weights[i] for i in chosen[order]]
        optimiser = make(trained)
        program = compile(loss)
        if at_once:
            losses = np.concatenate([program.run(optimiser, 3), program.run(optimiser, 4)]).tolist()
        else:
            losses = []
            for _ in range(7):
                for w in weights:
                    w.grad = None
                losses.append(program.forward())
                program.backward()
                optimiser.step()
        reached.append((losses, [w.data for w in weights], optimiser.state_dict()))
    np.testing.assert_allclose(reached[0][0], reached[1][0], rtol=1e-12)
    np.testing.assert_allclose(reached[0][1], reached[1][1], rtol=1e-12)
    for name, row in reached[0][2].items():
        if isinstance(row, np.ndarray):
            np.testing.assert_allclose(row, reached[1][2][name], rtol=1e-10, atol=1e-15)


def test_after_an_error_the_optimiser_s_state_is_in_its_own_order() -> None:
    weights, loss = problem(6)
    optimiser = optim.Adam(weights[::-1], lr=0.1)
    program = compile(loss * Value(1.0, "scale") ** -1.0)
    program.run(optimiser, 2)
    before = {name: row for name, row in optimiser.state_dict().items() if isinstance(row, np.ndarray)}
    (scale,) = [node for node in program._leaves.place if node.label == "scale"]
    scale.data = 0.0
    with pytest.raises(ZeroDivisionError):
        program.run(optimiser, 1)
    after = optimiser.state_dict()
    for name, row in before.items():
        assert row.tolist() == after[name].tolist()
