"""The commands' names, one-letter forms and help."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from ..errors import ArgumentError, shown
from ..reading.conditions import VARIABLES

__all__ = ["COMMANDS", "WIDTH", "Command", "find", "help_lines", "quoted"]

WIDTH = 80
_NARROW, _COLUMN = 60, 26

_CLOSING = (
    "A blank line repeats the last command. A beginning that fits one command alone stands for it. Nodes go by their "
    "labels, and by v1, v2, ... where they have none; print shows them all."
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as the help shows it.

    Args:
        name: what is typed in full.
        short: its short form; "": it has none.
        usage: what stands behind the name.
        does: in one line.
        more: what else there is to know.
        words: what may stand behind the name, for completion.
        takes_nodes: whether names of nodes may.
    """

    name: str
    short: str
    usage: str
    does: str
    more: str = ""
    words: tuple[str, ...] = ()
    takes_nodes: bool = False


def _of_nodes(name: str, short: str, usage: str, does: str, more: str = "") -> Command:
    return Command(name, short, usage, does, more, takes_nodes=True)


_KINDS = ("node", "neuron", "layer")

COMMANDS = (
    Command("step", "s", "[N]", "let the next record happen, or the next N"),
    Command(
        "next",
        "n",
        "[neuron|layer]",
        "go on to the next backward visit, or to the next neuron or layer",
        "What is computed before it happens on the way. A neuron is a sum of weights times inputs, with its "
        "activation if it has one.",
        words=_KINDS,
    ),
    _of_nodes("until", "u", "NODE", "go on until the node's gradient is complete"),
    Command(
        "run", "r", "", "go on to the end, or to where a break holds", 'It is also called "continue", c for short.'
    ),
    Command("back", "k", "[N]", "undo the last record, or the last N"),
    Command("goto", "g", "K", "stand after K records, forwards or backwards"),
    Command("restart", "", "", "stand before the first record, as goto 0"),
    Command("where", "w", "", "the last record, what comes next, and the gradients that are on their way"),
    Command(
        "list",
        "l",
        "[FROM [TO]]",
        "the records around this place; -> marks the last one that happened",
        "With numbers, the records from one to the other. Of records to come it names the node alone.",
    ),
    _of_nodes("print", "p", "[NODE ...]", "a node's value and its gradient so far; alone, every node's"),
    _of_nodes("why", "y", "NODE", "every contribution to the node's gradient so far"),
    _of_nodes("explain", "e", "NODE", "the chain rule for the node, written out"),
    _of_nodes(
        "predict",
        "",
        "NODE [GUESS]",
        "guess a gradient before it is shown",
        "A guess is a number such as -0.5, 1/3 or 2*3. Without one you are asked for it.",
    ),
    _of_nodes("watch", "", "[NODE]", "tell of every change of the node's gradient; alone, list what is watched"),
    Command(
        "break",
        "b",
        "[CONDITION]",
        "stop run, until and next where the condition holds; alone, list the conditions",
        f"It compares {', '.join(VARIABLES)}: as abs(grad) < 1e-6, or value > 0 and message == 0. grad is a complete "
        "gradient; a message is upstream * local.",
        words=(*VARIABLES, "abs("),
    ),
    Command("clear", "", "", "forget every break and every watched node"),
    Command(
        "draw",
        "d",
        "[FILE]",
        "write a picture (SVG) of this very moment",
        "The file is step-K.svg if not named. Another end of its name makes another kind: .png, .dot or .mmd.",
    ),
    Command("help", "h", "[COMMAND]", "this list, or more about one command", "? is another name for it."),
    Command("quit", "q", "", "leave; so does the end of input (Ctrl-D)"),
)
_BY_NAME = {command.name: command for command in COMMANDS}
_ALSO = {command.short: command for command in COMMANDS if command.short} | {
    "c": _BY_NAME["run"],
    "cont": _BY_NAME["run"],
    "continue": _BY_NAME["run"],
    "exit": _BY_NAME["quit"],
    "?": _BY_NAME["help"],
}


def find(word: str) -> Command:
    """The command of that name, short form, or unambiguous beginning.

    Raises:
        ArgumentError: there is none, and the message names the nearest; or several begin like that.

    Example:
        >>> find("n").name, find("back").name, find("exp").name
        ('next', 'back', 'explain')
    """
    word = word.lower()
    found = _BY_NAME.get(word) or _ALSO.get(word)
    if found is not None:
        return found
    begin = [name for name in _BY_NAME if word and name.startswith(word)]
    if len(begin) == 1:
        return _BY_NAME[begin[0]]
    if begin:
        raise ArgumentError(f"{quoted(word)} may be {' or '.join(begin)}: type more of it")
    near = get_close_matches(word, _BY_NAME, n=1, cutoff=0.6) if len(word) <= 40 else []
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ArgumentError(f"there is no command {quoted(word)}{hint} (help lists the commands)")


def quoted(text: str) -> str:
    """Typed text in quotes, cut if it is long.

    >>> quoted("nxt")
    "'nxt'"
    """
    short = shown(text)
    return repr(text) if short == text else short


def help_lines(width: int = WIDTH, command: Command | None = None) -> Iterator[str]:
    """The help: every command in a line or two, or all about one.

    Example:
        >>> print(*help_lines(command=find("goto")), sep="\\n")
        goto K (g): stand after K records, forwards or backwards
    """
    width = min(width, WIDTH)
    if command is not None:
        short = f" ({command.short})" if command.short else ""
        yield from textwrap.wrap(f"{_used(command)}{short}: {command.does}", width, subsequent_indent="  ")
        yield from textwrap.wrap(command.more, width, initial_indent="  ", subsequent_indent="  ")
        return
    for each in COMMANDS:
        head = f"{each.short:>1}  {_used(each)}"
        if width < _NARROW:
            yield from textwrap.wrap(head, width, subsequent_indent="     ")
            yield from textwrap.wrap(each.does, width, initial_indent="     ", subsequent_indent="     ")
        else:
            yield from textwrap.wrap(f"{head:<{_COLUMN}}{each.does}", width, subsequent_indent=" " * _COLUMN)
    yield ""
    yield from textwrap.wrap(_CLOSING, width)


def _used(command: Command) -> str:
    return f"{command.name} {command.usage}".strip()
