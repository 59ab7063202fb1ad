"""The two passes of a program as NumPy code, which writes into arrays that are there already.

Start at :class:`Source`: it puts the lines of both passes together and makes functions of them. :class:`ForwardSource`
and :class:`BackwardSource` write the lines of one step after the other, :class:`Targets` knows where each message of
the backward pass goes, and :func:`header` explains the names in the text that users read.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine.op import Op, kept
from ..engine.ops import LEAF
from ..engine.value import Value
from ..errors import ArgumentError
from .arrays import Arrays, Scratch
from .describe import Description, Names
from .formulas import ByFormula, operands, sent, value
from .plan import Plan, wanted_places
from .printing import function_text, literal, numpy_lines
from .single import Loop, backward_lines, forward_lines
from .steps import Alike, Dots, Inner, Product, Reduction, Rows, Single, Step, Window, operands_of
from .symbols import ELEMENTS, INPUT, ArraySymbol, Trace
from .tape import Mask, Numbers

__all__ = ["Backward", "Source", "Targets", "header"]


class Backward:
    """The backward pass to some leaves: `run` computes the gradients from a seed, `places` says where they lie.

    `in_part`: some step has nodes that are on the way and others that are not. It is computed as a whole; the others
    send zeros, or nan where their slope is infinite.
    """

    def __init__(
        self, run: Callable[[float], None], leaves: Sequence[Value], places: Numbers, source: BackwardSource
    ) -> None:
        self.run, self.leaves, self.places = run, leaves, places
        self.lines, self.in_part = source.lines, source.in_part
        together = len(places) > 0 and bool((np.diff(places) == 1).all())
        self.block: Any = slice(int(places[0]), int(places[-1]) + 1) if together else places


class Source:
    """The NumPy source of a plan, made into functions, with the arrays that they work on."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._arrays = plan, Arrays(plan)
        self.values, self.gradients = self._arrays.values, self._arrays.gradients
        self._forward = ForwardSource(plan, self._arrays)
        self.forward: Callable[[], None] = self._made(_text("forward()", self._forward.lines), "forward")
        self._backward: dict[bytes, Backward] = {}

    def backward(self, leaves: Sequence[Value]) -> Backward:
        """The backward pass to some leaves."""
        places = np.array([self._plan.place_of(node) for node in leaves], dtype=np.int64)
        found = self._backward.get(places.tobytes())
        if found is None:
            source = BackwardSource(self._plan, self._forward.loops, self._arrays, places)
            run = self._made(_text("backward(seed)", source.lines), "backward")
            found = self._backward[places.tobytes()] = Backward(run, list(leaves), places, source)
        return found

    @functools.cached_property
    def to_all(self) -> Backward:
        """The backward pass to all leaves that can be trained."""
        return self.backward([node for node, _ in self._plan.leaves() if node._row is LEAF])

    def _made(self, text: str, name: str) -> Callable[..., None]:
        names = dict(self._arrays.names)
        exec(quick(text, names), names)  # made above from numbers and names of our own: no label stands in it
        function: Callable[..., None] = names[name]
        return function

    def text(self) -> str:
        """Both passes as text: a comment for every step, names from the layers, and first what the names stand for."""
        told = Description(self._plan)
        forward = _text("forward()", self._forward.lines, told.names, told.forward)
        backward = _text("backward(seed)", self.to_all.lines, told.names, told.backward)
        numbers = "".join([f"{name} = np.array({literal(x, 'np')})\n" for name, x in self._arrays.numbers.items()])
        above = "\n".join(part for part in (header(f"{numbers}{forward}{backward}"), numbers) if part)
        return f"{above}\n\n{forward}\n\n{backward}"


Lines = tuple[Step | str, list[str]]  # of a step, or with a comment of their own ("": none)


def _text(
    head: str, parts: list[Lines], names: Names | None = None, comment: Callable[[Step], str] | None = None
) -> str:
    """A pass as text, for users with names and comments."""
    lines: list[str] = []
    for step, body in parts:
        if names is not None and comment is not None:
            told = step if isinstance(step, str) else comment(step)
            lines += [f"# {told}"] if told else []
            body = names.in_lines(body)
        lines += body
    return function_text(head, lines)


_CALL = re.compile(r"( +)np\.(\w+)\((.*), out=(\w+)\)")


