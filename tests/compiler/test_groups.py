"""What is computed at once: products, rows of dots, reductions and nodes alike; the rest one by one."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value
from autograd.compiler.groups import NARROW, WORK, Alike, Group, Reduction, Rows, Single, grouped
from autograd.compiler.groups import ProductGroup as Product
from autograd.compiler.tape import Tape


def leaves(count: int) -> list[Value]:
    return [Value(0.5 + k / 100) for k in range(count)]


def groups(*roots: Value) -> list[Group]:
    return [group for level in grouped(Tape(roots)) for group in level]


def kinds(*roots: Value) -> list[type[Any]]:
    return [type(group) for group in groups(*roots)]


@pytest.mark.parametrize(("count", "kind"), [(NARROW, Alike), (NARROW - 1, Single)])
def test_nodes_alike_are_computed_at_once_from_so_many_on(count: int, kind: type[Any]) -> None:
    made = [x.exp() for x in leaves(count)]
    (group,) = groups(*made)
    assert type(group) is kind
    assert len(group.nodes) == count


def test_a_few_beside_many_are_also_computed_at_once() -> None:
    xs = leaves(NARROW)
    found = groups(*[x.exp() for x in xs], *[x.tanh() for x in xs[: NARROW // 3]], *[x.sin() for x in xs[:3]])
    assert [(type(group), len(group.nodes)) for group in found] == [(Alike, NARROW), (Alike, NARROW // 3), (Single, 3)]


def test_operands_of_nodes_alike_are_in_operand_order() -> None:
    xs, ys = leaves(NARROW), leaves(NARROW)
    tape = Tape([y - x for x, y in zip(xs, ys, strict=True)])
    ((group,),) = grouped(tape)
    assert isinstance(group, Alike)
    for i, a, b in zip(group.nodes, *group.operands, strict=True):
        assert (tape.nodes[a], tape.nodes[b]) == tape.nodes[i].parents


def test_dots_with_nothing_in_common_are_rows() -> None:
    dots = [ag.dot(leaves(3), leaves(3), Value(1.0)) for _ in range(10)]
    (group,) = groups(*dots)
    assert isinstance(group, Rows)
    assert (group.weights.shape, group.inputs.shape, group.bias.shape) == ((3, 10), (3, 10), (10,))


def test_a_long_dot_is_a_product_and_a_short_one_is_single() -> None:
    assert kinds(ag.dot(leaves(WORK), leaves(WORK))) == [Product]
    assert kinds(ag.dot(leaves(WORK - 1), leaves(WORK - 1))) == [Single]


def test_dots_with_and_without_a_bias_are_two_products() -> None:
    w, v, xs = [leaves(4) for _ in range(4)], [leaves(4) for _ in range(4)], [leaves(4) for _ in range(4)]
    b = leaves(4)
    found = groups(
        *[ag.dot(r, x, c) for x in xs for r, c in zip(w, b, strict=True)], *[ag.dot(r, x) for x in xs for r in v]
    )
    assert [(type(group), len(getattr(group, "bias", ()))) for group in found] == [(Product, 4), (Product, 0)]


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
    assert [type(group) for group in found] == [*[Alike] * 5, Reduction, Single]
    assert len(found[-1].nodes) == 5


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
            for i in np.ravel(group.nodes).tolist():
                known = done | made if isinstance(group, Single) else done
                assert i not in done | made
                assert known.issuperset(tape.operands(i))
                made.add(i)
        done |= made
    assert len(done) == len(tape.nodes)
