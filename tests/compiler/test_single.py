"""Nodes one by one: the code that is written for them, as a loop first and written out after some passes."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

import autograd as ag
from autograd import Value, compile, sin
from autograd.compiler import groups
from autograd.compiler import single as loops
from autograd.compiler.numpy_source import FLAT
from autograd.compiler.single import PATIENCE
from autograd.compiler.steps import Single
from tests.helpers.second_looks import run_source


def passes(root: Value) -> tuple[list[str], list[str]]:
    """The lines of both passes that compute something: nothing that fetches or stores, no comments."""
    found = []
    for text in ag.compile(root).source.split("def backward"):
        lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
        found.append([line for line in lines if line[0] in "vg" and "item" not in line and "tolist" not in line])
    forward, backward = found
    return forward, backward


Code = tuple[Callable[[Value, Value], Value], list[str], list[str]]
CODE: dict[str, Code] = {
    "product": (lambda x, y: x * y, ["v2 = v0 * v1"], ["g0 = g2 * v1", "g1 = g2 * v0"]),
    "difference": (lambda x, y: x - y, ["v2 = v0 - v1"], ["g0 = g2", "g1 = g2 * (-1.0)"]),
    "used twice": (
        lambda x, y: x * y + x,
        ["v2 = v0 * v1", "v3 = v2 + v0"],
        ["g2 = g3", "g0 = g3", "g0 += g2 * v1", "g1 = g2 * v0"],
    ),
    "both operands": (
        lambda x, y: x * x * y,
        ["v2 = v0 * v0", "v3 = v2 * v1"],
        ["g2 = g3 * v1", "g1 = g3 * v2", "g0 = g2 * v0", "g0 += g2 * v0"],
    ),
    "many operands": (lambda x, y: ag.sum([x, y, x]), ["v2 = sum(v0, v1, v0)"], ["g0 = g2", "g1 = g2", "g0 += g2"]),
    "dot": (
        lambda x, y: ag.dot([x, y], [y, x], x),
        ["v2 = dot(v0, v1, v1, v0, v0)"],
        ["g0 = g2 * v1", "g1 = g2 * v0", "g1 += g2 * v0", "g0 += g2 * v1", "g0 += g2"],
    ),
    "a constant gets no message": (
        lambda x, y: x * Value(3.0, constant=True) + 2.5,
        ["v3 = v0 * v1", "v4 = v3 + v2"],
        ["g3 = g4", "g0 = g3 * v1"],
    ),
}


@pytest.mark.parametrize("name", CODE)
def test_code_of_both_passes(name: str) -> None:
    make, forward, backward = CODE[name]
    assert passes(make(Value(2.0, "x"), Value(3.0, "y"))) == (forward, backward)


def test_what_the_backward_pass_does_not_need_is_not_fetched() -> None:
    _, backward = ag.compile(Value(2.0, "x") + Value(3.0, "y")).source.split("def backward")
    assert "V" not in backward


def test_few_numbers_are_fetched_one_by_one_and_many_at_once() -> None:
    def fetched(count: int) -> list[str]:
        source = ag.compile(ag.maximum(*[Value(float(k)) for k in range(count)])).source
        return [line.strip() for line in source.splitlines() if "V" in line and not line.startswith("#")][:count]

    assert fetched(3) == ["v0 = V.item(0)", "v1 = V.item(1)", "v2 = V.item(2)"]
    assert fetched(4)[0] == "v0, v1, v2, v3 = V[0:4].tolist()"


def test_a_constant_root_has_nothing_to_send() -> None:
    _, backward = passes(Value(2.0, constant=True) * Value(3.0, constant=True))
    assert backward == []


def test_a_users_rule_is_called() -> None:
    @ag.primitive(partials=lambda out, x: (1.0 if x > 0 else -1.0,))
    def size(x: float) -> float:
        return abs(x)

    forward, backward = passes(size(Value(-2.0, "x")))
    assert (forward, backward) == (["v1 = user_size(v0)"], ["g0 = g1 * s[0]"])


@pytest.mark.parametrize("start", [-3.0, 0.5, 4.0])
def test_the_loop_and_what_is_written_out_give_the_same_numbers(start: float) -> None:
    """So many passes that single nodes have long been compiled; every one as the first, and as eager code."""
    x, y = Value(start, "x"), Value(1.5, "y")

    def f() -> Value:
        return ag.sum([(x * y).tanh(), x - y * y, ag.maximum(x, y, 0.25)]) * ag.sigmoid(x)

    root = f()
    root.backward()
    expected = root.data, x.grad, y.grad
    program = ag.compile(f())
    for _ in range(120):
        x._grad = y._grad = None
        value = program.forward()
        program.backward()
        assert (value, x.grad, y.grad) == pytest.approx(expected, rel=1e-14)


def test_more_rows_than_fit_into_two_bytes() -> None:
    """Every exponent is a row of its own."""
    x, count = Value(1.0, "x"), 33_000
    root = ag.sum([x ** (1.5 + k) for k in range(count)])
    program = ag.compile(root)
    assert program.forward() == count
    program.backward()
    assert x.grad == count * 1.5 + count * (count - 1) / 2


@pytest.mark.parametrize(
    "name", ["v0", "v1", "g0", "s", "run", "forward", "seed", "V", "np", "x1_0", "if", "2", "\u00b2", "\u210c"]
)
@pytest.mark.parametrize("count", [1, 40, 150])
def test_a_user_may_call_an_operation_anything(name: str, count: int) -> None:
    cube = ag.primitive(name, lambda x: x * x * x, lambda out, x: (3 * x * x,))
    x = [Value(0.001 * k + 0.5) for k in range(count)]
    chain = x[0]
    for v in x:
        chain = cube(chain) * 0.1 + v
    program = ag.compile(chain + ag.sum([cube(v) for v in x]))
    program.forward()
    for _ in range(PATIENCE + 1):  # a long chain is written out only then
        program.backward()
        program.forward()
    found = program.gradients(x)
    for v in x:
        v.zero_grad()
    program.root.backward()
    assert found == pytest.approx([v.grad for v in x], rel=1e-12)


def test_a_users_rule_that_branches_is_called_number_by_number() -> None:
    size = ag.primitive("size", abs, lambda out, x: (math.copysign(1.0, x) if x else 0.0,))
    x = [Value((-1.0) ** k * k) for k in range(60)]
    program = ag.compile(ag.dot([size(v) for v in x], [size(v) for v in x]))
    run_source(program)
    assert program.gradients(x).tolist() == [2.0 * v.data for v in x]


# ---- Single nodes as a loop, and the same written out after some passes


def chain(x: Value, length: int) -> Value:
    """x -> sin(x) + 0.5 x, again and again: no two nodes can be computed at once."""
    for _ in range(length):
        x = sin(x) + 0.5 * x
    return x


def by_hand(x: float, length: int) -> tuple[float, float]:
    slope = 1.0
    for _ in range(length):
        x, slope = math.sin(x) + 0.5 * x, slope * (math.cos(x) + 0.5)
    return x, slope


def test_passes_before_and_after_it_is_written_out_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "PATIENCE", 4)
    x = Value(0.0, "x")
    program = compile(chain(x, FLAT))
    assert "loop1()" in program.source
    for k in range(8):
        x.data, x.grad = 0.1 * k, None
        value, slope = by_hand(x.data, FLAT)
        assert program.forward() == pytest.approx(value, rel=1e-12)
        program.backward()
        assert x.grad == pytest.approx(slope, rel=1e-12)


def test_a_long_run_is_cut_into_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "LONGEST", 50)
    monkeypatch.setattr(loops, "PATIENCE", 2)
    x = Value(0.7, "x")
    program = compile(chain(x, 100))
    steps = [step for level in program._plan.levels for step in level]
    assert [len(step.code) for step in steps if isinstance(step, Single)] == [50] * 6
    value, slope = by_hand(0.7, 100)
    for _ in range(4):
        x.grad = None
        assert program.forward() == pytest.approx(value, rel=1e-12)
        program.backward()
        assert x.grad == pytest.approx(slope, rel=1e-12)


def test_an_error_names_the_node_from_a_loop_as_well() -> None:
    x, y = Value(1.0, "x"), Value(2.0, "y")
    program = compile(chain(x, FLAT) / y)
    y.data = 0.0
    with pytest.raises(ZeroDivisionError, match="y = 0"):
        program.forward()
    y.data = 2.0
    assert program.forward() == pytest.approx(by_hand(1.0, FLAT)[0] / 2, rel=1e-12)


def test_a_long_product_by_itself_is_one_call_each_way() -> None:
    xs = [Value(1.0 + k / 100, f"x{k}") for k in range(40)]
    program = compile(ag.prod(xs))
    assert program.describe() == "1 node one by one"
    assert [program.source.count(call) for call in (" = prod(", " = rule_prod(")] == [1, 1]
    value = program.forward()
    program.backward()
    assert value == pytest.approx(math.prod(x.data for x in xs))
    assert [x.grad for x in xs] == pytest.approx([value / x.data for x in xs])