def quick(text: str, names: dict[str, Any]) -> str:
    """The same source in the form that Python runs fastest, which saves up to a tenth of a small network's step.

    NumPy's functions get names of their own, and results go in by position where NumPy has nothing against it.
    """
    lines = text.split("\n")
    for i, line in enumerate(lines):
        called = _CALL.fullmatch(line)
        if called:
            indent, function, operands, out = called.groups()
            names[f"np_{function}"] = getattr(np, function)
            keyword = "out=" if function in ("maximum", "minimum") else ""
            lines[i] = f"{indent}np_{function}({operands}, {keyword}{out})"
    return "\n".join(lines)


# --- forward ----------------------------------------------------------------------------------------------------------


FLAT = 100  # single nodes that are written out at once


def elementwise(op: Op) -> Callable[..., Any]:
    """A row on arrays, number by number; nan where it raises, and the caller then looks at that number."""

    def total(*numbers: float) -> float:
        try:
            return op.forward(*map(float, numbers))
        except (ArithmeticError, ValueError):
            return float("nan")

    def apply(*arrays: Any) -> Any:
        return np.frompyfunc(total, len(arrays), 1)(*arrays)

    return apply


@kept
def by_number(op: Op, count: int) -> Any:
    """A row's value as a formula that calls the row for each number, since its array form can't be read."""
    trace = Trace()
    return trace.made(ArraySymbol, ELEMENTS, op, tuple([trace.array_input(f"x{i}") for i in range(count)]))


class ForwardSource:
    """Writes the forward pass of a plan, step by step."""

    def __init__(self, plan: Plan, arrays: Arrays) -> None:
        self.lines: list[Lines] = []
        self.loops: dict[Step, Loop] = {}
        self._arrays = arrays
        self._scratch = Scratch(arrays.names)
        for level in plan.levels:
            gathers = arrays.gather(plan.number[level[0]], [window for step in level for window in operands_of(step)])
            for step in level:
                self._scratch.release()
                self.lines.append((step, gathers + self._lines(plan.number[step], step)))
                gathers = []
        self._scratch.allocate()

    def _lines(self, k: int, step: Step) -> list[str]:
        if isinstance(step, Product):
            return self._product(k, step)
        if isinstance(step, Inner | Rows):
            return self._dots(k, step)
        if isinstance(step, Alike | Reduction):
            return self._formula(k, step)
        if len(step.code) <= FLAT:
            return forward_lines(step, self._arrays)
        self.loops[step] = Loop(step, self._arrays)
        self._arrays.names[f"loop{k}"] = self.loops[step].forward
        return [f"loop{k}()"]

    def _product(self, k: int, step: Product[Window]) -> list[str]:
        value = self._arrays.value
        z = value(step.out, f"Z{k}")
        weights, inputs = (step.weights, step.inputs) if step.folded is None else step.folded
        w, x = value(weights, f"W{k}"), value(inputs, f"X{k}")
        if step.folded is not None:
            return [f"np.dot({w}, {x}, out={z})"]
        line = matrix_product(w, x, step.out, step.inputs.shape[0], z)
        return [line] if step.bias is None else [line, f"np.add({z}, {value(step.bias, f'b{k}')}[:, None], out={z})"]

    def _dots(self, k: int, step: Inner[Window] | Rows[Window]) -> list[str]:
        z = self._arrays.value(step.out, f"z{k}")
        names = named(k, step, self._arrays)
        if isinstance(step, Inner):
            lines = [f"np.dot({names['w']}, {names['x']}, out={z})"]
        else:
            t = self._scratch.take(step.weights.shape)
            lines = [f"np.multiply({names['w']}, {names['x']}, out={t})", f"np.add.reduce({t}, axis=0, out={z})"]
        return lines if step.bias is None else [*lines, f"np.add({z}, {names['b']}, out={z})"]

    def _formula(self, k: int, step: Alike[Window] | Reduction[Window]) -> list[str]:
        names = named(k, step, self._arrays)
        try:
            formula = value(step)
        except ArgumentError:
            formula = by_number(step.op, len(names))
        return _printed([(formula, self._arrays.value(step.out, f"y{k}"))], names, step, self._arrays, self._scratch)


