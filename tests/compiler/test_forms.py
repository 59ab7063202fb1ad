"""Sums of products as dots: each way of writing a neuron comes to the same product, and nothing else is touched."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
from autograd import Value
from autograd.compiler.groups import ProductGroup as Product
from autograd.compiler.groups import grouped, rewrite_sums
from autograd.compiler.tape import DEAD, Tape
from tests.helpers.programs.neurons import DOTS, FORMS

ROWS, TERMS, COLUMNS = 3, 4, 5
Neuron = Callable[[list[Any], list[Any], Any], Any]
Terms = frozenset[frozenset[str]]  # of a dot: a pair of labels for each product

OTHERS = ("no bias", "less the opposite", "added to a zero")
WITH_BIAS = {name: form for name, form in FORMS.items() if name not in OTHERS}
WAYS: dict[str, Neuron] = {
    **{f"w*x: {name}": lambda w, x, b, f=form: f(pairs(w, x), b) for name, form in WITH_BIAS.items()},
    **{f"x*w: {name}": lambda w, x, b, f=form: f(pairs(x, w), b) for name, form in WITH_BIAS.items()},
    **{name: DOTS[name] for name in ("dot with b", "dot + b", "b + dot")},
}


def pairs(a: list[Any], b: list[Any]) -> list[Any]:
    return [u * v for u, v in zip(a, b, strict=True)]


def leaves(letter: str, count: int, constant: bool = False) -> list[Value]:
    return [Value(0.5 + k, f"{letter}{k}", constant=constant) for k in range(count)]


def layer(write: Neuron) -> list[Value]:
    """The weighted sums of a layer, all weights with all inputs."""
    w = [leaves(f"w{r}", TERMS) for r in range(ROWS)]
    x = [leaves(f"x{c}", TERMS, constant=True) for c in range(COLUMNS)]
    b = leaves("b", ROWS)
    return [write(w[r], x[c], b[r]) for c in range(COLUMNS) for r in range(ROWS)]


def rewritten(*outputs: Value) -> Tape:
    tape = Tape([z.tanh() for z in outputs])
    rewrite_sums(tape)
    return tape


def ops_of(tape: Tape) -> dict[str, int]:
    """How many nodes there are of each row; leaves left out."""
    codes = [code for i, code in enumerate(tape.code.tolist()) if code != DEAD and tape.operands(i)]
    return dict(collections.Counter(tape.ops[code].name for code in codes))


def label(tape: Tape, node: int) -> str:
    return tape.nodes[node].label


def products_of(tape: Tape) -> list[Product]:
    return [group for level in grouped(tape) for group in level if isinstance(group, Product)]


def contents(tape: Tape, product: Product) -> dict[tuple[Terms, str], str]:
    """Which node of the tape holds which dot: by its products and its bias."""
    found = {}
    for r, row in enumerate(product.nodes.tolist()):
        for c, node in enumerate(row):
            factors = zip(product.weights[r].tolist(), product.inputs[:, c].tolist(), strict=True)
            terms = frozenset(frozenset((label(tape, w), label(tape, x))) for w, x in factors)
            bias = label(tape, int(product.bias[r])) if len(product.bias) else ""
            found[terms, bias] = label(tape, node)
    return found


def expected(bias: bool = True) -> dict[tuple[Terms, str], str]:
    return {
        (frozenset(frozenset((f"w{r}{k}", f"x{c}{k}")) for k in range(TERMS)), f"b{r}" * bias): f"z{r}{c}"
        for r in range(ROWS)
        for c in range(COLUMNS)
    }


def named(outputs: list[Value]) -> list[Value]:
    for i, z in enumerate(outputs):
        z.label = f"z{i % ROWS}{i // ROWS}"
    return outputs


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_writing_a_neuron_is_the_same_product(way: str) -> None:
    tape = rewritten(*named(layer(WAYS[way])))
    (product,) = products_of(tape)
    assert contents(tape, product) == expected()
    assert ops_of(tape) == {"dot": ROWS * COLUMNS, "tanh": ROWS * COLUMNS}
    assert {label(tape, i)[0] for i in product.weights.ravel().tolist()} == {"w"}


def test_without_a_bias() -> None:
    tape = rewritten(*named(layer(lambda w, x, b: sum(pairs(w, x)))))
    (product,) = products_of(tape)
    assert contents(tape, product) == expected(bias=False)


def test_the_weights_are_the_factors_nearer_to_the_leaves() -> None:
    w = [leaves(f"w{r}", TERMS) for r in range(ROWS)]
    for depth in (1, 3):
        rows = []
        for c in range(COLUMNS):
            x: list[Any] = list(leaves(f"x{c}", TERMS))
            for _ in range(depth):
                x = [v.tanh() for v in x]
            rows.append(x)
        tape = rewritten(*[sum(pairs(x, row)) for x in rows for row in w])
        (product,) = products_of(tape)
        assert {label(tape, i)[0] for i in product.weights.ravel().tolist()} == {"w"}


def test_a_product_that_is_used_twice_stays() -> None:
    def neuron(w: list[Any], x: list[Any], b: Any) -> Any:
        first, *others = pairs(w, x)
        return (sum(others) + first + b) * first.tanh()

    counts = ops_of(rewritten(*layer(neuron)))
    n = ROWS * COLUMNS
    # The product that is used twice and the one that the neuron ends with; the dot holds the others and the bias.
    assert counts == {"dot": n, "*": 2 * n, "+": n, "tanh": 2 * n}


def test_a_sum_that_is_used_twice_is_not_taken_apart() -> None:
    outputs = []
    for z in layer(lambda w, x, b: sum(pairs(w, x)) + b):
        outputs += [z + 1.0, z + 2.0]
    n = ROWS * COLUMNS
    assert ops_of(rewritten(*outputs)) == {"dot": n, "+": 2 * n, "tanh": 2 * n}


def test_a_root_counts_as_used() -> None:
    x = leaves("x", 10)
    total = sum(x[1:], x[0])
    tape = Tape([total * 2.0, total])
    rewrite_sums(tape)
    assert ops_of(tape) == {"sum": 1, "*": 1}
    assert tape.code[tape.roots[1]] != DEAD


def test_a_difference_is_no_sum() -> None:
    def neuron(w: list[Any], x: list[Any], b: Any) -> Any:
        z = b
        for p in pairs(w, x):
            z = z - p
        return z

    n = ROWS * COLUMNS
    assert ops_of(rewritten(*layer(neuron))) == {"-": n * TERMS, "*": n * TERMS, "tanh": n}


def test_one_neuron_by_itself_is_too_little() -> None:
    w, x = leaves("w", 3), leaves("x", 3, constant=True)
    z = sum(pairs(w, x), Value(1.0, "b"))
    assert ops_of(rewritten(z)) == {"+": 3, "*": 3, "tanh": 1}


def test_the_bias_is_a_leaf_of_the_sum_never_something_computed() -> None:
    computed = Value(0.5, "c").exp()
    tape = rewritten(*layer(lambda w, x, b: sum(pairs(w, x)) + computed))
    (product,) = products_of(tape)
    assert not len(product.bias)
    tape = rewritten(*layer(lambda w, x, b: computed + (b + sum(pairs(w, x)))))
    (product,) = products_of(tape)
    assert {label(tape, i) for i in product.bias.tolist()} == {"b0", "b1", "b2"}
    assert ops_of(tape)["+"] == ROWS * COLUMNS


@pytest.mark.parametrize("constant", [False, True])
def test_of_two_leaves_one_is_the_bias_and_the_other_is_added(constant: bool) -> None:
    extra = Value(3.0, "e", constant=constant)
    tape = rewritten(*layer(lambda w, x, b: sum(pairs(w, x), extra) + b))
    (product,) = products_of(tape)
    assert {label(tape, i) for i in product.bias.tolist()} <= {"b0", "b1", "b2", "e"}
    assert ops_of(tape) == {"dot": ROWS * COLUMNS, "+": ROWS * COLUMNS, "tanh": ROWS * COLUMNS}


@pytest.mark.parametrize("zero", [0, 0.0])
def test_a_zero_that_python_adds_is_left_out(zero: float) -> None:
    tape = rewritten(*layer(lambda w, x, b: zero + sum(pairs(w, x)) + b))
    assert ops_of(tape) == {"dot": ROWS * COLUMNS, "tanh": ROWS * COLUMNS}
    (product,) = products_of(tape)
    assert {label(tape, i) for i in product.bias.tolist()} == {"b0", "b1", "b2"}


def test_a_number_may_be_the_bias() -> None:
    tape = rewritten(*layer(lambda w, x, b: sum(pairs(w, x)) + 2.5))
    (product,) = products_of(tape)
    assert {tape.nodes[i].data for i in product.bias.tolist()} == {2.5}


def assert_two_dots(tape: Tape) -> None:
    """Each neuron is two dots and one node that adds them, wherever the bias is; all dots make up two products."""
    counts, n = ops_of(tape), ROWS * COLUMNS
    assert (counts["dot"], counts.get("+", 0) + counts.get("sum", 0)) == (2 * n, n)
    assert "*" not in counts
    assert [product.nodes.shape for product in products_of(tape)] == [(ROWS, COLUMNS)] * 2


def test_two_kinds_of_products_in_one_sum_are_two_dots() -> None:
    w, v, b = ([leaves(f"{letter}{r}", TERMS) for r in range(ROWS)] for letter in "wvb")
    outputs = []
    for c in range(COLUMNS):
        x = leaves(f"x{c}", TERMS, constant=True)
        h = [u.tanh() for u in x]
        outputs += [sum(pairs(w[r], x)) + sum(pairs(v[r], h)) + b[r][0] for r in range(ROWS)]
    assert_two_dots(rewritten(*outputs))


def test_a_recorded_dot_and_products_in_one_sum() -> None:
    assert_two_dots(rewritten(*layer(lambda w, x, b: ag.dot(w[:2], x[:2]) + sum(pairs(w[2:], x[2:])) + b)))


@pytest.mark.parametrize(("count", "found"), [(7, {"+": 6}), (8, {"sum": 1})])
def test_a_long_sum_is_one_node(count: int, found: dict[str, int]) -> None:
    x = [v.exp() for v in leaves("x", count)]
    assert ops_of(rewritten(sum(x[1:], x[0]))) == {"exp": count, "tanh": 1, **found}


def test_a_term_that_is_added_twice_stays_twice() -> None:
    x = leaves("x", 5)
    tape = Tape([sum([*x, *x][1:], x[0])])
    rewrite_sums(tape)
    assert [label(tape, i) for i in tape.operands(tape.roots[0])] == [f"x{k}" for k in (0, 0, 1, 1, 2, 2, 3, 3, 4, 4)]


def test_no_sums_nothing_to_do() -> None:
    tape = rewritten(Value(1.0) * Value(2.0))
    assert ops_of(tape) == {"*": 1, "tanh": 1}


def test_a_number_written_as_a_dot_of_nothing_but_zeros_stays_a_sum() -> None:
    x = Value(1.0, "x")
    for root in (0 + x, sum([0.0] * 9, x * 0) + 0):
        tape = Tape([root])
        rewrite_sums(tape)
        assert tape.code[tape.roots[0]] != DEAD
        assert ag.compile(root).forward() == root.data
