import importlib.metadata
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import graphviz
import pytest
from graphviz.backend import dot_command

from autograd import Value
from autograd.errors import AutogradError, GraphError, GraphvizMissingError
from autograd.render import engine, set_dot, to_dot, to_svg

posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins for dot are shell scripts")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("AUTOGRAD_DOT", raising=False)
    set_dot(None)
    yield
    set_dot(None)


def program(path: Path, script: str = "exit 0") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of one empty directory."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def files(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", files)


def test_the_package_is_found_off_the_path(dot: Path, bare_path: Path) -> None:
    try:
        importlib.metadata.version("graphviz-pure")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("graphviz-pure is not installed here")
    found = engine.find_dot()
    assert found.stem == "graphviz-pure"
    assert found.is_absolute()
    assert ".." not in found.parts
    assert to_svg(Value(1.0)).startswith("<svg")


@posix
def test_explicit_setting_then_variable_then_path_then_package(
    dot: Path, bare_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = program(bare_path / "dot")
    assert engine.find_dot() == on_path
    named = program(tmp_path / "named")
    monkeypatch.setenv("AUTOGRAD_DOT", str(named))
    assert engine.find_dot() == named
    chosen = program(tmp_path / "chosen")
    set_dot(chosen)
    assert engine.find_dot() == chosen
    set_dot(None)
    assert engine.find_dot() == named
    monkeypatch.setenv("AUTOGRAD_DOT", "")
    assert engine.find_dot() == on_path


@posix
def test_a_setting_may_be_a_name_on_the_path_or_relative(
    bare_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = program(bare_path / "dot-16")
    set_dot("dot-16")
    assert engine.find_dot() == other
    local = program(tmp_path / "here")
    monkeypatch.chdir(tmp_path)
    set_dot("./here")
    monkeypatch.chdir(bare_path)
    assert engine.find_dot() == local


@pytest.mark.usefixtures("bare_path", "no_package")
def test_without_any_the_error_says_what_to_install() -> None:
    with pytest.raises(GraphvizMissingError, match="pip install graphviz-pure") as caught:
        to_svg(Value(1.0))
    for way in ("apt install graphviz", "set_dot", "AUTOGRAD_DOT"):
        assert way in str(caught.value)
    assert isinstance(caught.value, AutogradError)


@pytest.mark.usefixtures("bare_path", "no_package")
def test_dot_text_needs_no_program(square: Value) -> None:
    assert to_dot(square).source.startswith("digraph")


def test_a_setting_that_is_no_program_is_refused_and_changes_nothing(tmp_path: Path, dot: Path) -> None:
    before = engine.find_dot()
    with pytest.raises(GraphvizMissingError, match="no-such-program"):
        set_dot(tmp_path / "no-such-program")
    assert engine.find_dot() == before


def test_a_variable_that_names_no_program_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRAD_DOT", "no-such-program")
    with pytest.raises(GraphvizMissingError, match="AUTOGRAD_DOT names 'no-such-program'"):
        to_svg(Value(1.0))


@posix
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("cat > /dev/null; echo 'no fonts at all' >&2; exit 3", "exit status 3: no fonts at all"),
        ("cat > /dev/null; exit 1", "exit status 1 and said nothing"),
        ("cat > /dev/null; kill -SEGV $$", "stopped by SIGSEGV"),
        ("cat > /dev/null; printf '\\377' >&2; exit 1", "exit status 1"),
    ],
)
def test_a_program_that_fails_is_quoted(tmp_path: Path, square: Value, script: str, message: str) -> None:
    set_dot(program(tmp_path / "dot", script))
    with pytest.raises(GraphError, match=message) as caught:
        to_svg(square)
    assert str(tmp_path / "dot") in str(caught.value)


@posix
def test_a_program_that_is_none_is_named(tmp_path: Path, square: Value) -> None:
    broken = tmp_path / "dot"
    broken.write_bytes(b"\x7fELF nonsense")
    broken.chmod(0o755)
    set_dot(broken)
    with pytest.raises(GraphError, match="could not be run"):
        to_svg(square)


@posix
def test_a_program_whose_interpreter_is_gone_is_named(tmp_path: Path, square: Value) -> None:
    broken = tmp_path / "dot"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    set_dot(broken)
    with pytest.raises(GraphvizMissingError, match="could not be run"):
        to_svg(square)


@posix
def test_the_graphviz_package_is_left_as_it_was(dot: Path, tmp_path: Path, square: Value) -> None:
    before = dot_command.DOT_BINARY
    to_svg(square)
    assert dot_command.DOT_BINARY is before
    set_dot(program(tmp_path / "dot", "exit 1"))
    with pytest.raises(GraphError):
        to_svg(square)
    assert dot_command.DOT_BINARY is before


def test_a_digraph_renders_by_itself(dot: Path, bare_path: Path, tmp_path: Path, square: Value) -> None:
    set_dot(dot)
    drawing = to_dot(square)
    assert isinstance(drawing, graphviz.Digraph)
    assert drawing.pipe(format="png").startswith(b"\x89PNG")
    assert "<svg" in drawing.pipe(format="svg", encoding="utf-8")
    written = Path(drawing.render(tmp_path / "square", format="svg"))
    assert "<svg" in written.read_text(encoding="utf-8")
    assert "image/svg+xml" in drawing._repr_mimebundle_()


def test_a_file_that_can_not_be_written_is_not_blamed_on_dot(dot: Path, tmp_path: Path, square: Value) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OSError, match="taken"):
        to_dot(square).render(tmp_path / "taken" / "square", format="svg")


def test_threads_may_draw_at_once(dot: Path) -> None:
    pictures: list[str] = []
    threads = [threading.Thread(target=lambda: pictures.append(to_svg(Value(1.0, "x") * 2))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pictures) == 8
    assert len(set(pictures)) == 1