def matrix_product(left: str, right: str, result: Window, terms: int, out: str) -> str:
    """The line for a product of matrices; `terms` is how many products make one element of the result.

    Where a factor is 1x1, `np.dot` may leave out what is multiplied by 0, and nan becomes 0: then they are multiplied.
    """
    scales = terms == 1 and 1 in result.shape
    return f"np.{'multiply' if scales else 'dot'}({left}, {right}, out={out})"


# --- formulas ---------------------------------------------------------------------------------------------------------


def called(k: int, step: ByFormula, name: str) -> str:
    """What the source calls an operand that has this name in a step's formulas: w5, X5, x5_0."""
    letter = name[0].upper() if isinstance(step, Rows) and name != "b" else name[0]
    return f"{letter}{k}_{name[1:]}" if name[1:] else f"{letter}{k}"


def named(k: int, step: ByFormula, arrays: Arrays) -> dict[str, str]:
    """By its name in a step's formulas, what stands in the source for each operand."""
    return {
        name: arrays.value(x, called(k, step, name)) if isinstance(x, Window) else arrays.number(x)
        for name, x in operands(step).items()
    }


def _printed(
    wanted: Sequence[tuple[Any, str]], names: dict[str, str], step: ByFormula, arrays: Arrays, scratch: Scratch
) -> list[str]:
    """Formulas of a step as lines of NumPy."""
    stack = step.operands if isinstance(step, Reduction) else step.weights if isinstance(step, Dots) else step.out

    def take(kind: str) -> str:
        return scratch.local() if kind == "local" else scratch.take((stack if kind == "stack" else step.out).shape)

    def bind(op: Op) -> str:
        return arrays.bind(op, elementwise(op), "each_")

    return numpy_lines(wanted, names, take, bind, arrays.number)


# --- backward ---------------------------------------------------------------------------------------------------------


