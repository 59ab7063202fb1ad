"""Programs as pure functions over an array namespace, here NumPy's: by hand, replayed, and what is refused."""

from __future__ import annotations

import functools
import math
import operator
import random
import re
import warnings
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile, losses, nn, primitive
from autograd.errors import ArgumentError, GradientWarning, OperandError, ShapeError
from tests.helpers.programs import KINDS, Recorded
from tests.helpers.replaying import AS_IS, LOW, Replay, compare, forced, move, seeded, used

# --- by hand -------------------------------------------------------------------------------------------------------


def numbers(*shape: int) -> Any:
    """An array of constants."""
    drawn = np.random.default_rng(len(shape)).normal(size=shape)
    return np.array([Value(x, constant=True) for x in drawn.ravel().tolist()], dtype=object).reshape(shape)


def network(batch: int = 20) -> tuple[Value, Any, Any, Any]:
    """The mean squared error of a network, its parameters, samples and targets."""
    X, y = numbers(batch, 3), numbers(batch)
    net = nn.MLP(3, [8, 1], activation="tanh", seed=0)
    return losses.mse([net(list(row)) for row in X], list(y)), net.parameters(), X, y


def by_hand(theta: Any, X: Any, y: Any) -> tuple[Any, Any]:
    first, second = theta[:32].reshape(8, 4), theta[32:].reshape(1, 9)
    H = np.tanh(X @ first[:, :3].T + first[:, 3])
    error = H @ second[0, :8] + second[0, 8] - y
    d = 2 * error / len(y)
    D = d[:, None] * second[0, :8] * (1 - H**2)
    parts = [np.column_stack([D.T @ X, D.sum(0)]).ravel(), d @ H, [d.sum()]]
    return (error**2).mean(), np.concatenate(parts)


def test_a_network_over_other_data_is_the_formula_by_hand() -> None:
    loss, parameters, X, y = network()
    pure = compile(loss).to(np, inputs=[X, y])
    assert all(p is q for p, q in zip(pure.parameters, parameters, strict=True))
    assert [block.shape for block in pure.inputs] == [(20, 3), (20,)]
    rng = np.random.default_rng(5)
    theta, data, targets = rng.normal(size=41), rng.normal(size=(20, 3)), rng.normal(size=20)
    value, gradient = pure.value_and_grad(theta, data, targets)
    expected, slopes = by_hand(theta, data, targets)
    assert abs(value - expected) <= 1e-14
    assert np.allclose(gradient, slopes, rtol=1e-12, atol=1e-14)
    assert pure.value(theta, data, targets) == value


def test_the_batch_stays_an_axis_and_nothing_is_gathered() -> None:
    loss, _, X, y = network()
    source = compile(loss).to(np, inputs=[X, y]).source
    for absent in ("I0", "scattered", "out=", "zeros"):
        assert absent not in source
    assert "input1.T" in source
    assert "reshape((160,))" not in source  # the hidden layer keeps its two axes
    assert "# layer 1: " in source


def test_what_is_no_argument_keeps_the_number_it_has() -> None:
    loss, _, X, y = network()
    pure = compile(loss).to(np)
    before = pure.value(pure.theta())
    X[0, 0].data += 1.0
    assert pure.value(pure.theta()) == before
    data, targets = (np.vectorize(lambda v: v.data)(block) for block in (X, y))
    assert abs(compile(loss).to(np).value(pure.theta()) - by_hand(pure.theta(), data, targets)[0]) < 1e-14


def test_numbers_set_in_the_program_are_those_that_it_keeps() -> None:
    loss, _, X, y = network()
    program = compile(loss)
    data = np.random.default_rng(9).normal(size=X.shape)
    program.set(X, data)
    pure = program.to(np, inputs=[y])
    targets = np.zeros(20)
    assert abs(pure.value(pure.theta(), targets) - by_hand(pure.theta(), data, targets)[0]) < 1e-14


def test_trained_theta_is_stored_in_the_parameters() -> None:
    loss, parameters, X, y = network()
    pure = compile(loss).to(np, inputs=[X, y])
    theta = np.arange(41.0)
    pure.store(theta)
    assert [p.data for p in parameters] == theta.tolist()
    assert pure.theta().tolist() == theta.tolist()


