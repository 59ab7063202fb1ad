"""`dot_rows`: the nodes of `dot`, made for a whole layer at once."""

import pytest

from autograd import Value, dot
from autograd.functions.elementary import dot_rows


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("as_numbers", [True, False])
def test_dot_rows_makes_the_nodes_of_dot(biased, as_numbers):
    x = [Value(0.5), Value(-2.0)]
    rows = [(Value(3.0), Value(4.0), Value(0.25)), (Value(-1.0), Value(7.0), Value(0.125))]
    rows = rows if biased else [row[:2] for row in rows]
    made = dot_rows(rows, [0.5, -2.0] if as_numbers else x)
    assert [z.data for z in made] == ([-6.25, -14.375] if biased else [-6.5, -14.5])
    for z, row in zip(made, rows, strict=True):
        assert z.op == "dot"
        alone = dot(row[:2], x, *row[2:])
        assert z.local_derivatives() == alone.local_derivatives()
        assert len(z.parents) == len(alone.parents)


def test_dot_rows_without_biases_sends_gradients():
    x, w = [Value(0.5), Value(-2.0)], (Value(3.0), Value(4.0))
    dot_rows([w, w], x)[0].backward()
    assert [v.grad for v in (*w, *x)] == [0.5, -2.0, 3.0, 4.0]


def test_dot_rows_of_no_rows_is_empty():
    assert dot_rows([], [Value(1.0)]) == []