class BackwardSource:
    """Writes the backward pass of a plan to the leaves at some places; `loops` has the steps that run as loops."""

    def __init__(self, plan: Plan, loops: dict[Step, Loop], arrays: Arrays, places: Numbers) -> None:
        self._arrays, self._number, self._loops = arrays, plan.number, loops
        self._scratch = Scratch(arrays.names)
        wanted = np.zeros(plan.size, dtype=bool)
        wanted[places] = True
        self._targets = Targets(plan, arrays, self._scratch, wanted_places(plan, wanted))
        self.lines: list[Lines] = []
        late: list[Step] = []
        for level in reversed(plan.levels):
            for step in level:
                if self._can_wait(step):
                    late.append(step)
                else:
                    self._write(step)
            self._flush(plan.number[level[0]])
        for step in sorted(late, key=lambda step: step.out.places.size == 1):
            self._write(step)
        self._flush(0)  # the number of no step, so the names in this line are new
        self.lines.insert(0, ("", [*self._targets.first_lines(), f"G[{plan.root}] = seed"]))
        self.in_part = self._targets.in_part
        self._scratch.allocate()

    def _flush(self, k: int) -> None:
        """Write the line that scatters what has been sent since the last one, if anything has."""
        scatter = self._targets.flush(k)
        if scatter:
            self.lines.append(("messages are added up where they go", scatter))

    def _can_wait(self, step: Step) -> bool:
        """Whether the step sends to nothing but leaves, at places that lie evenly; it is then written last."""
        return all(
            window.strides is not None and self._targets.is_leaf[window.places].all()
            for window in operands_of(step)
            if self._targets.wants(window)
        ) and not isinstance(step, Single)

    def _write(self, step: Step) -> None:
        self._scratch.release()
        k = self._number[step]
        if isinstance(step, Single):
            lines = self._single(k, step)
        elif not self._targets.reached(step.out):
            lines = []
        else:
            lines = self._product(k, step) if isinstance(step, Product) else self._formulas(k, step)
        if lines:
            self.lines.append((step, lines))

    # --- one kind of step after the other ------------------------------------------------------------------------

    def _product(self, k: int, step: Product[Window]) -> list[str]:
        value = self._arrays.value
        dz = self._targets.upstream(step, f"dZ{k}")
        rows, columns = step.out.shape
        lines: list[str] = []
        if step.folded is not None and self._targets.wants(step.folded[0]):
            weights, inputs = step.folded
            line = matrix_product(dz, f"{value(inputs, f'X{k}')}.T", weights, columns, "{}")
            lines += self._targets.send(weights, f"dW{k}", line)
        else:
            if self._targets.wants(step.weights):
                x = value(step.inputs, f"X{k}" if step.folded is None else f"X{k}_")
                line = matrix_product(dz, f"{x}.T", step.weights, columns, "{}")
                lines += self._targets.send(step.weights, f"dW{k}", line)
            if step.bias is not None and self._targets.wants(step.bias):
                lines += self._targets.send(step.bias, f"db{k}", f"np.add.reduce({dz}, axis=1, out={{}})")
        if self._targets.wants(step.inputs):
            w = value(step.weights, f"W{k}" if step.folded is None else f"W{k}_")
            line = matrix_product(f"{w}.T", dz, step.inputs, rows, "{}")
            lines += self._targets.send(step.inputs, f"dX{k}", line)
        return lines

    def _formulas(self, k: int, step: ByFormula) -> list[str]:
        """The lines that compute messages and bring them to where they belong."""
        arrays, targets = self._arrays, self._targets
        letter = "z" if isinstance(step, Dots) else "y"
        given, names = operands(step), named(k, step, arrays)
        names |= {"dy": targets.upstream(step, f"d{letter}{k}"), "y": arrays.value(step.out, f"{letter}{k}")}
        lines: list[str] = []
        if isinstance(step, Alike) and step.op.variadic:  # its rule has no form on a stack, and is called
            slopes, trace = self._scratch.local(), Trace()
            lines = [f"{slopes} = {self._rule(step)}({', '.join([names['y'], *[names[name] for name in given]])})"]
            names |= {f"slope of {name}": f"{slopes}[{i}]" for i, name in enumerate(given)}
            dy = trace.array_input("dy")
            messages = [(name, dy * trace.array_input(f"slope of {name}")) for name in given]
        else:
            messages = sent(step)
        wanted: list[tuple[Any, str]] = []
        after: list[str] = []
        for i, (name, formula) in enumerate(messages):
            window = given[name]
            if not isinstance(window, Window) or not targets.wants(window):
                continue
            is_plain = getattr(formula, "kind", "") == INPUT
            if is_plain and targets.alias(window, names["dy"]):
                continue
            target = targets.target(
                window, f"d{called(k, step, name)}" if isinstance(step, Inner | Rows) else f"d{k}_{i}"
            )
            if is_plain and target.adds:
                after += target.finish(names["dy"])
            else:
                wanted.append((formula, target.name))
                after += target.finish(target.name)
        return [*lines, *_printed(wanted, names, step, arrays, self._scratch), *after]

    def _rule(self, step: Alike[Window]) -> str:
        """The name of a rule on arrays; a user's, which may be no formula, is then called number by number."""
        if step.op.user:
            try:
                sent(step)
            except ArgumentError:
                return self._arrays.bind(step.op, _by_number(step.op.float_partials), "each_rule_")
        return self._arrays.bind(step.op, step.op.partials, "rule_")

    def _single(self, k: int, step: Single) -> list[str]:
        written, wanted = self._targets.written, self._targets.wanted
        loop = self._loops.get(step)
        if loop is None:
            return backward_lines(step, self._arrays, written, wanted)
        back = loop.backward(written, wanted)
        if back is None:
            return []
        name = f"loop{k}_back"  # a pass that was written before keeps its own loop under this name
        self._arrays.names[name] = back
        return [f"{name}()"]


def _by_number(rule: Callable[..., tuple[float, ...]]) -> Callable[..., Any]:
    """A rule on arrays, called with floats, since it may branch on them or use `math`."""

    def apply(*arrays: Any) -> Any:
        columns = [np.ravel(array).tolist() for array in arrays]
        slopes = np.array([rule(*numbers) for numbers in zip(*columns, strict=True)])
        return slopes.T.reshape(-1, *np.shape(arrays[0]))

    return apply


# --- targets ----------------------------------------------------------------------------------------------------------


@dataclass
class Target:
    """Where a message is written first, and the lines that follow; {} in them stands for the name of the message."""

    name: str
    then: Sequence[str] = ()
    adds: bool = False  # the message is only added, so any array that broadcasts will do

    def finish(self, name: str) -> list[str]:
        return [line.format(name) for line in self.then]