def test_leaves_that_can_be_trained_may_be_an_input() -> None:
    a, b = Value(2.0), Value(3.0)
    pure = compile(a * b + a).to(np, inputs=[[b]])
    value, gradient = pure.value_and_grad(np.array([5.0]), np.array([7.0]))
    assert (float(value), gradient.tolist()) == (40.0, [8.0])


def test_what_does_not_depend_on_the_arguments_is_computed_once() -> None:
    x, c = Value(2.0), Value(0.5, constant=True)
    pure = compile(x * ag.exp(c) + ag.erf(c)).to(np)
    value, gradient = pure.value_and_grad(np.array([3.0]))
    assert abs(value - (3.0 * math.exp(0.5) + math.erf(0.5))) < 1e-15
    assert gradient.tolist() == [math.exp(0.5)]


@pytest.mark.parametrize(
    ("make", "value", "gradient"),
    [
        (lambda a, b: a, 2.0, [1.0]),
        (lambda a, b: ag.sum([a, b, a]), 7.0, [2.0, 1.0]),
        (lambda a, b: ag.floor(a) + 0.0 * b, 2.0, [0.0, 0.0]),
        (lambda a, b: ag.exp(Value(0.0, constant=True)), 1.0, []),
        (lambda a, b: ag.dot([a, b], [a, b]), 13.0, [4.0, 6.0]),
    ],
)
def test_small_results(make: Any, value: float, gradient: list[float]) -> None:
    pure = compile(make(Value(2.0), Value(3.0))).to(np)
    got, slopes = pure.value_and_grad(pure.theta())
    assert (float(got), slopes.tolist()) == (value, gradient)


def test_a_gradient_is_an_array_of_its_own() -> None:
    weights, x = [Value(1.0) for _ in range(30)], numbers(30)
    pure = compile(ag.dot(weights, list(x))).to(np, inputs=[x])
    data = np.arange(30.0)
    _, gradient = pure.value_and_grad(pure.theta(), data)
    gradient[:] = -1.0
    assert data.tolist() == list(range(30))


def test_other_precisions_stay_what_they_are() -> None:
    loss, _, X, y = network()
    pure = compile(loss + 1e-3 * ag.sum([ag.maximum(v, 0.1) for v in loss.parents])).to(np, inputs=[X, y])
    arguments = [np.ones(41, np.float32), np.ones((20, 3), np.float32), np.ones(20, np.float32)]
    value, gradient = pure.value_and_grad(*arguments)
    assert value.dtype == gradient.dtype == np.float32


@pytest.mark.filterwarnings("ignore:invalid value")
def test_without_a_value_it_is_nan_and_no_error() -> None:
    x = Value(2.0)
    assert math.isnan(compile(ag.log(x)).to(np).value(np.array([-1.0])))


# --- refusals ------------------------------------------------------------------------------------------------------


def test_an_operation_without_array_form_is_named_and_can_be_given() -> None:
    x = Value(0.5)
    with pytest.raises(ArgumentError, match=r"^erf is computed number by number.*functions=\{'erf': \.\.\.\}"):
        compile(ag.erf(x)).to(np)
    pure = compile(ag.erf(x)).to(np, functions={"erf": np.vectorize(math.erf)})
    value, gradient = pure.value_and_grad(pure.theta())
    assert float(value) == math.erf(0.5)
    assert abs(gradient[0] - 2 / math.sqrt(math.pi) * math.exp(-0.25)) < 1e-15


def test_a_function_that_the_namespace_lacks_is_named() -> None:
    class Poor:
        asarray, exp = np.asarray, np.exp

    with pytest.raises(ArgumentError, match=r"^tanh needs the function tanh"):
        compile(ag.tanh(Value(0.5))).to(Poor)
    assert compile(ag.exp(Value(0.0))).to(Poor).value(np.zeros(1)) == 1.0


