"""Pictures as files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autograd import Value
from autograd.errors import ArgumentError, AutogradError, GraphError, GraphvizMissingError, OperandError
from autograd.render import draw, set_dot, to_dot, to_latex, to_mermaid, to_svg


def test_the_end_of_the_name_says_what_it_becomes(dot: Path, tmp_path: Path, expression: Value) -> None:
    expression.backward()
    for name, text in (
        ("a.svg", to_svg(expression)),
        ("a.SVG", to_svg(expression)),
        ("a.dot", to_dot(expression).source),
        ("a.gv", to_dot(expression).source),
        ("a.mmd", to_mermaid(expression)),
        ("a.b.mermaid", to_mermaid(expression)),
        ("a.tex", f"\\[\n{to_latex(expression)}\n\\]\n"),
    ):
        path = draw(expression, tmp_path / name)
        assert path == tmp_path / name
        assert path.read_bytes().decode("utf-8") == text
    assert len(list(tmp_path.iterdir())) == (7 if (tmp_path / "A.SVG") not in tmp_path.iterdir() else 6)


def test_png_comes_from_dot(dot: Path, tmp_path: Path, square: Value) -> None:
    assert draw(square, tmp_path / "a.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_a_page(tmp_path: Path, square: Value) -> None:
    page = draw(square, tmp_path / "a.html", title="A <square>").read_text(encoding="utf-8")
    assert page.startswith("<!")
    assert "A &lt;square&gt;" in page


def test_a_name_as_text_and_options(dot: Path, tmp_path: Path, square: Value) -> None:
    path = draw(square, str(tmp_path / "a.mmd"), rankdir="TB")
    assert isinstance(path, Path)
    assert path.read_text(encoding="utf-8").startswith("flowchart TB")
    assert r"\partial" not in draw(square, tmp_path / "a.tex", backward=False).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["a", "a.", "a.docx", ".svg", "a.svg.bak", "a.x11"])
def test_an_unknown_kind_is_refused_and_the_known_ones_listed(tmp_path: Path, square: Value, name: str) -> None:
    with pytest.raises(ArgumentError, match=r"\.svg.*\.mmd.*\.tex.*\.png, \.pdf"):
        draw(square, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_kind_that_this_dot_does_not_make(dot: Path, tmp_path: Path, square: Value) -> None:
    if not dot.stem.startswith("graphviz-pure"):
        pytest.skip("Graphviz makes PDF")
    with pytest.raises(GraphvizMissingError, match=r"makes no \.pdf files; it makes .*png.*apt install graphviz"):
        draw(square, tmp_path / "a.pdf")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif("sys.platform == 'win32'")
def test_pdf_by_a_dot_that_makes_it(tmp_path: Path, square: Value) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\ncat > /dev/null\nprintf '%%PDF-1.7'\n")
    program.chmod(0o755)
    set_dot(program)
    try:
        assert draw(square, tmp_path / "a.pdf").read_bytes() == b"%PDF-1.7"
        program.write_text("#!/bin/sh\ncat > /dev/null\necho broken >&2\nexit 3\n")
        with pytest.raises(GraphError, match="broken"):
            draw(square, tmp_path / "b.pdf")
    finally:
        set_dot(None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "dot"]


@pytest.mark.parametrize("name", ["a.svg", "a.mmd", "a.tex", "a.png", "a.html"])
def test_what_is_there_stays_if_the_drawing_fails(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("as it was")
    with pytest.raises((AutogradError, TypeError)):
        draw(3.0, tmp_path / name)  # type: ignore[arg-type]
    assert [path.read_text() for path in tmp_path.iterdir()] == ["as it was"]


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path, square: Value) -> None:
    (tmp_path / "a.mmd").write_text("as it was")
    draw(square, tmp_path / "a.mmd")
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == [to_mermaid(square)]


@pytest.mark.skipif("sys.platform == 'win32'")
def test_a_link_goes_on_pointing_where_it_did_and_the_mode_is_that_of_a_new_file(tmp_path: Path, square: Value) -> None:
    (tmp_path / "real.mmd").write_text("as it was")
    (tmp_path / "a.mmd").symlink_to("real.mmd")
    draw(square, tmp_path / "a.mmd")
    assert (tmp_path / "a.mmd").is_symlink()
    assert (tmp_path / "real.mmd").read_text(encoding="utf-8") == to_mermaid(square)
    (tmp_path / "plain").write_text("")
    assert draw(square, tmp_path / "new.mmd").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_where_it_cannot_be_written(tmp_path: Path, square: Value) -> None:
    (tmp_path / "folder.mmd").mkdir()
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none" / "a.mmd", tmp_path / "folder.mmd", tmp_path / "file" / "a.mmd"):
        with pytest.raises(ArgumentError, match=r"cannot write .*mmd: "):
            draw(square, path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.mmd"]
    if sys.platform != "win32" and os.geteuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(ArgumentError, match="cannot write"):
            draw(square, tmp_path / "a.mmd")
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("path", [3, b"a.mmd", ["a.mmd"]])
def test_what_is_no_path_is_refused(square: Value, path: Any) -> None:
    with pytest.raises(OperandError, match="a file is named by text or a Path"):
        draw(square, path)


def test_an_embedded_null_is_refused(square: Value) -> None:
    with pytest.raises(ArgumentError, match="cannot write"):
        draw(square, "a\0.mmd")


def test_where_dot_finds_no_curve_the_arrows_are_straight(monkeypatch: pytest.MonkeyPatch, square: Value) -> None:
    from autograd.render.digraph import FoundDigraph

    asked: list[str] = []
    piped = FoundDigraph._piped

    def crowded(self: FoundDigraph, *args: Any, **kwargs: Any) -> Any:
        asked.append(self.graph_attr.get("splines", "curves"))
        if asked == ["curves"]:
            raise GraphError("`dot` failed: in routesplines, illegal values of prev 1 and next 1")
        return piped(self, *args, **kwargs)

    monkeypatch.setattr(FoundDigraph, "_piped", crowded)
    assert to_svg(square).startswith("<svg")
    assert asked == ["curves", "line"]


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"expand": 5}, OperandError, "expand is the name of a box"),
        ({"expand": None}, OperandError, "expand is the name of a box"),
        ({"trace": 3}, OperandError, "trace is an autograd.reading.trace.Trace"),
        ({"bogus": 1}, ArgumentError, "no option 'bogus'; it has show"),
        ({"at_step": True}, OperandError, "whole number of records"),
    ],
)
def test_bad_options_are_named(square: Value, options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        to_svg(square, **options)


def test_without_a_path_a_notebook_shows_the_picture_and_a_terminal_asks_for_one(
    dot: Path, expression: Value, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ArgumentError, match=r'into a file here: draw\(root, "graph.svg"\)'):
        expression.draw()
    shown: list[str] = []
    for kernel in (None, object()):
        shell = SimpleNamespace(kernel=kernel)
        notebook = SimpleNamespace(get_ipython=lambda s=shell: s, display=SimpleNamespace(display=shown.append))
        monkeypatch.setitem(sys.modules, "IPython", notebook)
        if kernel is None:
            with pytest.raises(ArgumentError, match="into a file here"):
                draw(expression)
        else:
            assert draw(expression, rankdir="TB") is None
    assert shown == [to_svg(expression, rankdir="TB")]


def test_svg_shows_itself_in_a_notebook(dot: Path, expression: Value) -> None:
    text: Any = to_svg(expression)
    assert type(text._repr_svg_()) is str
    assert text._repr_svg_() == text
