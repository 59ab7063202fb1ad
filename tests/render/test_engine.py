import importlib.metadata
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import graphviz
import pytest
from graphviz.backend import dot_command

from autograd import Value, draw
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


# --- programs that are there, and cannot draw ---------------------------------------------------------------------

HALF_CONFIGURED = """cat > /dev/null
echo 'There is no layout engine support for "dot"' >&2
echo 'Perhaps "dot -c" needs to be run (with installer'"'"'s privileges) to register the plugins?' >&2
exit 1"""
BROKEN = {
    "half-configured": HALF_CONFIGURED,
    "no formats": "cat > /dev/null; echo 'Format: \"svg\" not recognized. Use one of:' >&2; exit 1",
    "a library is missing": "echo 'error while loading shared libraries: libgvc.so.6' >&2; exit 127",
    "crashes": "cat > /dev/null; kill -SEGV $$",
    "draws nothing": "cat > /dev/null",
    "hangs": "sleep 600",
}


@pytest.fixture
def spare(dot: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program of the package, which is to take over."""
    monkeypatch.setattr(engine, "SECONDS", 1.0)
    monkeypatch.setattr(engine, "SECONDS_FOR_A_DOT", 0.5)
    found = engine._from_package()
    if found is None:
        pytest.skip("graphviz-pure is not installed here")
    return found


def with_fakes(directory: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program `dot` that comes first on the PATH."""
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return program(directory / "dot", script)


@posix
@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN)
def test_a_dot_on_the_path_that_cannot_draw_is_set_aside_with_one_warning(
    script: str, spare: Path, bare_path: Path, monkeypatch: pytest.MonkeyPatch, square: Value, tmp_path: Path
) -> None:
    fake = with_fakes(bare_path, script, monkeypatch)
    begun = time.monotonic()
    with pytest.warns(RuntimeWarning, match="cannot lay out a graph") as caught:
        picture = to_svg(square)
    assert [str(fake) in str(w.message) and str(spare) in str(w.message) for w in caught] == [True]
    assert caught[0].filename == __file__
    assert picture.startswith("<svg")
    assert to_dot(square).pipe(format="png", quiet=True).startswith(b"\x89PNG")
    assert "<svg" in Path(to_dot(square).render(tmp_path / "square", format="svg")).read_text(encoding="utf-8")
    assert time.monotonic() - begun < 30
    assert engine.find_dot() == spare
    set_dot(None)
    assert engine.find_dot() == fake  # it may be whole by now: it is looked for anew


@posix
@pytest.mark.usefixtures("spare")
def test_the_reason_why_it_is_set_aside_is_told(
    bare_path: Path, monkeypatch: pytest.MonkeyPatch, square: Value, tmp_path: Path
) -> None:
    with_fakes(bare_path, HALF_CONFIGURED, monkeypatch)
    with pytest.warns(RuntimeWarning, match="There is no layout engine support"):
        to_dot(square).render(tmp_path / "square", format="svg")


@posix
@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("way", ["set_dot", "AUTOGRAD_DOT"])
@pytest.mark.usefixtures("spare")
def test_a_program_that_the_user_named_is_not_replaced(
    way: str, script: str, bare_path: Path, monkeypatch: pytest.MonkeyPatch, square: Value
) -> None:
    fake = with_fakes(bare_path, script, monkeypatch)
    if way == "set_dot":
        set_dot(fake)
    else:
        monkeypatch.setenv(way, str(fake))
    with pytest.raises(GraphError, match=str(fake)):
        to_svg(square)


@posix
@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN)
@pytest.mark.usefixtures("no_package")
def test_without_the_package_the_error_is_that_of_the_program(
    script: str, bare_path: Path, monkeypatch: pytest.MonkeyPatch, square: Value
) -> None:
    monkeypatch.setattr(engine, "SECONDS", 1.0)
    fake = with_fakes(bare_path, script, monkeypatch)
    with pytest.raises(GraphError, match=str(fake)):
        to_svg(square)


@posix
def test_a_whole_dot_that_fails_at_one_picture_is_kept(
    spare: Path, bare_path: Path, monkeypatch: pytest.MonkeyPatch, square: Value
) -> None:
    script = f"""graph=$(cat)
case $graph in "digraph {{a}}") echo "$graph" | {spare} "$@";; *) echo 'too much' >&2; exit 1;; esac"""
    fake = with_fakes(bare_path, script, monkeypatch)
    with pytest.raises(GraphError, match="too much"):
        to_svg(square)
    assert engine.find_dot() == fake


@posix
def test_a_program_that_hangs_is_stopped_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, square: Value
) -> None:
    monkeypatch.setattr(engine, "SECONDS", 0.5)
    set_dot(program(tmp_path / "dot", f"sleep 600 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/own; wait"))
    begun = time.monotonic()
    with pytest.raises(GraphError, match=r"nothing after 0\.5 seconds \(autograd\.render\.engine\.SECONDS\)"):
        to_svg(square)
    assert time.monotonic() - begun < 20
    for name in ("own", "child"):
        assert not runs(int((tmp_path / name).read_text()))


def runs(process: int) -> bool:
    """Whether it does, a moment later at the latest."""
    for _ in range(50):
        state = Path(f"/proc/{process}/stat")
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            return False  # it has ended; nobody has asked for its status
        time.sleep(0.1)
    return True


@posix
@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_an_empty_picture_is_an_error(tmp_path: Path, square: Value, kind: str) -> None:
    set_dot(program(tmp_path / "dot", f'cat > /dev/null; case "$*" in *rendered*) : > rendered.{kind};; esac'))
    with pytest.raises(GraphError, match="empty picture"):
        to_dot(square).pipe(format=kind)
    with pytest.raises(GraphError, match="empty picture"):
        draw(square, tmp_path / f"square.{kind}")
    with pytest.raises(GraphError, match="empty picture"):
        to_dot(square).render(tmp_path / "rendered", format=kind)
    assert not list(tmp_path.glob(f"*.{kind}"))


@posix
def test_what_a_program_says_and_how_it_is_called_steer_no_terminal(
    tmp_path: Path, square: Value, capfd: pytest.CaptureFixture[str]
) -> None:
    said = r"printf '\033[31mred\033[0m\r\nsecond \007line' >&2"
    name = tmp_path / "d\x1bt\nx"
    set_dot(program(name, f"cat > /dev/null; {said}; exit 1"))
    with pytest.raises(GraphError, match=r"\\x1b\[31mred\\x1b\[0m\nsecond \\x07line") as caught:
        to_svg(square)
    assert r"d\x1bt" in str(caught.value)
    assert all(c.isprintable() or c == "\n" for c in str(caught.value))
    set_dot(program(name, f"cat > /dev/null; {said}; echo '<svg/>'"))
    to_dot(square).pipe(format="svg")
    written = capfd.readouterr().err
    assert "red" in written
    assert all(c.isprintable() or c == "\n" for c in written)


def test_file_name_in_an_error_steers_no_terminal(tmp_path: Path, square: Value) -> None:
    with pytest.raises(AutogradError, match=r"cannot write .*\\x1b\[31m") as caught:
        draw(square, tmp_path / "no\x1b[31m" / "square.dot")
    assert "\x1b" not in str(caught.value)