def test_a_users_operation_does_not_stand_for_a_function_of_its_name() -> None:
    @primitive(partials=lambda out, x: (3.0,))
    def square(x: float) -> float:
        return 3.0 * x

    root = square(Value(2.0))
    with pytest.raises(ArgumentError, match="square is computed number by number"):
        compile(root).to(np)
    assert compile(root).to(np, functions={"square": lambda x: 3.0 * x}).value(np.array([5.0])) == 15.0


def test_a_users_fold_begins_where_it_says() -> None:
    @primitive(
        partials=lambda out, *xs: (1.0,) * len(xs), array=lambda xp, *xs: functools.reduce(operator.add, xs, 5.0)
    )
    def and_five(*xs: float) -> float:
        return functools.reduce(operator.add, xs, 5.0)

    @primitive(partials=lambda out, *xs: (0.0,) * len(xs), array=lambda xp, *xs: functools.reduce(xp.maximum, xs, 0.0))
    def at_least_none(*xs: float) -> float:
        return max(0.0, *xs)

    for function, value in ((and_five, -35.0), (at_least_none, 0.0)):
        pure = compile(function(*[Value(-1.0) for _ in range(40)]) + 0.0).to(np)
        assert float(pure.value(pure.theta())) == value


def test_a_function_that_compares_is_refused() -> None:
    x = Value(2.0)
    with pytest.raises(ArgumentError, match=r"compares Values.*relu, maximum, minimum or clip"):
        compile(lambda: x * 2.0 if x > 0.0 else x).to(np)


def test_thousands_of_single_nodes_are_refused() -> None:
    x = Value(0.5)
    y = x
    for _ in range(5_001):
        y = ag.sin(y)
    with pytest.raises(ArgumentError, match=r"5,001 nodes of this graph are computed one by one.*5,000 at most"):
        compile(y).to(np)


def test_arguments_of_other_shapes_are_refused() -> None:
    loss, _, X, y = network()
    pure = compile(loss).to(np, inputs=[X, y])
    good = (np.zeros(41), np.zeros((20, 3)), np.zeros(20))
    for bad in ((good[0], good[1]), (good[0], good[1].T, good[2]), (*good, 1.0), ([0.0] * 41, *good[1:])):
        with pytest.raises(ShapeError, match=r"theta, input1, input2.* shapes \(41,\), \(20, 3\), \(20,\), got"):
            pure.value_and_grad(*bad)
    with pytest.raises(ShapeError, match=r"got list, \(20, 3\), \(20,\)$"):
        pure.value([0.0] * 41, *good[1:])
    with pytest.raises(ShapeError):
        pure.store(np.zeros(40))


def test_inputs_that_are_no_leaves_or_named_twice_are_refused() -> None:
    loss, _, X, _ = network()
    with pytest.raises(ArgumentError, match="no leaf of this program"):
        compile(loss).to(np, inputs=[[Value(1.0)]])
    with pytest.raises(ArgumentError, match="two of the inputs"):
        compile(loss).to(np, inputs=[X, X[0]])


def test_whole_numbers_are_refused_for_they_would_round_the_constants() -> None:
    x = Value(2.0, "x")
    pure = compile(x + 0.5).to(np)
    for theta in (np.array([2]), np.array([True])):
        for function in (pure.value, pure.value_and_grad):
            with pytest.raises(OperandError, match=r"theta is an array of floats, got (int64|bool); convert it"):
                function(theta)
    pure.store(np.array([7]))
    assert x.data == 7.0


@pytest.mark.parametrize(("arguments", "said"), [
    ({"xp": "numpy"}, "array namespace, a module such as numpy or jax.numpy; 'numpy' is none"),
    ({"xp": math}, "; math is none"),
    ({"xp": np, "inputs": Value(1.0)}, "list of blocks of leaves, as inputs=[X], got Value"),
    ({"xp": np, "inputs": "X"}, "list of blocks of leaves, as inputs=[X], got str"),
    ({"xp": np, "functions": [abs]}, "functions is a dict of functions"),
    ({"xp": np, "functions": {"erf": 3}}, "functions is a dict of functions"),
])  # fmt: skip
def test_wrong_arguments_are_told_with_the_way_out(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(said)):
        compile(Value(2.0) * 3.0).to(**arguments)