class Targets:
    """Where the messages of a backward pass go: the first to a place is stored, later ones are added to it.

    So nothing has to be set to 0 before the pass, but places that are gathered or only reached in part. Where a window
    names a place several times, the place gets the sum of the messages. `in_part` tells whether there was a step that
    messages have reached in part.
    """

    def __init__(self, plan: Plan, arrays: Arrays, scratch: Scratch, wanted: Mask) -> None:
        self.arrays, self.scratch, self.wanted = arrays, scratch, wanted
        self.written, self.zeroed = np.zeros(plan.size, dtype=bool), np.zeros(plan.size, dtype=bool)
        self.written[plan.root] = True
        self.is_leaf = np.ones(plan.size, dtype=bool)
        self.in_part = False
        self._senders = np.zeros(plan.size, dtype=np.int32)
        self._senders[plan.root] = 1
        self._outputs: dict[tuple[int, int], Step] = {}
        self._aliases: dict[Step, str] = {}
        self._scattered: list[tuple[Window, str]] = []
        self._scatters: list[tuple[str, int, int, tuple[int, ...]]] = []
        for step in plan.steps:
            self.is_leaf[step.out.places] = False
            if isinstance(step, Single):
                for column in (step.first, step.second):  # a node that occurs twice in a column counts once
                    self._senders[column[column >= 0]] += 1
                for operands in step.many.values():
                    self._senders[list(operands)] += 1
            else:
                for window in operands_of(step):
                    np.add.at(self._senders, window.places.ravel(), 1)
                if isinstance(step, Alike | Reduction):
                    self._outputs[step.out.start, step.out.places.size] = step

    def wants(self, window: Window) -> bool:
        return bool(self.wanted[window.places].any())

    def reached(self, window: Window) -> bool:
        """Whether any message has come here; places of the window without one will be 0 before the pass."""
        step = self._outputs.get((window.start, window.places.size))
        if step is not None and step in self._aliases:
            return True
        written = self.written[window.places]
        if not written.any() or not self.wants(window):
            return False
        self.in_part |= not written.all()
        self._zero(window)
        return True

    def upstream(self, step: Step, name: str) -> str:
        """The name of a step's own gradients."""
        return self._aliases.get(step) or self.arrays.gradient(step.out, name)

    def alias(self, window: Window, name: str) -> bool:
        """Save a copy: where the only message to a step is another step's gradient as it is, both get one name."""
        step = self._outputs.get((window.start, window.places.size))
        if (
            step is None
            or step.out.shape != window.shape
            or not np.array_equal(step.out.places, window.places)
            or (self._senders[window.places] != 1).any()
        ):
            return False
        self._aliases[step] = name
        return True

    # --- one message ---------------------------------------------------------------------------------------------

    def send(self, window: Window, name: str, line: str) -> list[str]:
        """The lines for a message that `line` computes; {} in it stands for where to."""
        target = self.target(window, name)
        return [line.format(target.name), *target.finish(target.name)]

    def target(self, window: Window, name: str) -> Target:
        """Where a message to this window goes, and note that it has gone there."""
        spread = tuple(
            axis for axis, n in enumerate(window.shape) if n > 1 and window.strides and window.strides[axis] == 0
        )
        if spread:
            places = window.places[tuple(0 if axis in spread else slice(None) for axis in range(window.places.ndim))]
            inner = Window(places)
            if inner.unique:
                target = self.target(inner, name)
                t = self.scratch.take(window.shape)
                axes = spread[0] if len(spread) == 1 else spread
                then = [f"np.add.reduce({{}}, axis={axes}, out={target.name})", *target.finish(target.name)]
                return Target(t, then)
        if window.strides is None or not window.unique:
            return self._scatter(window)
        before = self.written[window.places]
        d = self.arrays.gradient(window, name)
        if not before.any():
            self.written[window.places] = True
            is_whole = self.arrays.names[d].flags.c_contiguous  # only then NumPy's dot may write into it
            return Target(d) if is_whole else self._via(window, f"np.copyto({d}, {{}})")
        self._zero(window)
        return self._via(window, f"np.add({d}, {{}}, out={d})", adds=True)

    def _via(self, window: Window, then: str, adds: bool = False) -> Target:
        return Target(self.scratch.take(window.shape), [then], adds)

    def _zero(self, window: Window) -> None:
        """What no message has reached before has to be 0 when the pass begins."""
        places = window.places
        self.zeroed[places[~self.written[places]]] = True
        self.written[places] = True

    def _scatter(self, window: Window) -> Target:
        self._zero(window)
        self._scattered.append((window, name := f"M{len(self._scattered)}_{len(self._scatters)}"))
        return Target(name)

    def flush(self, k: int) -> list[str]:
        """The line that scatters the messages of a level; no other call has the same number `k`."""
        if not self._scattered:
            return []
        index = np.concatenate([window.places.ravel() for window, _ in self._scattered])
        start = 0
        for window, name in self._scattered:
            self._scatters.append((name, start, window.places.size, window.shape))
            start += window.places.size
        whole = f"M{k}"
        self._scatters.append((whole, 0, start, (start,)))
        self._scattered = []
        if np.array_equal(index, self.arrays.names.get(f"at{k}", ())):
            at = f"at{k}"
        else:
            at = f"to{k}"
            self.arrays.names[at] = index
        return [f"np.add.at(G, {at}, {whole})"]

    def first_lines(self) -> list[str]:
        """The lines before all messages: zeros where messages are only added."""
        store = np.zeros(max((start + size for _, start, size, _ in self._scatters), default=0))
        for name, start, size, shape in self._scatters:
            self.arrays.names[name] = store[start : start + size].reshape(shape)
        places = np.flatnonzero(self.zeroed)
        if not len(places):
            return []
        low, high = int(places[0]), int(places[-1]) + 1
        return [f"G[{low}:{high}].fill(0.0)"] if high - low > 1 else [f"G[{low}] = 0.0"]


