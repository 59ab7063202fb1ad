import os
from pathlib import Path

import pytest

from autograd import Value, relu
from autograd.errors import GraphvizMissingError
from autograd.nn import MLP
from autograd.render.engine import find_dot


@pytest.fixture(scope="session")
def dot() -> Path:
    """A real ``dot``. graphviz-pure is a dependency, so that only a platform without it may lack one."""
    try:
        return find_dot()
    except GraphvizMissingError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI has to draw: {error}")
        pytest.skip(str(error))


def named(node: Value, label: str) -> Value:
    node.label = label
    return node


@pytest.fixture
def expression() -> Value:
    """(a + b) * (b + 1), the first of the documents' examples."""
    a, b = Value(2.0, "a"), Value(1.0, "b")
    return named(named(a + b, "c") * named(b + 1, "d"), "e")


@pytest.fixture
def square() -> Value:
    x = Value(3.0, "x")
    return x * x


@pytest.fixture
def lesson_5() -> Value:
    """The fifth document's network: one weight per layer."""
    x, y = Value(2.0, "x", constant=True), Value(1.0, "y", constant=True)
    m1, m2 = Value(3.0, "m1"), Value(0.5, "m2")
    yhat = named(relu(named(named(m1 * x, "a1") * m2, "z2")), "yhat")
    return named((yhat - y) ** 2 / 2, "L")


@pytest.fixture
def hostile() -> Value:
    """Labels that would break out of a careless drawing, and numbers that are none."""
    v = Value(float("-inf"), '"></TD>\\N\\G\\"];}<script>&amp;&#60;')
    w = Value(-0.0, "a\nb\r\t\x00\ud800\ufffe\u202e損失 − " + "long " * 2000)
    u = Value(float("nan"), "  ", constant=True)
    return named(v * w + u, "<b>bold</b>")


@pytest.fixture
def network() -> Value:
    """A network of two inputs, two neurons and one, and its error."""
    model = MLP(2, [2, 1], activation="tanh", seed=5)
    return named((model([Value(1.0, "x1"), Value(-0.5, "x2")]) - 0.8) ** 2, "L")
