"""Rules of reductions on a stack of operands: one call gives what the columns give."""

from __future__ import annotations

import functools
import math
import operator
import random

import numpy as np
import pytest

from autograd import ops, primitive
from autograd.compiler.printing import expression, numpy_lines
from autograd.compiler.symbols import stacked
from autograd.engine.ops import Op
from tests.helpers.oracle import row_id, rows
from tests.helpers.printed import Runner, is_near, values

INF, NAN = math.inf, math.nan
VARIADIC = [op for op in rows() if op.variadic and op is not ops.DOT]


@pytest.mark.parametrize("op", [op for op in VARIADIC if op.name != "prod"], ids=row_id)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 9, 40])
def test_stacked_form_gives_what_the_columns_give(op: Op, count: int) -> None:
    if count == 1 and op.params == (1.0,):
        return  # a deviation of one value, over 0
    rng = random.Random(count)
    samples = [[rng.choice([-1.0, 0.5, 2.0, 700.0, rng.uniform(-3.0, 3.0)]) for _ in range(count)] for _ in range(30)]
    samples += [[x] * count for x in (-0.0, 0.0, 3.0, 0.1)]
    if op.name in {"maximum", "minimum", "logsumexp", "sum"}:
        samples += [[special, *[1.0] * (count - 1)] for special in (INF, -INF, NAN)] + [[-INF] * count]
    legal = [tuple(sample) for sample in samples if values(op, tuple(sample)) is not None]
    assert len(legal) > 30
    form = stacked(op, count)
    assert form is not None
    stack = np.array(legal).T
    y = np.array([op.forward(*point) for point in legal])
    slopes = np.array([op.float_partials(out, *point) for out, point in zip(y.tolist(), legal, strict=True)]).T
    runner = Runner((len(legal),), count)
    value, partial = runner.run([(form.forward, "start"), (form.partial, None)], {"X": stack, "y": y})
    partial = np.broadcast_to(partial, stack.shape)
    for k, point in enumerate(legal):
        assert is_near(value[k], y[k]), point
        assert math.copysign(1.0, value[k]) == math.copysign(1.0, y[k]) or value[k] != 0.0
        for i in range(count):
            assert abs(partial[i, k] - slopes[i, k]) <= 1e-13 * (1.0 + abs(slopes[i, k])) or is_near(
                partial[i, k], slopes[i, k]
            ), (point, i)
    with np.errstate(all="ignore"):
        for symbol, expected in ((form.forward, value), (form.partial, partial)):
            text = expression(symbol, {"X": "X", "y": "y"}, "np")
            got = np.broadcast_to(eval(text, {"np": np, "X": stack, "y": y}), expected.shape)
            assert np.allclose(got, expected, rtol=1e-12, atol=0.0, equal_nan=True), text


def test_a_row_that_is_no_reduction_has_no_stacked_form() -> None:
    assert stacked(ops.PROD, 3) is None  # each factor's slope leaves itself out
    assert stacked(ops.DOT, 4) is None
    assert stacked(ops.SUB, 2) is None


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_users_sum_keeps_the_sign_of_zero(count: int) -> None:
    @primitive(partials=lambda out, *xs: (1.0,) * len(xs), array=lambda xp, *xs: functools.reduce(operator.add, xs))
    def plain_sum(*xs: float) -> float:
        return functools.reduce(operator.add, xs)

    form = stacked(plain_sum.op, count)  # type: ignore[attr-defined]
    assert form is not None
    (value,) = Runner((1,), count).run([(form.forward, "t")], {"X": np.full((count, 1), -0.0)})
    assert math.copysign(1.0, value[0]) == -1.0


def test_a_reduction_is_one_call() -> None:
    form = stacked(ops.SUM, 1000)
    assert form is not None
    lines, _ = numpy_lines([(form.forward, "s")], {"X": "X"}, lambda kind: "t")
    assert lines == ["np.add.reduce(X, axis=0, out=s, initial=0.0)"]
    assert form.partial == 1.0
