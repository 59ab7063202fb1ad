"""What is computed at once: dots made of sums of products, matrix products, rows of dots, reductions, nodes alike."""

from __future__ import annotations

import collections
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value
from autograd.compiler.groups import NARROW, WORK, Dot, Grid, Group, Lone, grids, grouped, rewrite_sums
from autograd.compiler.steps import Alike, Product, Reduction, Rows
from autograd.compiler.tape import DEAD, Tape
from tests.helpers.programs.neurons import DOTS, FORMS


def leaves(count: int) -> list[Value]:
    return [Value(0.5 + k / 100) for k in range(count)]


def groups(*roots: Value) -> list[Group]:
    return [group for level in grouped(Tape(roots)) for group in level]


def kinds(*roots: Value) -> list[type[Any]]:
    return [type(group) for group in groups(*roots)]


@pytest.mark.parametrize(("count", "kind"), [(NARROW, Alike), (NARROW - 1, Lone)])
def test_nodes_alike_are_computed_at_once_from_so_many_on(count: int, kind: type[Any]) -> None:
    made = [x.exp() for x in leaves(count)]
    (group,) = groups(*made)
    assert type(group) is kind
    assert len(group.out) == count


def test_a_few_beside_many_are_also_computed_at_once() -> None:
    xs = leaves(NARROW)
    found = groups(*[x.exp() for x in xs], *[x.tanh() for x in xs[: NARROW // 3]], *[x.sin() for x in xs[:3]])
    assert [(type(group), len(group.out)) for group in found] == [(Alike, NARROW), (Alike, NARROW // 3), (Lone, 3)]


def test_operands_of_nodes_alike_are_in_operand_order() -> None:
    xs, ys = leaves(NARROW), leaves(NARROW)
    tape = Tape([y - x for x, y in zip(xs, ys, strict=True)])
    ((group,),) = grouped(tape)
    assert isinstance(group, Alike)
    for i, a, b in zip(group.out, *group.operands, strict=True):
        assert (tape.nodes[a], tape.nodes[b]) == tape.nodes[i].parents


def test_dots_with_nothing_in_common_are_rows() -> None:
    dots = [ag.dot(leaves(3), leaves(3), Value(1.0)) for _ in range(10)]
    (group,) = groups(*dots)
    assert isinstance(group, Rows)
    assert group.bias is not None
    assert (group.weights.shape, group.inputs.shape, group.bias.shape) == ((3, 10), (3, 10), (10,))


def test_a_long_dot_is_a_product_and_a_short_one_is_single() -> None:
    assert kinds(ag.dot(leaves(WORK), leaves(WORK))) == [Product]
    assert kinds(ag.dot(leaves(WORK - 1), leaves(WORK - 1))) == [Lone]


def test_dots_with_and_without_a_bias_are_two_products() -> None:
    w, v, xs = [leaves(4) for _ in range(4)], [leaves(4) for _ in range(4)], [leaves(4) for _ in range(4)]
    b = leaves(4)
    found = groups(
        *[ag.dot(r, x, c) for x in xs for r, c in zip(w, b, strict=True)], *[ag.dot(r, x) for x in xs for r in v]
    )
    assert [type(group) for group in found] == [Product, Product]
    assert [getattr(group, "bias", None) is not None for group in found] == [True, False]


@pytest.mark.parametrize(("length", "count"), [(NARROW, 1), (4, NARROW // 4), (2, NARROW)])
def test_reductions_of_one_length_are_computed_at_once(length: int, count: int) -> None:
    xs = leaves(length * count)
    (group,) = groups(*[ag.maximum(*xs[length * i : length * (i + 1)], 0.5) for i in range(count)])
    assert isinstance(group, Reduction)
    assert group.operands.shape == (length + 1, count)


def test_nodes_one_by_one_wait_until_something_needs_them() -> None:
    """What hangs on a wide part here and there is one step, not one for each level."""
    wide, lone = leaves(NARROW), []
    for _ in range(5):
        lone.append(wide[0].sin())
        wide = [x.tanh() for x in wide]
    found = groups(ag.sum(wide), *lone)
    assert [type(group) for group in found] == [*[Alike] * 5, Reduction, Lone]
    assert len(found[-1].out) == 5


@pytest.mark.parametrize("seed", range(4))
def test_every_node_is_computed_once_behind_its_operands(seed: int) -> None:
    rng = random.Random(seed)
    nodes = leaves(20)
    for _ in range(400):
        a, b, *more = rng.choices(nodes[-120:], k=6)
        nodes.append(rng.choice([a + b, a * b, a.tanh(), a - 1.0, ag.sum([a, b, *more]), ag.dot([a, b], more[:2], b)]))
    tape = Tape([ag.sum(nodes)])
    done = {i for i, node in enumerate(tape.nodes) if not node.parents}
    for level in grouped(tape):
        made: set[int] = set()
        for group in level:
            for i in np.ravel(group.out).tolist():
                known = done | made if isinstance(group, Lone) else done
                assert i not in done | made
                assert known.issuperset(tape.operands(i))
                made.add(i)
        done |= made
    assert len(done) == len(tape.nodes)


# ---- Dots sorted into matrix products


def grid(rows: range, columns: range, missing: tuple[tuple[int, int], ...] = ()) -> list[Dot]:
    """Dot (r, c) is node 10 r + c, its weights are (r, -r), its inputs (100 + c, 200 + c)."""
    return [Dot(10 * r + c, (r, -r), (100 + c, 200 + c)) for c in columns for r in rows if (r, c) not in missing]


def nodes(found: list[Grid]) -> list[list[list[int]]]:
    return [product.nodes for product in found]


def test_a_full_grid_is_one_product() -> None:
    (product,) = grids(grid(range(1, 4), range(2)))
    assert product.nodes == [[10, 11], [20, 21], [30, 31]]
    assert product.rows == [(1, -1), (2, -2), (3, -3)]
    assert product.columns == [(100, 200), (101, 201)]
    assert product.work == 3 * 2 * 2


def test_the_order_of_the_dots_only_permutes_it() -> None:
    (product,) = grids(grid(range(1, 4), range(4))[::-1])
    assert sorted(map(sorted, product.nodes)) == [[10, 11, 12, 13], [20, 21, 22, 23], [30, 31, 32, 33]]
    for row, weights in zip(product.nodes, product.rows, strict=True):
        assert [node // 10 for node in row] == [weights[0]] * 4
        assert [100 + node % 10 for node in row] == [column[0] for column in product.columns]


def test_columns_that_meet_other_rows_are_another_product() -> None:
    found = grids([*grid(range(1, 3), range(2)), *grid(range(3, 5), range(2, 4))])
    assert nodes(found) == [[[10, 11], [20, 21]], [[32, 33], [42, 43]]]


def test_an_incomplete_grid_falls_into_full_ones() -> None:
    found = grids(grid(range(1, 4), range(3), missing=((3, 2),)))
    assert nodes(found) == [[[10, 11], [20, 21], [30, 31]], [[12], [22]]]
    assert [product.columns for product in found] == [[(100, 200), (101, 201)], [(102, 202)]]


def test_the_same_dot_once_more_is_a_product_of_its_own() -> None:
    found = grids([*grid(range(1, 3), range(2)), Dot(99, (1, -1), (100, 200))])
    assert nodes(found) == [[[10, 11], [20, 21]], [[99]]]


def test_weights_and_inputs_may_be_the_same_nodes() -> None:
    (product,) = grids([Dot(9, (1, 2), (1, 2))])
    assert (product.rows, product.columns, product.nodes) == ([(1, 2)], [(1, 2)], [[9]])


def test_every_dot_is_in_one_product() -> None:
    dots = grid(range(1, 7), range(8), missing=((1, 0), (2, 3), (5, 5), (6, 7), (1, 7)))
    found = sorted(node for product in grids(dots) for row in product.nodes for node in row)
    assert found == sorted(dot.node for dot in dots)


def test_nothing() -> None:
    assert grids([]) == []


# ---- Sums of products as dots: each way of writing a neuron comes to the same product, and nothing else is touched

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


def labelled_leaves(letter: str, count: int, constant: bool = False) -> list[Value]:
    return [Value(0.5 + k, f"{letter}{k}", constant=constant) for k in range(count)]


def layer(write: Neuron) -> list[Value]:
    """The weighted sums of a layer, all weights with all inputs."""
    w = [labelled_leaves(f"w{r}", TERMS) for r in range(ROWS)]
    x = [labelled_leaves(f"x{c}", TERMS, constant=True) for c in range(COLUMNS)]
    b = labelled_leaves("b", ROWS)
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


def products_of(tape: Tape) -> list[Product[Any]]:
    return [group for level in grouped(tape) for group in level if isinstance(group, Product)]


def bias_of(product: Product[Any]) -> list[int]:
    assert product.bias is not None
    bias: list[int] = product.bias.tolist()
    return bias


def contents(tape: Tape, product: Product[Any]) -> dict[tuple[Terms, str], str]:
    """Which node of the tape holds which dot: by its products and its bias."""
    found = {}
    for r, row in enumerate(product.out.tolist()):
        for c, node in enumerate(row):
            factors = zip(product.weights[r].tolist(), product.inputs[:, c].tolist(), strict=True)
            terms = frozenset(frozenset((label(tape, w), label(tape, x))) for w, x in factors)
            bias = label(tape, int(product.bias[r])) if product.bias is not None else ""
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
    w = [labelled_leaves(f"w{r}", TERMS) for r in range(ROWS)]
    for depth in (1, 3):
        rows = []
        for c in range(COLUMNS):
            x: list[Any] = list(labelled_leaves(f"x{c}", TERMS))
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
    x = labelled_leaves("x", 10)
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
    w, x = labelled_leaves("w", 3), labelled_leaves("x", 3, constant=True)
    z = sum(pairs(w, x), Value(1.0, "b"))
    assert ops_of(rewritten(z)) == {"+": 3, "*": 3, "tanh": 1}


def test_the_bias_is_a_leaf_of_the_sum_never_something_computed() -> None:
    computed = Value(0.5, "c").exp()
    tape = rewritten(*layer(lambda w, x, b: sum(pairs(w, x)) + computed))
    (product,) = products_of(tape)
    assert product.bias is None
    tape = rewritten(*layer(lambda w, x, b: computed + (b + sum(pairs(w, x)))))
    (product,) = products_of(tape)
    assert {label(tape, i) for i in bias_of(product)} == {"b0", "b1", "b2"}
    assert ops_of(tape)["+"] == ROWS * COLUMNS


@pytest.mark.parametrize("constant", [False, True])
def test_of_two_leaves_one_is_the_bias_and_the_other_is_added(constant: bool) -> None:
    extra = Value(3.0, "e", constant=constant)
    tape = rewritten(*layer(lambda w, x, b: sum(pairs(w, x), extra) + b))
    (product,) = products_of(tape)
    assert {label(tape, i) for i in bias_of(product)} <= {"b0", "b1", "b2", "e"}
    assert ops_of(tape) == {"dot": ROWS * COLUMNS, "+": ROWS * COLUMNS, "tanh": ROWS * COLUMNS}


@pytest.mark.parametrize("zero", [0, 0.0])
def test_a_zero_that_python_adds_is_left_out(zero: float) -> None:
    tape = rewritten(*layer(lambda w, x, b: zero + sum(pairs(w, x)) + b))
    assert ops_of(tape) == {"dot": ROWS * COLUMNS, "tanh": ROWS * COLUMNS}
    (product,) = products_of(tape)
    assert {label(tape, i) for i in bias_of(product)} == {"b0", "b1", "b2"}


def test_a_number_may_be_the_bias() -> None:
    tape = rewritten(*layer(lambda w, x, b: sum(pairs(w, x)) + 2.5))
    (product,) = products_of(tape)
    assert {tape.nodes[i].data for i in bias_of(product)} == {2.5}


def assert_two_dots(tape: Tape) -> None:
    """Each neuron is two dots and one node that adds them, wherever the bias is; all dots make up two products."""
    counts, n = ops_of(tape), ROWS * COLUMNS
    assert (counts["dot"], counts.get("+", 0) + counts.get("sum", 0)) == (2 * n, n)
    assert "*" not in counts
    assert [product.out.shape for product in products_of(tape)] == [(ROWS, COLUMNS)] * 2


def test_two_kinds_of_products_in_one_sum_are_two_dots() -> None:
    w, v, b = ([labelled_leaves(f"{letter}{r}", TERMS) for r in range(ROWS)] for letter in "wvb")
    outputs = []
    for c in range(COLUMNS):
        x = labelled_leaves(f"x{c}", TERMS, constant=True)
        h = [u.tanh() for u in x]
        outputs += [sum(pairs(w[r], x)) + sum(pairs(v[r], h)) + b[r][0] for r in range(ROWS)]
    assert_two_dots(rewritten(*outputs))


def test_a_recorded_dot_and_products_in_one_sum() -> None:
    assert_two_dots(rewritten(*layer(lambda w, x, b: ag.dot(w[:2], x[:2]) + sum(pairs(w[2:], x[2:])) + b)))


@pytest.mark.parametrize(("count", "found"), [(7, {"+": 6}), (8, {"sum": 1})])
def test_a_long_sum_is_one_node(count: int, found: dict[str, int]) -> None:
    x = [v.exp() for v in labelled_leaves("x", count)]
    assert ops_of(rewritten(sum(x[1:], x[0]))) == {"exp": count, "tanh": 1, **found}


def test_a_term_that_is_added_twice_stays_twice() -> None:
    x = labelled_leaves("x", 5)
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