def test_the_names_in_the_source_are_those_of_the_description() -> None:
    x, y = ag.datasets.two_moons(20)
    net = nn.MLP(2, [4, 4, 1], seed=1)
    program = compile(ag.losses.mse(net(x), y))
    source = program.to(np).source
    for k, (inputs, activated) in enumerate([("C0", True), ("A1", True), ("A2", False)], 1):
        forward, value = source.index(f"# layer {k}: Z{k} = W{k} "), re.search(rf" Z{k} = W{k}_\d+ @ (\w+)", source)
        assert value is not None
        assert value.start() > forward
        assert value[1].startswith("c_" if k == 1 else inputs)
        assert (f" A{k} = xp.maximum(Z{k}, " in source) == activated
        assert re.search(rf" dW{k}_\d+ = ", source)
    assert source.startswith("# xp is the array namespace; theta holds ")


# ---- Programs of many kinds as pure functions over NumPy: the numbers of a replay of the scalar graph

SEEDS = range(3)


@pytest.fixture(autouse=True)
def _numbers_may_overflow() -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", GradientWarning)
        yield


def check(g: Recorded, chance: random.Random) -> bool:
    """Value and gradient, with the constants as an input, at two sets of numbers. False: a row has no array form."""
    g = used(g)
    inputs = [g.constants] if g.constants else []
    try:
        pure = compile(g.root).to(np, inputs=inputs)
    except ArgumentError as error:
        if "number by number" not in str(error) and "cannot be read" not in str(error):
            raise
        return False
    replay = Replay(g)
    for round_ in range(2):
        if round_ and not move(g, chance, replay):
            break
        theta, arguments = pure.theta(), [np.array([v.data for v in block]) for block in inputs]
        kept = [a.copy() for a in (theta, *arguments)]
        value, gradient = pure.value_and_grad(theta, *arguments)
        at = {p: k for k, p in enumerate(pure.parameters)}
        assert set(at) >= set(g.leaves)
        assert gradient.shape == theta.shape
        compare(replay, float(value), [float(gradient[at[v]]) for v in g.leaves], 1, f"round {round_}")
        assert repr(float(pure.value(theta, *arguments))) == repr(float(value))
        for a, b in zip(kept, (theta, *arguments), strict=True):
            assert np.array_equal(a, b, equal_nan=True)
            assert not np.shares_memory(gradient, b)
    return True


@pytest.mark.parametrize("narrow", [LOW, AS_IS], ids=["wide", "as it is"])
@pytest.mark.parametrize("name", KINDS)
def test_over_numpy_it_is_the_scalar_graph(name: str, narrow: int | None) -> None:
    for seed in SEEDS:
        g = KINDS[name](seeded(name, seed))
        try:
            with forced(narrow):
                check(g, random.Random(seed))
        except BaseException as error:
            error.add_note(f"{name}, seed {seed}, narrow {narrow}")
            raise


def test_most_kinds_of_programs_have_an_array_form() -> None:
    expressed = [check(KINDS[name](seeded(name, 0)), random.Random(0)) for name in KINDS]
    assert sum(expressed) >= 0.85 * len(KINDS)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, -2.0])
def test_plain_numbers_in_dots_may_be_anything(number: float) -> None:
    """A number that all biases, or all inputs, share stands in the source as it is."""
    rows, columns = (
        [[Value(0.5) for _ in range(4)] for _ in range(3)],
        [[Value(1.0) for _ in range(4)] for _ in "abcde"],
    )
    lone = [[Value(0.5 + k), Value(k - 2.0)] for k in range(20)]
    several = [
        [ag.dot(row, column, number) for row in rows for column in columns],
        [ag.dot(pair, [number, number]) for pair in lone],
        [ag.dot([x for row in rows for x in row] + lone[0] + lone[1], [number] * 16, number), lone[0][0]],
    ]
    for dots in several:
        root = ag.sum(dots)
        pure = compile(root).to(np)
        np.testing.assert_allclose(pure.value(pure.theta()), root.data, rtol=1e-12)
