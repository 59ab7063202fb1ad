"""Reads lines, finds the command that is meant, and completes; knows nothing of what the commands do."""

from __future__ import annotations

import cmd
import io
import sys
from collections.abc import Iterable
from contextlib import nullcontext

from ..errors import ArgumentError, AutogradError
from . import words
from .line_editing import answer, line_editing
from .screen import Screen

__all__ = ["Shell"]


class Shell(cmd.Cmd):
    """A `cmd.Cmd` whose commands are those of `words`, with errors in one line.

    On a terminal lines are edited and completed. Elsewhere each line is printed behind its prompt, so that the output
    is a transcript.

    Args:
        screen: where to print.
    """

    prompt = "(step) "

    def __init__(self, screen: Screen) -> None:
        super().__init__(stdin=io.StringIO() if sys.stdin is None else sys.stdin, stdout=screen.stream)
        self.screen = screen
        self.use_rawinput = self.stdin.isatty() and screen.terminal

    def names(self) -> Iterable[str]:
        """The names of nodes, for completion."""
        return ()

    # --- reading ----------------------------------------------------------------------------------------------------

    def cmdloop(self, intro: str | None = None) -> None:
        """Read and obey lines until one says to leave, or there are no more."""
        if isinstance(self.stdin, io.TextIOWrapper):
            self.stdin.reconfigure(errors="replace")  # what is no text is no command either
        with line_editing() if self.use_rawinput else nullcontext():
            super().cmdloop(intro)

    def precmd(self, line: str) -> str:
        """Print the line behind the prompt, unless the terminal has done so."""
        if line == "EOF":
            print(file=self.stdout)
        else:
            self._echo(line)
        return line

    def ask(self, question: str) -> str | None:
        """Ask for one line; None: the input has ended, and so does the session."""
        if self.use_rawinput:
            try:
                return answer(question)
            except EOFError:
                self.cmdqueue.append("EOF")
                return None
        print(question, end="", flush=True, file=self.stdout)
        line = self.stdin.readline()
        if not line:
            self.cmdqueue.append("EOF")
            return None
        line = line.rstrip("\r\n")
        self._echo(line)
        return line

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
                name = words.find(name).name
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
        words.find(name or word)  # raises, and says what comes near

    def do_EOF(self, argument: str) -> bool:
        """Leave at the end of input."""
        return True

    # --- completing -------------------------------------------------------------------------------------------------

    def completenames(self, text: str, *ignored: object) -> list[str]:
        """The commands that begin like that."""
        found = [command.name for command in words.COMMANDS if command.name.startswith(text.lower())]
        return [f"{found[0]} "] if len(found) == 1 else found

    def completedefault(self, text: str, line: str, begidx: int, endidx: int) -> list[str]:
        """The words and names of nodes that may stand here; a name may hold spaces, which end a word for readline."""
        name, _, _ = self.parseline(line)
        if not name:
            return []
        command = words.find(name)
        found = [word for word in command.words if word.startswith(text)]
        if command.takes_nodes:
            before = line[:endidx].lstrip().partition(" ")[2].lstrip()
            typed = {before, text}
            for node in self.names():
                found += {node[len(start) - len(text) :] for start in typed if node.startswith(start)}
        return list(dict.fromkeys(found))


def one_line(error: AutogradError) -> str:
    """What an error says, without the line that points at a place.

    Example:
        >>> from autograd.errors import ExpressionError
        >>> one_line(ExpressionError("powers are written **", "x^2", 1))
        'column 2: powers are written **'
    """
    return " ".join(str(error).partition("\n")[0].split())
