"""The stepper in a terminal, which is what ``autograd step`` runs: what each of its commands does."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Set
from pathlib import Path
from typing import Any

from ..checking.guessing import judge_guess
from ..engine.graph import is_constant
from ..engine.ops import LEAF
from ..errors import ArgumentError, AutogradError, ExpressionError, shown
from ..functions.expressions import parse
from ..reading.conditions import VARIABLES
from ..reading.explain import explain
from ..reading.names import short_number
from ..reading.stepper import Records, Stepper
from ..render import draw
from .shell import WIDTH, Screen, Shell, command, find, help_lines, one_line, quoted

__all__ = ["StepShell", "walk"]

_MOST_RECORDS = 50  # that one command prints
_MOST_NODES = 40
_AROUND = 4
_WHOLE = (".html", ".tex")  # files that show the whole pass and no moment of it

_GREETING = "Type help for help, step (or s) for the next record; a blank line repeats the last command."
_OVER = "the pass is over; back, goto K and restart lead back into it"


def walk(root: Any, title: str, colour: bool = False) -> int:
    """Obey the commands on stdin until one says to leave, or there are no more; return the exit status, 0."""
    shell = StepShell(Stepper(root), Screen(sys.stdout, colour))
    shell.greet(title)
    shell.cmdloop()
    return 0


class StepShell(Shell):
    """The commands, each a method; what stands behind its name is the argument."""

    def __init__(self, stepper: Stepper, screen: Screen) -> None:
        super().__init__(screen)
        self.stepper = stepper
        self._trace = stepper.records

    def names(self) -> Iterable[str]:
        return self._trace.names.known()

    def greet(self, title: str) -> None:
        """Say what is stepped through, and where help is."""
        total, forward = len(self._trace), len(self._trace.order)
        values, visits = _many(forward, "value"), _many(total - forward - 1, "backward visit")
        self.screen.show([title], "strong")
        self.screen.show([f"{total:,} records: {values}, the seed at {self._root}, {visits}.", _GREETING])

    # --- moving -----------------------------------------------------------------------------------------------------

    @command("s", "[N]")
    def do_step(self, argument: str) -> None:
        """Let the next record happen, or the next N."""
        n = count(argument, "step", 1)
        self._refuse_at_the_end()
        self._move(lambda: self.stepper.step(n))

    @command("n", "[neuron|layer]", words=("node", "neuron", "layer"))
    def do_next(self, argument: str) -> None:
        """Go on to the next backward visit, or to the next neuron or layer.

        What is computed before it happens on the way. A neuron is a sum of weights times inputs, with its activation if
        it has one.
        """
        what = bare(argument) or "node"
        self._refuse_at_the_end()
        meant = [word for word in find("next").words if word.startswith(what)]
        self._move(lambda: self.stepper.next(meant[0] if len(meant) == 1 else what))

    @command("u", "NODE", takes_nodes=True)
    def do_until(self, argument: str) -> None:
        """Go on until the node's gradient is complete."""
        node = self._node(argument, "until")
        self._move(lambda: self.stepper.until(node))

    @command("r", "")
    def do_run(self, argument: str) -> None:
        """Go on to the end, or to where a break holds.

        It is also called "continue", c for short.
        """
        nothing(argument, "run", "; until NODE stops at a node")
        self._refuse_at_the_end()
        self._move(self.stepper.run)

    @command("k", "[N]")
    def do_back(self, argument: str) -> None:
        """Undo the last record, or the last N."""
        n = count(argument, "back", 1)
        self._move(lambda: self.stepper.back(n))

    @command("g", "K")
    def do_goto(self, argument: str) -> None:
        """Stand after K records, forwards or backwards."""
        k = count(argument, "goto")
        self._move(lambda: self.stepper.goto(k))

    @command("", "")
    def do_restart(self, argument: str) -> None:
        """Stand before the first record, as goto 0."""
        nothing(argument, "restart")
        self._move(lambda: self.stepper.goto(0))

    def _move(self, how: Callable[[], Any]) -> None:
        before = self.stepper.position
        found = how()
        self._show(_all(found) if isinstance(found, Records) else repr(found).splitlines())
        if self.stepper.position == len(self._trace) != before:
            self.screen.show(self._result())

    def _refuse_at_the_end(self) -> None:
        if self.stepper.position == len(self._trace):
            raise ArgumentError(_OVER)

    def _result(self) -> Iterator[str]:
        yield "The gradient of each leaf:"
        inputs = [node for node in self._trace.order if node._row is LEAF and not is_constant(node)]
        for node in inputs[:_MOST_NODES]:
            gradient = self.stepper.look(node).gradient
            yield f"  {self._derivative(node)} = {'0' if gradient is None else short_number(gradient)}"
        if len(inputs) > _MOST_NODES:
            yield f"  ... and {len(inputs) - _MOST_NODES:,} more; print NODE shows one"
        if not inputs:
            yield "  none: every leaf is a constant"

    # --- looking ----------------------------------------------------------------------------------------------------

    @command("w", "")
    def do_where(self, argument: str) -> None:
        """The last record, what comes next, and the gradients that are on their way."""
        nothing(argument, "where", "; print NODE shows a node")
        self._show(repr(self.stepper.where()).splitlines())

    @command("l", "[FROM [TO]]")
    def do_list(self, argument: str) -> None:
        """The records around this place; -> marks the last one that happened.

        With numbers, the records from one to the other. Of records to come it names the node alone.
        """
        # Records to come go by name alone: their numbers would spoil a guess.
        k = self.stepper.position
        first, last = k - _AROUND + 1, k + _AROUND
        if argument:
            numbers = [count(word, "list") for word in argument.replace(",", " ").split()]
            if not 1 <= len(numbers) <= 2 or not 1 <= numbers[0] <= numbers[-1] <= len(self._trace):
                raise ArgumentError(f"list takes one or two numbers of records, 1 to {len(self._trace)}, as list 2 5")
            first, last = numbers[0], numbers[-1]
        if k < first or not k:
            self._show([f"-> after {k} of {len(self._trace)} records"])
        for i in range(max(first, 1), min(last, len(self._trace)) + 1):
            if i > k:
                self._show([f"   [{i}/{len(self._trace)}] to come: {self._trace.announced(i - 1)}"])
            else:
                head, *rest = str(Records(self._trace, i - 1, i)).splitlines()
                self._show([f"{'->' if i == k else '  '} {head}", *(f"   {line}" for line in rest)])

    @command("p", "[NODE ...]", takes_nodes=True)
    def do_print(self, argument: str) -> None:
        """A node's value and its gradient so far; alone, every node's."""
        nodes = self._nodes(argument)
        if nodes:
            self._show(str(self.stepper.look(node)) for node in nodes)
            return
        names = list(self.names())
        self._show(str(self.stepper.look(name)) for name in names[:_MOST_NODES])
        if len(names) > _MOST_NODES:
            self._show([f"... and {len(names) - _MOST_NODES:,} more; print NODE shows one"])

    @command("y", "NODE", takes_nodes=True)
    def do_why(self, argument: str) -> None:
        """Every contribution to the node's gradient so far."""
        self._show(repr(self.stepper.why(self._node(argument, "why"))).splitlines())

    @command("e", "[NODE]", takes_nodes=True)
    def do_explain(self, argument: str) -> None:
        """The chain rule for the node, written out; alone, for every leaf."""
        node = self._node(argument, "explain") if argument else None
        self._show(str(explain(self._trace.root, node)).splitlines())

    # --- guessing and watching --------------------------------------------------------------------------------------

    @command("", "NODE [GUESS]", takes_nodes=True)
    def do_predict(self, argument: str) -> None:
        """Guess a gradient before it is shown.

        A guess is a number such as -0.5, 1/3 or 2*3. Without one you are asked for it.
        """
        name, typed = node_and_rest(argument, set(self.names()))
        node = self._node(name, "predict")
        if is_constant(node):
            raise ArgumentError(f"{self._trace.names[node]} is a constant: no gradient flows to it")
        if not typed:
            answer = self.ask(f"{self._derivative(node)} = ? ")
            if answer is None:
                return
            typed = answer.strip()
        if not typed:
            raise ArgumentError("no guess, so none is judged")
        guess = judge_guess(self._trace.root, node, number(typed), typed=typed)
        self.screen.show(guess.text.splitlines(), "good" if guess.right else "note")

    @command("", "[NODE]", takes_nodes=True)
    def do_watch(self, argument: str) -> None:
        """Tell of every change of the node's gradient; alone, list what is watched."""
        for node in self._nodes(argument):
            self.stepper.watch(node)
        watched = self.stepper.watched
        self._show([str(self.stepper.look(node)) for node in watched] or ["nothing is watched; watch NODE does"])

    @command("b", "[CONDITION]", words=(*VARIABLES, "abs("))
    def do_break(self, argument: str) -> None:
        """Stop run, until and next where the condition holds; alone, list the conditions.

        It compares value, grad, upstream, local, message: as abs(grad) < 1e-6, or value > 0 and message == 0. grad is
        a complete gradient; a message is upstream * local.
        """
        if argument:
            self._show([repr(self.stepper.break_when(argument))])
        else:
            none = "there is no break; one is break abs(grad) < 1e-6"
            self._show(list(map(repr, self.stepper.breaks)) or [none])

    @command("", "")
    def do_clear(self, argument: str) -> None:
        """Forget every break and every watched node."""
        nothing(argument, "clear")
        self.stepper.clear()
        self._show(["no breaks, and nothing is watched"])

    # --- the rest ---------------------------------------------------------------------------------------------------

    @command("d", "[FILE]")
    def do_draw(self, argument: str) -> None:
        """Write a picture (SVG) of this very moment.

        The file is step-K.svg if not named. Another end of its name makes another kind: .png, .dot or .mmd.
        """
        k = self.stepper.position
        path = Path(os.path.expanduser(bare(argument) or f"step-{k}.svg"))
        if path.suffix.lower() in _WHOLE:
            raise ArgumentError(f"a {path.suffix} file shows the whole pass, no moment of it; draw step-{k}.svg does")
        draw(self._trace.root, path, trace=self._trace, at_step=k)
        self._show([f"wrote {shown(str(path))}"])

    @command("h", "[COMMAND]")
    def do_help(self, arg: str) -> None:
        """This list, or more about one command.

        ? is another name for it.
        """
        asked = find(arg.split()[0]) if arg.split() else None
        self.screen.as_it_is(help_lines(self.screen.width or WIDTH, asked))

    @command("q", "")
    def do_quit(self, argument: str) -> bool:
        """Leave; so do the end of input (Ctrl-D) and Ctrl-C twice."""
        nothing(argument, "quit")
        return True

    # --- helpers ----------------------------------------------------------------------------------------------------

    @property
    def _root(self) -> str:
        return self._trace.names[self._trace.root]

    def _show(self, lines: Iterable[str]) -> None:
        self.screen.show(lines, subject=self._subject)

    def _subject(self, i: int) -> str:
        return self._trace.names[self._trace.outline(i - 1)[1]]

    def _derivative(self, node: Any) -> str:
        return f"d {self._root} / d {self._trace.names[node]}"

    def _node(self, name: str, command: str) -> Any:
        if not name:
            some = next(iter(self.names()))
            raise ArgumentError(f"{command} takes the name of a node, as {command} {some}; print shows them all")
        return self._trace.names.find(name)

    def _nodes(self, argument: str) -> list[Any]:
        """The node of that name; or else those of its words."""
        names = [argument] if argument in self.names() else argument.split()
        return [self._trace.names.find(name) for name in names]


