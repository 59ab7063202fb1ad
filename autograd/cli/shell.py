"""The terminal under the stepper: it reads lines, finds the command that is meant, completes, wraps and colours."""

from __future__ import annotations

import cmd
import io
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from ..errors import ArgumentError, AutogradError, shown
from ..reading.text import WIDTH, columns
from .output import one_line

__all__ = ["Screen", "Shell", "history_file", "quoted"]


_AGAIN = "Ctrl-C once more leaves; so do quit and Ctrl-D"


class Shell(cmd.Cmd):
    """A `cmd.Cmd` with errors in one line.

    On a terminal lines are edited and completed. Elsewhere each line is printed behind its prompt, so that the output
    is a transcript.
    """

    prompt = "(step) "

    def __init__(self, screen: Screen) -> None:
        super().__init__(stdin=io.StringIO() if sys.stdin is None else sys.stdin, stdout=screen.stream)
        self.screen = screen
        self.use_rawinput = self.stdin.isatty() and screen.terminal
        self._interrupted = False  # by Ctrl-C, and no line has come since

    def names(self) -> Iterable[str]:
        """The names of nodes, for completion."""
        return ()

    # --- reading ----------------------------------------------------------------------------------------------------

    def cmdloop(self, intro: str | None = None) -> None:
        """Read and obey lines until one says to leave, or there are no more."""
        if isinstance(self.stdin, io.TextIOWrapper):
            self.stdin.reconfigure(errors="replace")  # what is no text is no command either
        with line_editing() if self.use_rawinput else nullcontext():
            while True:
                try:
                    return super().cmdloop()
                except KeyboardInterrupt:
                    print(file=self.stdout)
                    if self._interrupted or not self.use_rawinput:
                        raise
                    self._interrupted = True
                    print(_AGAIN, file=self.stdout)

    def precmd(self, line: str) -> str:
        """Print the line behind the prompt, unless the terminal has done so."""
        self._interrupted = False
        if line == "EOF":
            print(file=self.stdout)
        else:
            self._echo(line)
        return line

    def ask(self, question: str) -> str | None:
        """Ask for one line; None: the input has ended, and so does the session."""
        if self.use_rawinput:
            with suppress(EOFError):
                return answer(question)
        else:
            print(question, end="", flush=True, file=self.stdout)
            if line := self.stdin.readline():
                self._echo(line.rstrip("\r\n"))
                return line
        self.cmdqueue.append("EOF")
        return None

    def _echo(self, line: str) -> None:
        if not self.use_rawinput:
            signs = (c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)
            print("".join(signs), file=self.stdout)

    # --- obeying ----------------------------------------------------------------------------------------------------

    def parseline(self, line: str) -> tuple[str | None, str | None, str]:
        """The command in full, what stands behind it, and the line."""
        name, argument, line = super().parseline(line)
        if name and line != "EOF":
            try:
                name = find(name).name
            except ArgumentError:
                return None, None, line
        return name, argument, line

    def onecmd(self, line: str) -> bool:
        """Obey one line; return whether to leave."""
        try:
            return bool(super().onecmd(line))
        except AutogradError as error:
            self.screen.show([one_line(error)], "bad")
            return False

    def emptyline(self) -> bool:
        """Repeat the last command."""
        if self.lastcmd:
            return self.onecmd(self.lastcmd)
        self.screen.show(["there is no command to repeat yet; help lists the commands"])
        return False

    def default(self, line: str) -> None:
        """Say which command may have been meant."""
        word = line.split()[0]
        if line in self.names():
            raise ArgumentError(f"{line} is a node; print {line} shows it, why {line} says where its gradient is from")
        name = super().parseline(line)[0]
        find(name or word)  # raises, and says what comes near

    def do_EOF(self, argument: str) -> bool:
        """Leave at the end of input."""
        return True

    # --- completing -------------------------------------------------------------------------------------------------

    def completenames(self, text: str, *ignored: object) -> list[str]:
        """The commands that begin like that."""
        found = [command.name for command in COMMANDS if command.name.startswith(text.lower())]
        return [f"{found[0]} "] if len(found) == 1 else found

    def completedefault(self, text: str, line: str, begidx: int, endidx: int) -> list[str]:
        """The words and names of nodes that may stand here; a name may hold spaces, which end a word for readline."""
        name, _, _ = self.parseline(line)
        if not name:
            return []
        command = find(name)
        found = [word for word in command.words if word.startswith(text)]
        if "NODE" in command.usage:
            before = line[:endidx].lstrip().partition(" ")[2].lstrip()
            typed = {before, text}
            for node in self.names():
                found += {node[len(start) - len(text) :] for start in typed if node.startswith(start)}
        return list(dict.fromkeys(found))


