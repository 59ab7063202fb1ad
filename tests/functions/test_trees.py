"""Structures taken apart and put together again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import Value
from autograd.errors import OperandError
from autograd.functions.arrays import ValueArray
from autograd.functions.trees import flatten


class Pair(NamedTuple):
    w: Any
    b: Any


numbers = st.floats(allow_nan=False)
structures = st.recursive(
    numbers,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=3)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=12,
)


@given(structures)
def test_there_and_back(structure: Any) -> None:
    flat, tree = flatten(structure)
    again = tree.unflatten(flat)
    assert again == structure
    assert type(again) is type(structure)
    assert repr(again) == repr(structure)
    assert [place for part in tree.slices() for place in range(len(flat))[part]] == list(range(len(flat)))
    assert all(type(x) is float for x in flat)
    assert flatten(again)[1] == tree
    assert hash(flatten(again)[1]) == hash(tree)


def test_arrays_of_every_shape() -> None:
    for shape in [(3,), (2, 3), (1, 1), (2, 1, 2), (0,), (2, 0)]:
        a = np.arange(float(np.prod(shape))).reshape(shape)
        flat, tree = flatten({"a": a, "b": 1})
        again = tree.unflatten(flat)
        assert again["a"].dtype == float
        np.testing.assert_array_equal(again["a"], a)
        assert again["a"].shape == shape
    assert flatten(np.array(3))[0] == flatten(np.float32(3))[0] == flatten(3)[0] == [3.0]
    assert flatten(np.arange(3).T[::-1])[0] == [2.0, 1.0, 0.0]


def test_values_stay_the_nodes_that_they_are() -> None:
    x, y = Value(1.0), Value(2.0)
    flat, tree = flatten([x, ag.array([[y, 3.0]])])
    assert flat[0] is x
    assert flat[1] is y
    assert type(tree.unflatten(flat)[1]) is ValueArray
    assert flatten(ag.array(x))[0] == [x]


def test_keys_come_back_in_their_own_order_and_fit_in_any() -> None:
    flat, tree = flatten({"b": 1.0, "a": 2.0})
    assert flat == [2.0, 1.0]
    assert list(tree.unflatten(flat)) == ["b", "a"]
    assert tree == flatten(OrderedDict(a=2.0, b=1.0))[1]
    assert flatten({1: 1.0, "1": 2.0})[1] == flatten({"1": 2.0, 1: 1.0})[1]


@pytest.mark.parametrize(
    "other",
    [(1.0, [2.0]), [1.0, (2.0,)], [1.0, 2.0], [1.0, [2.0, 3.0]], [1.0, np.ones(1)], {"a": 1.0}, 1.0, [[2.0], 1.0]],
)
def test_trees_differ_where_structures_do(other: Any) -> None:
    assert flatten([1.0, [2.0]])[1] != flatten(other)[1]
    assert flatten([1.0, [2.0]])[1] != "list(number, list(number))"


def test_trees_are_shown_as_text() -> None:
    structure = {"W": np.ones((2, 3)), "b": [1.0, (2.0,)], "p": Pair(1.0, 2.0)}
    assert str(flatten(structure)[1]) == (
        "dict['W', 'b', 'p'](array(2, 3), list(number, tuple(number)), Pair(number, number))"
    )


@pytest.mark.parametrize("thing", ["abc", None, 1j, {1.0}, b"1", object, np.array(["a"]), np.array([1j]), range(3)])
def test_what_is_no_number_is_refused_wherever_it_stands(thing: Any) -> None:
    for structure in (thing, [1.0, thing], {"a": (thing,)}):
        with pytest.raises(OperandError, match="expected a real number or a Value, got"):
            flatten(structure)
