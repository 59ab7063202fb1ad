"""The stepper in a terminal, which is what ``autograd step`` runs: what each of its commands does."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Set
from pathlib import Path
from typing import Any

from ..checking.guessing import judge_guess
from ..engine.graph import is_constant
from ..engine.ops import LEAF
from ..errors import ArgumentError, shown
from ..lessons import Lesson
from ..lessons.report import wants_colour
from ..reading.conditions import VARIABLES
from ..reading.explain import explain
from ..reading.names import short_number
from ..reading.stepper import Records, Stepper
from ..reading.text import WIDTH, many
from ..render import draw
from .derive import build, number
from .lessons import lesson_and_claim, title_of
from .shell import Screen, Shell, bare, command, find, help_lines, quoted

__all__ = ["StepShell", "run_lesson", "run_step", "walk"]

_MOST_RECORDS = 50  # that one command prints
_MOST_NODES = 40
_AROUND = 4
_WHOLE = (".html", ".tex")  # files that show the whole pass and no moment of it

_GREETING = "Type help for help, step (or s) for the next record; a blank line repeats the last command."
_OVER = "the pass is over; back, goto K and restart lead back into it"


def run_step(options: argparse.Namespace) -> int:
    """Step through a worked example, or through an expression; return the exit status."""
    what, more = options.what, options.values
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", what):  # no expression: there is nothing to step through in a number
        if len(more) > 1 or ("." in what and more):
            raise ArgumentError(f"one claim at a time, as: autograd step {shown(what if '.' in what else more[0])}")
        return _walk_through(*lesson_and_claim(what, *more))
    built = build(what, more)
    values = ", ".join(f"{name} = {node.data:g}" for name, node in built.inputs.items())
    return walk(built.root, f"{built.expression} at {values}" if values else str(built.expression))


def run_lesson(options: argparse.Namespace) -> int:
    """Step through a lesson's worked example in place of printing it; return the exit status."""
    if options.json or options.svg or options.html or options.open:
        raise ArgumentError("--step takes no --json, --svg or --html, and no --open; draw FILE draws within it")
    return _walk_through(*lesson_and_claim(options.number, options.claim))


def _walk_through(lesson: Lesson, claim: str | None) -> int:
    return walk(lesson.graph(claim)[0], title_of(lesson, claim))


def walk(root: Any, title: str) -> int:
    """Obey the commands on stdin until one says to leave, or there are no more; return the exit status, 0."""
    shell = StepShell(Stepper(root), Screen(sys.stdout, wants_colour(sys.stdout)))
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
        values, visits = many(forward, "value"), many(total - forward - 1, "backward visit")
        self.screen.show([title], "strong")
        self.screen.show([f"{total:,} records: {values}, the seed at {self._root}, {visits}.", _GREETING])

    # --- moving -----------------------------------------------------------------------------------------------------

    @command("s", "[N]")
    def do_step(self, argument: str) -> None:
        """Let the next record happen, or the next N."""
        self._go_on(self.stepper.step, count(argument, "step", 1))

    @command("n", "[neuron|layer]", words=("node", "neuron", "layer"))
    def do_next(self, argument: str) -> None:
        """Go on to the next backward visit, or to the next neuron or layer.

        What is computed before it happens on the way. A neuron is a sum of weights times inputs, with its activation if
        it has one.
        """
        what = bare(argument) or "node"
        meant = [word for word in find("next").words if word.startswith(what)]
        self._go_on(self.stepper.next, meant[0] if len(meant) == 1 else what)

    @command("u", "NODE")
    def do_until(self, argument: str) -> None:
        """Go on until the node's gradient is complete."""
        self._move(self.stepper.until, self._node(argument, "until"))

    @command("r", instead="; until NODE stops at a node")
    def do_run(self) -> None:
        """Go on to the end, or to where a break holds.

        It is also called "continue", c for short.
        """
        self._go_on(self.stepper.run)

    @command("k", "[N]")
    def do_back(self, argument: str) -> None:
        """Undo the last record, or the last N."""
        self._move(self.stepper.back, count(argument, "back", 1))

    @command("g", "K")
    def do_goto(self, argument: str) -> None:
        """Stand after K records, forwards or backwards."""
        self._move(self.stepper.goto, count(argument, "goto"))

    @command("")
    def do_restart(self) -> None:
        """Stand before the first record, as goto 0."""
        self._move(self.stepper.goto, 0)

    def _go_on(self, how: Callable[..., Any], *where: Any) -> None:
        if self.stepper.position == len(self._trace):
            raise ArgumentError(_OVER)
        self._move(how, *where)

    def _move(self, how: Callable[..., Any], *where: Any) -> None:
        before = self.stepper.position
        found = how(*where)
        self._show(_all(found) if isinstance(found, Records) else repr(found).splitlines())
        if self.stepper.position == len(self._trace) != before:
            self.screen.show(self._result())

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

    @command("w", instead="; print NODE shows a node")
    def do_where(self) -> None:
        """The last record, what comes next, and the gradients that are on their way."""
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

    @command("p", "[NODE ...]")
    def do_print(self, argument: str) -> None:
        """A node's value and its gradient so far; alone, every node's."""
        nodes = self._nodes(argument)
        names = [] if nodes else list(self.names())
        self._show(str(self.stepper.look(node)) for node in nodes or names[:_MOST_NODES])
        if len(names) > _MOST_NODES:
            self._show([f"... and {len(names) - _MOST_NODES:,} more; print NODE shows one"])

    @command("y", "NODE")
    def do_why(self, argument: str) -> None:
        """Every contribution to the node's gradient so far."""
        self._show(repr(self.stepper.why(self._node(argument, "why"))).splitlines())

    @command("e", "[NODE]")
    def do_explain(self, argument: str) -> None:
        """The chain rule for the node, written out; alone, for every leaf."""
        node = self._node(argument, "explain") if argument else None
        self._show(str(explain(self._trace.root, node)).splitlines())

    # --- guessing and watching --------------------------------------------------------------------------------------

    @command("", "NODE [GUESS]")
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
        guess = judge_guess(self._trace.root, node, number(typed, quoted(typed)), typed=typed)
        self.screen.show(guess.text.splitlines(), "good" if guess.right else "note")

    @command("", "[NODE]")
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

    @command("")
    def do_clear(self) -> None:
        """Forget every break and every watched node."""
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
        print(*help_lines(self.screen.width or WIDTH, asked), sep="\n", file=self.screen.stream)

    @command("q")
    def do_quit(self) -> bool:
        """Leave; so do the end of input (Ctrl-D) and Ctrl-C twice."""
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


# --- what stands behind a command -------------------------------------------------------------------------------------


def count(argument: str, command: str, default: int | None = None) -> int:
    """A whole number; with a default it may be missing."""
    text = bare(argument)
    if not text and default is not None:
        return default
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        got = f", got {quoted(argument)}" if argument else ""
        raise ArgumentError(f"{command} takes a whole number, as {command} 3{got}")
    return int(text)


def node_and_rest(argument: str, names: Set[str]) -> tuple[str, str]:
    """The longest name that the argument begins with, and what stands behind it; else its first word, and nothing."""
    for space in [len(argument), *[match.start() for match in re.finditer(r"\s+", argument)][::-1]]:
        if argument[:space] in names:
            return argument[:space], argument[space:].strip().removeprefix("=").strip()
    return argument.partition(" ")[0], ""