def _all(records: Records) -> list[str]:
    """Every record, or the first and the last few of a great many."""
    if len(records) <= _MOST_RECORDS:
        return str(records).splitlines()
    return repr(records).replace("records not shown)", "records not shown; list FROM TO shows them)").splitlines()


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"


# --- what stands behind a command -------------------------------------------------------------------------------------


def bare(argument: str) -> str:
    """The argument without the brackets and quotes of Python, which a hint of the library may show."""
    return argument.strip("()\"' ")


def nothing(argument: str, command: str, hint: str = "") -> None:
    """Refuse an argument where there is none to give; `hint` is the end of the message."""
    if bare(argument):
        raise ArgumentError(f"nothing stands behind {command}, got {quoted(argument)}{hint}")


def count(argument: str, command: str, default: int | None = None) -> int:
    """A whole number; with a default it may be missing."""
    text = bare(argument)
    if not text and default is not None:
        return default
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        got = f", got {quoted(argument)}" if argument else ""
        raise ArgumentError(f"{command} takes a whole number, as {command} 3{got}")
    return int(text)


def number(typed: str) -> float:
    """The number that an expression without variables makes."""
    try:
        found: float = parse(typed, variables=()).evaluate({})
    except AutogradError as error:
        reason = error.reason if isinstance(error, ExpressionError) else one_line(error)
        raise ArgumentError(f"{quoted(typed)} is no number: {reason}") from None
    return found


def node_and_rest(argument: str, names: Set[str]) -> tuple[str, str]:
    """The longest name that the argument begins with, and what stands behind it; else its first word, and nothing."""
    for space in [len(argument), *[match.start() for match in re.finditer(r"\s+", argument)][::-1]]:
        if argument[:space] in names:
            return argument[:space], argument[space:].strip().removeprefix("=").strip()
    return argument.partition(" ")[0], ""
