import subprocess
import sys
from pathlib import Path

import pytest

from autograd import Stepper, Value
from autograd.render import svg as svg_module
from autograd.render import to_svg
from autograd.render.svg import mimebundle


def test_a_value_shows_its_graph_and_its_text(dot: Path, square: Value) -> None:
    square.backward()
    assert mimebundle(square) == {"image/svg+xml": to_svg(square), "text/plain": "Value(9.0, grad=1.0)"}


def test_it_is_what_ipython_asks_a_value_for(dot: Path, square: Value) -> None:
    bundle = square._repr_mimebundle_(include=None, exclude=None)  # type: ignore[attr-defined]
    assert set(bundle) == {"image/svg+xml", "text/plain"}


def test_only_what_is_wanted_is_made(dot: Path, square: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(mimebundle(square, include={"image/svg+xml"})) == {"image/svg+xml"}
    monkeypatch.setattr(svg_module, "to_svg", lambda root: pytest.fail("a picture that nobody asked for"))
    assert set(mimebundle(square, include=["text/plain"])) == {"text/plain"}
    assert set(mimebundle(square, exclude=["image/svg+xml"])) == {"text/plain"}
    assert mimebundle(square, include=["text/html"]) == {}


def test_without_dot_there_is_the_text(square: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRAD_DOT", "no-such-program")
    assert mimebundle(square) == {"text/plain": "Value(9.0)"}


def test_a_large_graph_is_drawn_in_groups(dot: Path) -> None:
    y = x = Value(1.0)
    for _ in range(1000):
        y = y * x
    shown = mimebundle(y)
    assert shown["text/plain"] == "Value(1.0)"
    assert shown["image/svg+xml"].count('class="node') < 200


def test_nothing_that_goes_wrong_in_a_drawing_is_raised(square: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(root: Value) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(svg_module, "to_svg", broken)
    assert mimebundle(square) == {"text/plain": "Value(9.0)"}


def test_a_moment_of_stepping_shows_the_graph_as_it_stands_then(dot: Path, square: Value) -> None:
    s = Stepper(square)
    s.step(2)
    moment = s.where()
    assert moment._repr_mimebundle_() == {
        "image/svg+xml": to_svg(square, trace=s.records, at_step=2),
        "text/plain": repr(moment),
    }
    assert "not computed" not in s.goto(len(s))._repr_mimebundle_()["image/svg+xml"]
    assert set(moment._repr_mimebundle_(include=["text/plain"])) == {"text/plain"}
    assert set(moment._repr_mimebundle_(exclude=["text/plain"])) == {"image/svg+xml"}


def test_a_moment_without_dot_is_its_text(square: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRAD_DOT", "no-such-program")
    moment = Stepper(square).where()
    assert moment._repr_mimebundle_() == {"text/plain": repr(moment)}


def test_importing_the_package_does_not_import_graphviz() -> None:
    program = "import sys, autograd, autograd.render; sys.exit('graphviz' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