# --- the commands -----------------------------------------------------------------------------------------------------

_NARROW, _COLUMN = 60, 26

_CLOSING = (
    "A blank line repeats the last command. A beginning that fits one command alone stands for it. Nodes go by their "
    "labels, and by v1, v2, ... where they have none; print shows them all."
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as the help shows it."""

    name: str
    short: str  # its short form; "": it has none
    usage: str  # what stands behind the name
    does: str  # in one line
    more: str = ""
    words: tuple[str, ...] = ()  # what may stand behind the name, for completion, besides the names of nodes

    @property
    def used(self) -> str:
        return f"{self.name} {self.usage}".strip()


COMMANDS: list[Command] = []  # in the order of the help
_ALSO = {"c": "run", "cont": "run", "continue": "run", "exit": "quit", "?": "help"}


def command(
    short: str, usage: str = "", words: tuple[str, ...] = (), instead: str = ""
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a command of a method called do_NAME: the help says what its docstring says.

    Without a usage it takes no argument, and `instead` ends the message to whoever gives it one.
    """

    def add(do: Callable[..., Any]) -> Callable[..., Any]:
        name = do.__name__.removeprefix("do_")
        does, _, more = (" ".join(part.split()) for part in (do.__doc__ or "").partition("\n\n"))
        does = does[:1].lower() + does[1:].rstrip(".")
        COMMANDS.append(Command(name, short, usage, does, more, words))

        @wraps(do)
        def alone(self: Any, argument: str) -> Any:
            if bare(argument):
                raise ArgumentError(f"nothing stands behind {name}, got {quoted(argument)}{instead}")
            return do(self)

        return do if usage else alone

    return add


def bare(argument: str) -> str:
    """The argument without the brackets and quotes of Python, which a hint of the library may show."""
    return argument.strip("()\"' ")


def find(word: str) -> Command:
    """The command of that name, short form, or unambiguous beginning."""
    word = word.lower()
    by_name = {each.name: each for each in COMMANDS}
    shorts = _ALSO | {each.short: each.name for each in COMMANDS if each.short}
    if found := by_name.get(shorts.get(word, word)):
        return found
    begin = [name for name in by_name if word and name.startswith(word)]
    if len(begin) == 1:
        return by_name[begin[0]]
    if begin:
        raise ArgumentError(f"{quoted(word)} may be {' or '.join(begin)}: type more of it")
    near = get_close_matches(word, by_name, n=1, cutoff=0.6) if len(word) <= 40 else []
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ArgumentError(f"there is no command {quoted(word)}{hint} (help lists the commands)")


def quoted(text: str) -> str:
    """Typed text in quotes, cut if it is long."""
    short = shown(text)
    return repr(text) if short == text else short


def help_lines(width: int = WIDTH, command: Command | None = None) -> Iterator[str]:
    """The help: every command in a line or two, or all about one."""
    width = min(width, WIDTH)
    if command is not None:
        short = f" ({command.short})" if command.short else ""
        yield from textwrap.wrap(f"{command.used}{short}: {command.does}", width, subsequent_indent="  ")
        yield from textwrap.wrap(command.more, width, initial_indent="  ", subsequent_indent="  ")
        return
    for each in COMMANDS:
        head = f"{each.short:>1}  {each.used}"
        if width < _NARROW:
            yield from textwrap.wrap(head, width, subsequent_indent="     ")
            yield from textwrap.wrap(each.does, width, initial_indent="     ", subsequent_indent="     ")
        else:
            yield from textwrap.wrap(f"{head:<{_COLUMN}}{each.does}", width, subsequent_indent=" " * _COLUMN)
    yield ""
    yield from textwrap.wrap(_CLOSING, width)


# --- the screen -------------------------------------------------------------------------------------------------------

Subject: TypeAlias = Callable[[int], str]

_STYLES = {"strong": "1", "faint": "2", "good": "32", "note": "33", "bad": "31", "node": "1;36"}
_NARROWEST = 10
_RECORD = re.compile(r"(?P<marker>(?:->|  ) )?\[\d+/\d+\]")


class Screen:
    """Prints to a stream: on a terminal wrapped to its width, and coloured; elsewhere as it is."""

    def __init__(self, stream: TextIO, colour: bool) -> None:
        self.stream = stream
        self.colour = colour
        self.terminal = stream.isatty()

    @property
    def width(self) -> int | None:
        """How many columns there are; None: it is no terminal, and a line may be of any length."""
        return max(shutil.get_terminal_size().columns, _NARROWEST) if self.terminal else None

    def show(self, lines: Iterable[str], style: str = "", subject: Subject | None = None) -> None:
        """Print lines in a style, or without one each in the style that its text asks for.

        `subject` gives the name of the node that a record is about, for the record's number; the name is highlighted.
        """
        for line in lines:
            first, *rest = self._wrapped(line)
            print(self._first(first, style, subject), file=self.stream)
            for part in rest:
                print(self._painted(part, style or _style_of(line)), file=self.stream)

    def _wrapped(self, line: str) -> list[str]:
        width = self.width
        if width is None or columns(line) <= width:
            return [line]
        indent = len(line) - len(line.removeprefix("->").lstrip(" ")) + 2
        return list(_broken(line, width, " " * indent if indent <= width // 3 else "  "))

    def _first(self, line: str, style: str, subject: Subject | None) -> str:
        record = None if style else _RECORD.match(line)
        if record is None or not self.colour:
            return self._painted(line, style or _style_of(line))
        head, rest = record[0], line[record.end() :]
        if subject is not None:
            name = subject(int(re.findall(r"\d+", head)[0]))
            behind = re.match(r" \(layer [^)]*\)", rest)  # which neuron it is in comes first
            pattern = re.compile(rf"(?<![\w.\[,]){re.escape(name)}(?![\w.\[,])")
            place = pattern.search(rest, behind.end() if behind else 0)
            if place:
                rest = rest[: place.start()] + self._painted(name, "node") + rest[place.end() :]
        return self._painted(head, "strong" if record["marker"] == "-> " else "faint") + rest

    def _painted(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour and style and text else text


def _style_of(line: str) -> str:
    return "note" if line.startswith(("stopped:", "watching ")) or "not finite:" in line else ""


def _broken(line: str, width: int, indent: str) -> Iterator[str]:
    """Parts of at most `width` columns, broken at spaces, or within a word that is longer than a line."""
    part, empty = "", True
    for word in re.findall(r" *[^ ]+", line):
        if columns(part) + columns(word) > width and not empty:
            yield part
            part, word, empty = indent, word.lstrip(" "), True
        while columns(part) + columns(word) > width:
            room = width - columns(part)
            cut = next((i for i in range(len(word), 0, -1) if columns(word[:i]) <= room), 1)
            yield part + word[:cut]
            part, word = indent, word[cut:]
        part += word
        empty = empty and not word
    yield part


# --- completion and history, where the platform has readline ----------------------------------------------------------

_LONGEST = 1000  # history, in lines


@contextmanager
def line_editing() -> Iterator[None]:
    """Set readline up for names of nodes, and keep the history; whatever fails leaves plain reading of lines."""
    try:
        import readline
    except ImportError:
        yield
        return
    delimiters = readline.get_completer_delims()
    readline.set_completer_delims(" \t\n")  # a label may hold any other sign
    readline.parse_and_bind("set enable-bracketed-paste off")  # pasted lines are commands, each of them
    if "libedit" in (readline.__doc__ or ""):  # which does not understand how `cmd` binds the key
        readline.parse_and_bind("bind ^I rl_complete")
    readline.set_history_length(_LONGEST)
    file = history_file()
    with suppress(OSError):
        if file is not None:
            readline.read_history_file(file)
    try:
        yield
    finally:
        readline.set_completer_delims(delimiters)
        with suppress(OSError):
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                readline.write_history_file(file)


def answer(question: str) -> str:
    """The line typed after a question; it is no command, so the history leaves it out."""
    try:
        import readline
    except ImportError:
        return input(question)
    readline.set_auto_history(False)
    try:
        return input(question)
    finally:
        readline.set_auto_history(True)


def history_file(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where the history is kept; None: there is no such place."""
    state = environment.get("XDG_STATE_HOME", "")
    if os.path.isabs(state):  # the convention has other paths ignored
        return Path(state, "autograd", "step_history")
    try:
        return Path.home() / ".local" / "state" / "autograd" / "step_history"
    except RuntimeError:  # nobody knows this user's home
        return None
