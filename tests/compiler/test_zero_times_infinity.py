"""0 times inf or nan is nan, in matrix products of every shape: some of BLAS leaves out what is multiplied by 0."""

from __future__ import annotations

import itertools
import math
import random
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from autograd import Value, compile, dot, losses, optim, relu
from autograd.functions.elementary import sum as total

SHAPES = [(m, k, n) for m, k, n in itertools.product((1, 2, 5, 16, 17), repeat=3) if 16 <= m * k * n <= 400]


class Grid(NamedTuple):
    """upstream * (weights @ inputs + bias), added up."""

    weights: list[list[Value]]
    inputs: list[list[Value]]
    upstream: list[list[Value]]
    bias: list[Value]

    def leaves(self) -> list[Value]:
        return [x for block in (self.weights, self.inputs, self.upstream) for row in block for x in row] + self.bias

    def record(self) -> Value:
        terms = []
        for r, c in itertools.product(range(len(self.weights)), range(len(self.upstream[0]))):
            column = [row[c] for row in self.inputs]
            terms.append(self.upstream[r][c] * dot(self.weights[r], column, *self.bias[r : r + 1]))
        return total(terms)


def grid(shape: tuple[int, int, int], rng: random.Random, biased: bool) -> Grid:
    """Leaves of small whole numbers."""
    m, k, n = shape
    blocks = [
        [[Value(float(rng.randrange(-2, 3))) for _ in range(b)] for _ in range(a)] for a, b in ((m, k), (k, n), (m, n))
    ]
    return Grid(*blocks, [Value(float(rng.randrange(3))) for _ in range(m if biased else 0)])


def spoil(block: list[list[Value]], other: list[list[Value]], x: float, rng: random.Random) -> None:
    """Zeros in one block, and one number that is not finite in the other."""
    for row in block:
        for v in row:
            v.data = 0.0
    rng.choice(rng.choice(other)).data = x


def spoiled(shape: tuple[int, int, int], x: float, seed: int) -> list[Grid]:
    """The product with 0 and `x` in each pair of the matrices that some pass multiplies."""
    found = []
    for a, b in itertools.permutations(("weights", "inputs", "upstream"), 2):
        g = grid(shape, random.Random(seed), biased=seed % 2 == 0)
        spoil(getattr(g, a), getattr(g, b), x, random.Random(seed))
        found.append(g)
    return found


def eager(g: Grid) -> tuple[Value, float, list[float]]:
    """The root, its number, and the gradients of the leaves."""
    root = g.record()
    root.backward()
    gradients = [leaf.grad for leaf in g.leaves()]
    for leaf in g.leaves():
        leaf.zero_grad()
    return root, root.data, gradients


@pytest.mark.parametrize("x", [math.inf, math.nan])
@pytest.mark.parametrize("shape", SHAPES)
def test_forward_and_backward(shape: tuple[int, int, int], x: float) -> None:
    for g in spoiled(shape, x, sum(shape)):
        root, value, gradients = eager(g)
        program = compile(root)
        np.testing.assert_array_equal(program.forward(), value)
        program.backward()
        np.testing.assert_array_equal([leaf.grad for leaf in g.leaves()], gradients)


@pytest.mark.parametrize("x", [math.inf, math.nan])
@pytest.mark.parametrize("shape", SHAPES)
def test_as_a_pure_function(shape: tuple[int, int, int], x: float) -> None:
    for g in spoiled(shape, x, sum(shape)):
        root, value, gradients = eager(g)
        pure = compile(root).to(np)
        with np.errstate(invalid="ignore"):
            found, slopes = pure.value_and_grad(pure.theta())
        np.testing.assert_array_equal(found, value)
        of = dict(zip(pure.parameters, slopes.tolist(), strict=True))
        np.testing.assert_array_equal([of[leaf] for leaf in g.leaves()], gradients)


@pytest.mark.parametrize("x", [math.inf, math.nan])
@pytest.mark.parametrize("outputs", [1, 2, 16])
@pytest.mark.parametrize("inputs", [1, 2, 16])
@pytest.mark.parametrize("count", [1, 2, 16, 17])
def test_a_batch_that_is_trained(count: int, inputs: int, outputs: int, x: float) -> None:
    """One step of a layer whose weights are 0, for samples of which one is not finite."""
    weights = [[Value(0.0) for _ in range(inputs)] for _ in range(outputs)]
    sample = [Value(0.0) for _ in range(inputs)]
    rows = np.ones((count, inputs))
    rows[-1, -1] = x

    def mean_of(samples: list[list[Value]]) -> Value:
        return total([losses.mse([dot(row, s) for row in weights], [1.0] * outputs) for s in samples]) / len(samples)

    batch = compile(mean_of([sample])).vectorize(sample)
    batch.set(sample, rows)
    parameters = [w for row in weights for w in row]
    mean_of([[Value(v) for v in row] for row in rows.tolist()]).backward()
    expected = [w.grad for w in parameters]
    assert any(map(math.isnan, expected))
    loss = batch.run(optim.SGD(parameters, lr=0.5), 1)
    assert np.isnan(loss).all()
    np.testing.assert_array_equal([w.grad for w in parameters], expected)


@pytest.mark.parametrize("terms", [2, 3, 8, 33])
def test_products_of_several_terms_are_right_in_numpy_itself(terms: int) -> None:
    """What the program relies on where it calls np.dot: views of all kinds, and old numbers in the result's place."""
    for m, n in itertools.product((1, 2, 5, 17), repeat=2):
        for left, right in itertools.product(_layouts(np.zeros((m, terms))), _layouts(np.zeros((terms, n)))):
            left[-1, 0] = math.nan
            out = np.full((m, n), math.nan)
            expected = np.zeros((m, n), dtype=bool)
            expected[-1] = True
            np.testing.assert_array_equal(np.isnan(np.dot(left, right, out=out)), expected)


def _layouts(zeros: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Zeros of this shape as arrays and views of many kinds."""
    rows, columns = zeros.shape
    return [
        zeros.copy(),
        np.zeros((columns, rows)).T,
        np.zeros((rows, columns + 3))[:, :columns],
        np.zeros((2 * rows, columns))[::2],
        np.zeros((columns, rows + 3)).T[:rows],
    ]


@pytest.mark.parametrize("infinite", [math.inf, math.nan])
@pytest.mark.parametrize("count", [1, 30])
def test_what_no_gradient_reaches_sends_none(count: int, infinite: float) -> None:
    """Products computed at once, of which some are on the way back and some are cut off."""
    leaves = [[Value(1.0 + i, name) for i in range(count)] for name in "abc"]

    def recorded() -> Value:
        return total([term for a, b, c in zip(*leaves, strict=True) for term in (relu(a * b), (a * c).detach())])

    program = compile(recorded)
    for a in leaves[0]:
        a.data = infinite
    program.forward()
    program.backward()
    found = [v.grad for block in leaves for v in block]
    for v in [v for block in leaves for v in block]:
        v.zero_grad()
    recorded().backward()
    np.testing.assert_array_equal(found, [v.grad for block in leaves for v in block])
    assert [c.grad for c in leaves[2]] == [0.0] * count
    losses_seen = program.run(optim.SGD([*leaves[1], *leaves[2]], lr=0.0), 2)
    assert not np.isfinite(losses_seen).any()
    assert [c.grad for c in leaves[2]] == [0.0] * count