# --- header -----------------------------------------------------------------------------------------------------------


_KEY = (  # what a name of the source looks like, and what it stands for
    (
        r"[VG]|d?[WXZwxzAyb]\w*\d\w*",
        "V holds every node's number, G every node's gradient. Most names are views of V; with a d in front, of G.",
    ),
    (
        r"[WZA]\d+",
        "W2, Z2, A2: the matrices of layer 2, as on paper, with a column for each sample; X: the inputs of layer 1.\n"
        "Where no line adds b2, it is the last column of W2, and a row of ones lies below the inputs; W2_ is without.",
    ),
    (r"[za]\d+", "z2, a2: Z2 and A2 as one row of numbers, or the layer of a single neuron and sample."),
    (
        r"d?[WwXxZzb]_\d+",
        "W_5, Z_5, x_5, ...: of step 5, where a layer's number would not be clear. Steps count from 1.",
    ),
    (
        r"d?x\d+_\d+|d?y\d+|d\d+_\d+",
        "x5_0, x5_1, y5: the operands of step 5 and its results; d5_0, d5_1, dy5: their gradients.",
    ),
    (r"[vg]\d+", "v7, g7: V[7] and G[7] as plain floats."),
    (r"c\d+", "c0, c1, ...: numbers that never change."),
    (
        r"t\d+(_\d+)*|m\d+",
        "t1_100, m1, ...: room for what is needed for a moment, t1_100 for 100 numbers; steps share it.",
    ),
    (r"at_\d+", "at_5: places in V and G."),
    (r"(at|to)\d+|T\d+", "at5, to5: places in V and G; T5: the numbers of V that were fetched from there."),
    (
        r"M\d+(_\d+)?",
        "M5: messages to places that lie scattered, added to G at the end of a level; M0_0, ...: parts of it.",
    ),
    (r"s", "s: the partial derivatives of one node."),
    (r"(each|rule)_\w+", "each_f: f, number by number; rule_f: its partial derivatives."),
    (r"user_\w+", "user_f: a function of yours."),
    (r"loop\d+\w*", "loop3, loop3_back: the nodes of step 3, one after the other in Python."),
)


def header(source: str) -> str:
    """Comments that say what the names in a source stand for, for those names that occur in it."""
    words = set(re.findall(r"[A-Za-z_]\w*", re.sub(r"#.*", "", source)))
    told = [meaning for name, meaning in _KEY if any(re.fullmatch(name, word) for word in words)]
    return "".join(f"# {line}\n" for meaning in told for line in meaning.split("\n"))
