"""Figures of the matrix form: what they say where the compiler finds something else."""

from __future__ import annotations

import numpy as np

from autograd import array, compile
from autograd.lessons.examples import found, same_gradients


def product() -> tuple[object, object, object]:
    W = array(np.arange(16.0).reshape(4, 4), "W")
    x = np.array([1.0, -1.0, 2.0, 0.5])
    return W, x, (W @ x).sum()


def test_what_is_found_is_shown_even_if_it_is_not_what_was_expected() -> None:
    _, _, loss = product()
    forms = [
        ("same", "Z = W X", "Z1 = W1 X, (4x4)(4x1)"),
        ("other", None, "Z1 = W1 X, (9x9)(9x1)"),
        ("none", None, "Q = 1"),
    ]
    same, other, none = found(compile(loss), forms, "Ours.")
    assert (same.verdict, same.printed, same.note) == ("agrees", "Z = W X", "Ours.")
    assert (other.verdict, other.engine, other.note) == ("disagrees", "Z1 = W1 X, (4x4)(4x1)", "")
    assert (none.verdict, none.engine) == ("disagrees", "not found")


def test_gradients_are_compared_with_both_others() -> None:
    W, x, loss = product()
    loss.backward()
    program = compile(loss)
    graph, by_hand = same_gradients(program, {"W": W}, {"W": np.tile(x, (4, 1))})
    assert graph.agrees
    assert by_hand.agrees
    W[0, 0].grad = 5.0
    graph, by_hand = same_gradients(program, {"W": W}, {"W": np.zeros((4, 4))})
    assert not graph.agrees
    assert not by_hand.agrees
    assert by_hand.engine == 2.0
