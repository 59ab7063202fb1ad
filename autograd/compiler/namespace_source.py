"""The two passes of a program as pure functions over an array namespace: NumPy's, JAX's, PyTorch's.

Start at :class:`ArrayProgram`, which users get from :meth:`Program.to`. :class:`ArraySource` writes the lines of both
passes, each step an expression of its own, since no array may be written into; :class:`Blocks` knows which array of the
emitted program holds a place, and :class:`Messages` collects what is sent to a block on the way back.
:class:`Formulas` writes a row's formula as an expression, and :func:`viewed` a part of an array.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.op import Op
from ..engine.ops import DETACHED, LEAF
from ..engine.value import Value
from ..errors import ArgumentError, OperandError, ShapeError
from .arrays import Floats
from .describe import Description
from .formulas import ByFormula, operands, sent, value
from .plan import Plan, wanted_places
from .printing import SIGNS, expression, function_text
from .steps import Alike, Inner, Product, Reduction, Rows, Single, Step, Window
from .symbols import (
    ELEMENTS,
    FUNCTION,
    INPUT,
    NO_UFUNCS,
    REDUCTION,
    ArraySymbol,
    Symbol,
    Trace,
    applied,
    below,
    forward,
    messages,
)
from .tape import Mask, Numbers

__all__ = ["ArrayProgram"]

_MANY = 5_000  # nodes that are computed one by one; with more, a tracing compiler takes minutes
_RUNS = 12  # pieces of several blocks that are put together one by one; more are gathered

_HEADER = """\
# xp is the array namespace; theta holds the numbers of `parameters`, input1, input2, ... those of `inputs`.
# Z2, A2: of layer 2, as on paper; y5: the results of step 5; v7: those of a single node.
# A number behind an underscore only tells names apart. W2_3 are the weights of layer 2, with the bias as last column
# where the inputs, as A1_4, have a row of ones below; dW2_5 is the gradient of W2_3.
# c_6: a constant, C0 its numbers; m_7: a message, a part of a gradient; t_8, x_9, v_9, f_9: parts of a formula.


"""


_REDUCTIONS: dict[str, Any] = {  # what np.sum and the others call, which take longer themselves than a layer's sum
    "sum": lambda x, axis=None, keepdims=False: np.add.reduce(x, axis=axis, keepdims=keepdims),
    "prod": np.multiply.reduce,
    "amax": np.maximum.reduce,
    "amin": np.minimum.reduce,
}


class _Overlay:
    """A namespace with some functions beside its own, or in place of them."""

    def __init__(self, xp: Any, functions: Mapping[str, Any]) -> None:
        self.__dict__.update({**getattr(xp, "__dict__", {}), **functions, "_xp": xp})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._xp, name)


class ArrayProgram:
    """Value and gradient of a program as pure functions of arrays. Made by :meth:`Program.to`.

    Args:
        plan: what the program computes.
        inputs: blocks of leaves that are arguments of their own, each with the places of its leaves.
        numbers: returns the number of every place, as it is now; whether those of computed nodes are needed is its
            argument. What is no argument, a constant of the program, keeps its number.
        xp: the array namespace.
        functions: by name, what `xp` lacks.

    Attributes:
        parameters: the leaves that the argument `theta` stands for, in order: all that can be trained and are in no
            input.
        inputs: the leaves that the other arguments stand for, as arrays.
        source: the code of both functions.

    A number without a value (the logarithm of -1) is nan or inf, as the namespace has it, and no error.
    """

    def __init__(
        self,
        plan: Plan,
        inputs: Sequence[tuple[NDArray[Any], Numbers]],
        numbers: Callable[[bool], Floats],
        xp: Any,
        functions: Mapping[str, Any],
    ) -> None:
        self._xp = xp
        self.inputs = tuple([block for block, _ in inputs])
        places = [at for _, at in inputs]
        given = {place for block in places for place in block.ravel().tolist()}
        if len(given) < sum(block.size for block in places):
            raise ArgumentError("a leaf is in two of the inputs")
        own = {place: node for node, place in plan.leaves() if node._row is LEAF and place not in given}
        at = sorted(own)
        self.parameters: list[Value] = [own[place] for place in at]
        self._shapes = [(len(at),), *[block.shape for block in self.inputs]]
        wanted, varies = _above(plan, at), _above(plan, [*at, *given], None)
        lone = sum(step.out.places.size for step in plan.steps if isinstance(step, Single))
        if lone > _MANY:
            raise ArgumentError(
                f"{lone:,} nodes of this graph are computed one by one, each in a line of its own; over an array "
                f"namespace that is done for {_MANY:,} at most: use the program as it is"
            )
        blocks = Blocks(numbers(not all(varies[step.out.places].all() for step in plan.steps)))
        theta = blocks.add(np.array(at, dtype=np.int64), "theta")
        names = [f"input{i}" for i in range(1, len(places) + 1)]
        for name, block in zip(names, places, strict=True):
            blocks.add(block, name)
        added = {**(_REDUCTIONS if xp is np else {}), **functions}
        space = _Overlay(xp, added) if added else xp
        source = ArraySource(plan, blocks, varies, wanted, Formulas(blocks, space, functions))
        forward = source.forward()
        root = blocks.read(np.array(plan.root), "v")
        value = root.text if isinstance(root, Term) else blocks.constant(np.array(root)).text
        backward = source.backward()
        gradient = _own(source.messages.gradient(theta), theta.shape)
        arguments = ", ".join(["theta", *names])
        one = function_text(f"value({arguments})", [*forward, f"return {value}"])
        two = function_text(f"value_and_grad({arguments})", [*forward, *backward, f"return {value}, {gradient}"])
        self.source = f"{_HEADER}{one}\n\n{two}"
        scope = {**blocks.names, "xp": space, "scattered": functools.partial(scattered, xp)}
        exec(self.source, scope)  # made above from numbers and names of our own: no label stands in it
        self._value, self._value_and_grad = scope["value"], scope["value_and_grad"]

    def theta(self) -> Any:
        """The numbers that the parameters' ``data`` are now, as an array of the namespace."""
        return self._xp.asarray(np.array([p._data for p in self.parameters]))

    def store(self, theta: Any) -> None:
        """Write numbers into the parameters' ``data``.

        Args:
            theta: of shape (number of parameters,).
        """
        self._check_shapes((theta,), self._shapes[:1])
        for p, x in zip(self.parameters, np.asarray(theta, dtype=float).tolist(), strict=True):
            p._data = x

    def value(self, theta: Any, *inputs: Any) -> Any:
        """The result.

        Args:
            theta: the parameters' numbers, of shape (number of parameters,).
            inputs: the inputs' numbers, each of its block's shape.

        Returns:
            An array of no dimensions.

        Raises:
            ShapeError: the shapes differ, or one is no array.
            OperandError: `theta` holds whole numbers, of which the constants would become whole numbers, too.

        Example:
            >>> from autograd import compile
            >>> pure = compile((Value(3.0, "x") - 1) ** 2).to(np)
            >>> float(pure.value(pure.theta())), float(pure.value(np.array([5.0])))
            (4.0, 16.0)
        """
        self._check((theta, *inputs))
        return self._value(theta, *inputs)

    def value_and_grad(self, theta: Any, *inputs: Any) -> tuple[Any, Any]:
        """The result, and d result / d `theta`; arguments as in :meth:`value`."""
        self._check((theta, *inputs))
        found: tuple[Any, Any] = self._value_and_grad(theta, *inputs)
        return found

    def __repr__(self) -> str:
        shapes = ", ".join(str(block.shape) for block in self.inputs)
        return f"ArrayProgram({len(self.parameters):,} parameters{f', inputs of shape {shapes}' if shapes else ''})"

    def _check(self, arguments: Sequence[Any]) -> None:
        self._check_shapes(arguments, self._shapes)
        dtype = getattr(arguments[0], "dtype", None)
        if _is_whole(dtype):
            raise OperandError(f"theta is an array of floats, got {dtype}; convert it first, as theta * 1.0 does")

    @staticmethod
    def _check_shapes(arguments: Sequence[Any], shapes: Sequence[tuple[int, ...]]) -> None:
        got = [tuple(x.shape) if hasattr(x, "shape") else type(x).__name__ for x in arguments]
        if got != shapes:
            names = ", ".join(["theta", *[f"input{i}" for i in range(1, len(shapes))]])
            raise ShapeError(f"the arguments ({names}) are arrays of shapes {_listed(shapes)}, got {_listed(got)}")


def _is_whole(dtype: Any) -> bool:
    """Whether numbers of this type are whole numbers or truth values; each library has types of its own."""
    kind: str = getattr(dtype, "kind", "")
    return kind in ("i", "u", "b") if kind else any(name in str(dtype) for name in ("int", "bool"))


def _listed(shapes: Sequence[Any]) -> str:
    return ", ".join(map(str, shapes))


def _above(plan: Plan, leaves: Sequence[int], stop: Op | None = DETACHED) -> Mask:
    """Which places depend on these without `stop` between."""
    mask = np.zeros(plan.size, dtype=bool)
    mask[list(leaves)] = True
    return wanted_places(plan, mask, stop)


def _own(gradient: Number | None, shape: tuple[int, ...]) -> str:
    """A gradient as an array of its own, which shares no memory with an argument."""
    if gradient is None:
        return "xp.zeros_like(theta)"
    if isinstance(gradient, float):
        return f"xp.full({shape}, {expression(gradient, {})}, dtype=theta.dtype)"
    if gradient.shape != shape:
        return f"{gradient.text} * xp.ones_like(theta)"
    return gradient.text if gradient.text.startswith("dtheta") else f"1.0 * {gradient.text}"


# --- both passes, step by step ----------------------------------------------------------------------------------------


class ArraySource:
    """Writes both passes of a plan as pure expressions: no array is written into, so they can be traced and sharded.

    The arguments are in `blocks` already. `varies` marks the places that depend on them; the others are not computed.
    `wanted` marks the places for which a gradient is wanted.
    """

    def __init__(self, plan: Plan, blocks: Blocks, varies: Mask, wanted: Mask, formulas: Formulas) -> None:
        self._plan, self._blocks, self._varies = plan, blocks, varies
        self._formula = formulas.written
        self.messages = Messages(blocks, wanted)
        # Of a product: the places of its weights and bias in one matrix; the name of its inputs with ones below them.
        self._folded: dict[Step, tuple[Numbers, str]] = {}
        self._told = Description(plan)

    def forward(self) -> list[str]:
        """The lines that compute the result, without the last, which returns it."""
        lines: list[str] = []
        self._blocks.lines = lines
        for step, k in self._plan.number.items():
            if not self._varies[step.out.places].any():
                continue
            lines.append(f"# {self._told.forward(step)}")
            if isinstance(step, Single):
                self._singles(step)
            elif isinstance(step, Product):
                self._product(step)
            elif isinstance(step, Inner | Rows):
                self._dots(k, step)
            else:
                self._by_formula(k, step)
        return lines

    def backward(self) -> list[str]:
        """The lines that bring messages to the arguments, after those of the forward pass."""
        blocks = self._blocks
        lines: list[str] = []
        blocks.lines = lines
        self.messages.send(np.array(self._plan.root), 1.0)
        for step in reversed(self._plan.steps):
            if not self._varies[step.out.places].any() or not self.messages.wants(step.out.places):
                continue
            begin = len(lines)
            if isinstance(step, Single):
                self._singles_back(step)
            else:
                dy = self.messages.gradient(blocks.block_of(step.out.places))
                if isinstance(step, Product) and dy is not None:
                    self._product_back(step, blocks.full(dy, step.out.shape))
                elif not isinstance(step, Product) and dy is not None:
                    self._formulas_back(step, dy)
            if len(lines) > begin:
                lines.insert(begin, f"# {self._told.backward(step)}")
        return lines

    def _read(self, window: Window | Numbers, prefix: str) -> Number:
        return self._blocks.read(window.places if isinstance(window, Window) else window, prefix)

    def _full(self, window: Window | Numbers, prefix: str) -> str:
        """The name of an array of the window's own shape."""
        return self._blocks.full(self._read(window, prefix), window.shape)

    def _line(self, name: str, text: str, places: Numbers) -> None:
        """Assign a step's result to its name."""
        self._blocks.lines.append(f"{name} = {text}")
        self._blocks.add(places, name)

    def _named(self, number: Number, prefix: str = "m") -> Number:
        return Term(self._blocks.named(number.text, prefix), number.shape) if isinstance(number, Term) else number

    def _message(self, window: Window | Numbers, op: Op | None, formula: Any, given: Mapping[str, Number]) -> None:
        """Send a formula's numbers to a window."""
        places = window.places if isinstance(window, Window) else window
        if self.messages.wants(places):
            self.messages.send(places, self._named(self._formula(op, formula, given)))

    # the forward pass

    def _product(self, step: Product[Window]) -> None:
        blocks, named = self._blocks, self._told.names.of[step]
        z, w, x = f"Z{named.tag}", f"W{named.tag}", named.inputs
        together = None if step.bias is None else np.column_stack([step.weights.places, step.bias.places])
        if together is not None and blocks.is_matrix(together):  # weights and bias are one matrix
            weights = self._full(together, w)
            ones, fixed = np.ones((1, step.out.shape[1])), blocks.fixed(step.inputs.places)
            if fixed is not None:
                below = blocks.constant(np.vstack([fixed, ones])).text
            else:
                below = f"xp.concatenate([{self._full(step.inputs, x)}, {blocks.constant(ones).text}])"
                below = blocks.named(below, x)
            self._folded[step] = together, below
            self._line(z, f"{weights} @ {below}", step.out.places)
            return
        text = f"{self._full(step.weights, w)} @ {self._full(step.inputs, x)}"
        if step.bias is not None:
            text += f" + {written(self._read(step.bias.places[:, None], 'b'))}"
        self._line(z, text, step.out.places)

    def _dots(self, k: int, step: Inner[Window] | Rows[Window]) -> None:
        if isinstance(step, Inner):
            name = f"z{self._told.names.of[step].tag}"
            text = f"{self._full(step.weights, 'w')} @ {self._full(step.inputs, 'x')}"
        else:
            name = f"z_{k}"
            text = f"xp.sum({self._full(step.weights, 'W')} * {written(self._read(step.inputs, 'X'))}, axis=0)"
        if step.bias is not None:
            text += f" + {written(self._read(step.bias, 'b'))}"
        self._line(name, text, step.out.places)

    def _by_formula(self, k: int, step: Alike[Window] | Reduction[Window]) -> None:
        tag, places = self._told.names.of[step].tag, step.out.places.reshape(self._shape(step))
        result = self._formula(step.op, value(step), self._given(step, places.shape))
        self._result(f"A{tag}" if tag else f"y{k}", result, places)

    def _result(self, name: str, result: Number, places: Numbers) -> None:
        if isinstance(result, float) or result.shape != places.shape:
            result = Term(self._blocks.full(self._named(result), places.shape), places.shape)
        self._line(name, result.text, places)

    def _shape(self, step: Alike[Window] | Reduction[Window]) -> tuple[int, ...]:
        """The shape of an operand that is a block of its own: a batch's axis stays an axis."""
        for window in step.operands if isinstance(step, Alike) else ():
            if isinstance(window, Window) and window.places.size == step.out.places.size:
                shape = self._blocks.shape_of(window.places)
                if shape is not None:
                    return tuple(m for m in shape if m != 1) or step.out.shape
        return step.out.shape

    def _given(self, step: ByFormula, shape: tuple[int, ...]) -> dict[str, Number]:
        """The operands of a step's formulas; those of nodes alike in this shape."""
        given: dict[str, Number] = {}
        for name, x in operands(step).items():
            if isinstance(x, float):
                given[name] = x
            elif name == "X":
                given[name] = Term(self._full(x, "X"), x.shape)
            else:
                given[name] = self._read(x.places.reshape(shape) if isinstance(step, Alike) else x, name[0])
        return given

    def _singles(self, step: Single) -> None:
        for op, place, inputs in step.nodes():
            if self._varies[place]:
                given = {f"x{i}": self._read(np.array(p), "v") for i, p in enumerate(inputs)}
                self._result(f"v{place}", self._formula(op, forward(op, len(inputs)), given), np.array(place))

    # the backward pass

    def _formulas_back(self, step: ByFormula, dy: Number) -> None:
        block, windows = self._blocks.block_of(step.out.places), operands(step)
        given = self._given(step, block.shape) | {"y": Term(block.name, block.shape), "dy": dy}
        for name, message in sent(step):
            window = windows[name]
            if isinstance(window, Window):
                places = window.places.reshape(block.shape) if isinstance(step, Alike) else window.places
                self._message(places, getattr(step, "op", None), message, given)

    def _product_back(self, step: Product[Window], dz: str) -> None:
        named = self._told.names.of[step]
        dw, w, x = f"dW{named.tag}", f"W{named.tag}", named.inputs

        def send(places: Numbers, name: str, text: Callable[[], str]) -> None:
            if self.messages.wants(places):
                self.messages.send(places, Term(self._blocks.named(text(), name), places.shape))

        if step in self._folded:
            places, below = self._folded[step]
            send(places, dw, lambda: f"{dz} @ {below}.T")
        else:
            send(step.weights.places, dw, lambda: f"{dz} @ {self._full(step.inputs, x)}.T")
            if step.bias is not None:
                send(step.bias.places, f"db{named.tag}", lambda: f"xp.sum({dz}, axis=1)")
        send(step.inputs.places, f"d{x}", lambda: f"{self._full(step.weights, w)}.T @ {dz}")

    def _singles_back(self, step: Single) -> None:
        blocks = self._blocks
        for op, place, inputs in reversed(list(step.nodes())):
            if not self._varies[place] or not self.messages.wants(np.array(place)):
                continue
            dy = self.messages.gradient(blocks.block_of(np.array(place)))
            if dy is None or not any(self.messages.wants(np.array(p)) for p in inputs):
                continue
            given: dict[str, Number] = {f"x{i}": self._read(np.array(p), "v") for i, p in enumerate(inputs)}
            given |= {"y": Term(f"v{place}", ()), "dy": dy}
            for p, message in zip(inputs, messages(op, len(inputs)), strict=True):
                self._message(np.array(p), op, message, given)


# --- messages on their way back ---------------------------------------------------------------------------------------


@dataclass
class _Mail:
    """What was sent to a block: to all of it, to a range of it, to one element, or to elements here and there."""

    whole: list[Number] = field(default_factory=list)
    ranges: dict[tuple[int, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    items: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    scattered: list[tuple[Numbers, str]] = field(default_factory=list)


def scattered(xp: Any, size: int, index: Numbers, messages: Any) -> Any:
    """Zeros with the messages added at each index; every library has its own way to say that."""
    zeros = xp.zeros(size, dtype=messages.dtype)
    if xp is np:  # the quickest question first
        np.add.at(zeros, index, messages)
        return zeros
    if hasattr(zeros, "at"):  # JAX
        return zeros.at[index].add(messages)
    if hasattr(zeros, "index_add"):  # PyTorch
        return zeros.index_add(0, xp.asarray(index), messages)
    xp.add.at(zeros, index, messages)
    return zeros


class Messages:
    """Keeps the messages sent to each block until its gradient is asked for, and puts them together then."""

    def __init__(self, blocks: Blocks, wanted: Mask) -> None:
        self._blocks = blocks
        self._wanted = wanted
        self._mail: dict[Block, _Mail] = defaultdict(_Mail)

    def wants(self, places: Numbers) -> bool:
        """Whether a gradient is wanted for one of them."""
        return bool(self._wanted[places].any())

    def send(self, places: Numbers, message: Number) -> None:
        """Send a message to each of these places."""
        if not self.wants(places):
            return
        if isinstance(message, Term) and 0 < len(message.shape) < places.ndim:
            shape = (*[1] * (places.ndim - len(message.shape)), *message.shape)
            message = Term(self._blocks.named(f"{message.text}.reshape({shape})", "m"), shape)
        for axis, n in enumerate(places.shape):
            if n > 1 and (places == places.take([0], axis)).all():
                places = places.take([0], axis)
                message = self._summed(message, axis, n)
        if places.size == 1 and isinstance(message, Term) and message.shape:
            message = Term(self._blocks.named(f"{message.text}.reshape(())", "m"), ())
        parts = self._blocks.parts(places, self._wanted[places])
        if len(parts[0][1]) == places.size:
            block, _, at = parts[0]
            self._to(block, at.reshape(() if places.size == 1 else places.shape), message)
            return
        text = ""
        if isinstance(message, Term) and message.shape:
            whole = self._blocks.full(message, places.shape)
            text = whole if places.ndim == 1 else self._blocks.named(f"{whole}.reshape(({places.size},))", "m")
        for block, here, at in parts:
            part, one = message, len(here) == 1
            if text:
                a, b = int(here[0]), int(here[-1]) + 1
                index = str(a) if one else f"{a}:{b}" if is_run(here) else self._blocks.index(here)
                part = Term(self._blocks.named(f"{text}[{index}]", "m"), () if one else here.shape)
            self._to(block, at.reshape(()) if one else at, part)

    def _summed(self, message: Number, axis: int, n: int) -> Number:
        """The sum of the messages along an axis, which is kept."""
        if isinstance(message, float):
            return message * n
        if not message.shape or message.shape[axis] == 1:
            return Term(self._blocks.named(f"{float(n)} * {message.text}", "m"), message.shape)
        shape = tuple(1 if i == axis else m for i, m in enumerate(message.shape))
        return Term(self._blocks.named(f"xp.sum({message.text}, axis={axis}, keepdims=True)", "m"), shape)

    def _to(self, block: Block, at: Numbers, message: Number) -> None:
        """Note a message to elements of one block."""
        mail, flat = self._mail[block], at.ravel()
        if block.shape == () and at.size > 1:
            if isinstance(message, float):
                mail.whole.append(message * at.size)
            else:
                total = f"xp.sum({self._blocks.full(message, at.shape)})"
                mail.whole.append(Term(self._blocks.named(total, "m"), ()))
            return
        if at.size == block.size and is_run(np.sort(flat)):
            mail.whole.append(self._ordered(block, at, message))
            return
        if at.ndim == 0:
            text = self._blocks.full(message, ()) if isinstance(message, float) else message.text
            mail.items[int(at)].append(text)
            return
        text = self._blocks.full(message, at.shape)
        text = text if at.ndim == 1 else self._blocks.named(f"{text}.reshape(({at.size},))", "m")
        if is_run(flat):
            mail.ranges[int(flat[0]), int(flat[-1]) + 1].append(text)
        else:
            mail.scattered.append((flat, text))

    def _ordered(self, block: Block, at: Numbers, message: Number) -> Number:
        """A message to all elements of a block, brought into the block's order and shape."""
        if isinstance(message, float) or not message.shape:
            return message
        flat = at.ravel()
        if is_run(flat):
            if at.shape == block.shape:
                return message
            text = f"{self._blocks.full(message, at.shape)}.reshape({block.shape})"
        elif at.ndim == 2 and is_run(at.T.ravel()):
            text = f"{self._blocks.full(message, at.shape)}.T"
            text += f".reshape({block.shape})" if at.T.shape != block.shape else ""
        else:
            line = self._blocks.full(message, at.shape) + (f".reshape(({at.size},))" if at.ndim > 1 else "")
            text = f"{line}[{self._blocks.index(np.argsort(flat))}]"
            text += _shaped(block)
        return Term(self._blocks.named(text, "m"), block.shape)

    def gradient(self, block: Block) -> Number | None:
        """All that was sent to a block, added up; None: nothing."""
        mail = self._mail.pop(block, None)
        if mail is None:
            return None
        ranges = {key: " + ".join(texts) for key, texts in mail.ranges.items()}
        if mail.items:
            at = np.array(sorted(mail.items))
            stack = f"xp.stack([{', '.join(' + '.join(mail.items[i]) for i in at.tolist())}])"
            if is_run(at) and (int(at[0]), int(at[-1]) + 1) not in ranges:
                ranges[int(at[0]), int(at[-1]) + 1] = stack
            else:
                mail.scattered.append((at, stack))
        terms = [part for part in mail.whole if isinstance(part, Term)]
        terms += [Term(self._laid(layer, block), block.shape) for layer in _layers(ranges)]
        if mail.scattered:
            terms.append(Term(self._scattered(mail.scattered, block), block.shape))
        plain = sum(part for part in mail.whole if isinstance(part, float))
        if not terms:
            return plain
        texts = [term.text for term in terms] + [expression(plain, {})] * (plain != 0.0)
        name = self._blocks.named(" + ".join(texts), f"d{block.name}")
        return Term(name, np.broadcast_shapes(*[term.shape for term in terms]))

    def _scattered(self, messages: Sequence[tuple[Numbers, str]], block: Block) -> str:
        """The expression that adds messages up at elements here and there."""
        index, texts = np.concatenate([at for at, _ in messages]), [text for _, text in messages]
        text = texts[0] if len(texts) == 1 else f"xp.concatenate([{', '.join(texts)}])"
        order = np.argsort(index, kind="stable")
        if len(index) == block.size and is_run(index[order]):  # one for each
            text = f"{text}[{self._blocks.index(order)}]"
        else:
            text = f"scattered({block.size}, {self._blocks.index(index)}, {text})"
        return text + _shaped(block)

    def _laid(self, layer: Sequence[tuple[tuple[int, int], str]], block: Block) -> str:
        """Ranges side by side, with zeros where there are none."""
        pieces, end = [], 0
        for (a, b), text in layer:
            if a > end:
                pieces.append(f"xp.zeros({a - end}, dtype=theta.dtype)")
            pieces.append(text)
            end = b
        if end < block.size:
            pieces.append(f"xp.zeros({block.size - end}, dtype=theta.dtype)")
        text = f"xp.concatenate([{', '.join(pieces)}])" if len(pieces) > 1 else pieces[0]
        return text + _shaped(block)


def _shaped(block: Block) -> str:
    """The end of an expression that brings a single axis into the block's shape."""
    return f".reshape({block.shape})" if len(block.shape) != 1 else ""


def _layers(ranges: dict[tuple[int, int], str]) -> list[list[tuple[tuple[int, int], str]]]:
    """Ranges sorted into few lists in which none overlaps another."""
    layers: list[list[tuple[tuple[int, int], str]]] = []
    for key, text in sorted(ranges.items()):
        fits = next((layer for layer in layers if layer[-1][0][1] <= key[0]), None)
        if fits is None:
            layers.append([(key, text)])
        else:
            fits.append((key, text))
    return layers


# --- places as arrays of their own ------------------------------------------------------------------------------------


class Term(NamedTuple):
    """A name in the source, and the shape of what it stands for; it may have to be broadcast."""

    text: str
    shape: tuple[int, ...]


Number = Term | float


def written(number: Number) -> str:
    """How a number is written within an expression."""
    return number.text if isinstance(number, Term) else expression(number, {})


@dataclass(eq=False)
class Block:
    """An array of the emitted program: its name there, and its shape."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return math.prod(self.shape)


class Blocks:
    """Where the emitted program has each place: in which of its arrays, and where in that.

    `lines` collects the program's lines, `names` the arrays that they name. `numbers` has, for each place that belongs
    to no block, the number that never changes.
    """

    def __init__(self, numbers: Any) -> None:
        self.names: dict[str, Any] = {}
        self.lines: list[str] = []
        self._numbers = numbers
        self._blocks: list[Block] = []
        self._of: Numbers = np.full(len(numbers), -1, dtype=np.int64)
        self._at: Numbers = np.zeros(len(numbers), dtype=np.int64)
        self._known: dict[Any, Number] = {}
        self._indices: dict[Any, str] = {}
        self._count = 0

    def add(self, places: Numbers, name: str) -> Block:
        """An array of these places, in order and in their shape."""
        self._of[places] = len(self._blocks)
        self._at[places] = np.arange(places.size).reshape(places.shape)
        self._blocks.append(Block(name, places.shape))
        return self._blocks[-1]

    def block_of(self, places: Numbers) -> Block:
        """The block in which the first of these places lies."""
        return self._blocks[int(self._of[places.flat[0]])]

    def parts(self, places: Numbers, wanted: Any) -> list[tuple[Block, Numbers, Numbers]]:
        """The blocks of wanted places: of each the block, which of the places lie in it, and where in it."""
        of, at = np.where(wanted, self._of[places], -1).ravel(), self._at[places].ravel()
        chosen = [(i, np.flatnonzero(of == i)) for i in np.unique(of[of >= 0]).tolist()]
        return [(self._blocks[i], here, at[here]) for i, here in chosen]

    def named(self, text: str, prefix: str) -> str:
        """A name for the value of this expression."""
        if text.isidentifier():
            return text
        self._count += 1
        name = f"{prefix}_{self._count}"
        self.lines.append(f"{name} = {text}")
        return name

    # numbers that never change

    def constant(self, array: Any) -> Term:
        """An array that never changes, of theta's type."""
        key = "constant", array.shape, array.tobytes()
        found = self._known.get(key)
        if found is None:
            kept = expression(array.item(), {}) if array.ndim == 0 else self._kept("C", array)
            found = self._known[key] = Term(self.named(f"xp.asarray({kept}, dtype=theta.dtype)", "c"), array.shape)
        assert isinstance(found, Term)
        return found

    def index(self, index: Numbers) -> str:
        """The name of an array of indices."""
        key = index.shape, index.tobytes()
        if key not in self._indices:
            self._indices[key] = self._kept("I", index)
        return self._indices[key]

    def _kept(self, prefix: str, array: Any) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names[name] = array
        return name

    def full(self, number: Number, shape: tuple[int, ...]) -> str:
        """An array of just this shape."""
        if isinstance(number, float):
            return self.named(f"xp.full({shape}, {expression(number, {})}, dtype=theta.dtype)", "f")
        return number.text if number.shape == shape else self.named(f"xp.broadcast_to({number.text}, {shape})", "f")

    # reading

    def fixed(self, places: Numbers) -> Any:
        """The numbers of these places, if they never change, else None."""
        return self._numbers[places] if (self._of[places] < 0).all() else None

    def shape_of(self, places: Numbers) -> tuple[int, ...] | None:
        """The shape of the block that these places are, all of it and in order; None: they are no block."""
        if not self.is_matrix(places) or places.size != self.block_of(places).size:
            return None
        return self.block_of(places).shape

    def is_matrix(self, places: Numbers) -> bool:
        """Whether these places lie in one block, one after the other."""
        of = self._of[places]
        return bool(of.flat[0] >= 0 and (of == of.flat[0]).all()) and is_run(self._at[places].ravel())

    def read(self, places: Numbers, prefix: str) -> Number:
        """The numbers of these places; what broadcasting restores is left out."""
        key = places.shape, places.tobytes()
        found = self._known.get(key)
        if found is None:
            places = collapsed(places)
            if places.size == 1 and len(key[0]) and math.prod(key[0]) > 1:
                places = places.reshape(())
            found = self._known[key] = self._read(places, prefix)
        return found

    def _read(self, places: Numbers, prefix: str) -> Number:
        of, numbers = self._of[places], self.fixed(places)
        if numbers is not None:
            same = len(set(map(repr, numbers.ravel().tolist()))) == 1
            return float(numbers.flat[0]) if same else self.constant(numbers)
        if (of == of.flat[0]).all():
            block = self._blocks[int(of.flat[0])]
            at = self._at[places]
            text = viewed(block.name, block.shape, at) or f"{block.name}.reshape(({block.size},))[{self.index(at)}]"
            return Term(self.named(text, prefix), places.shape)
        flat, kinds = places.ravel(), self._kinds(of.ravel())
        cuts = [0, *(np.flatnonzero(np.diff(kinds)) + 1).tolist(), len(flat)]
        if len(cuts) > max(_RUNS, len(np.unique(kinds)) + 1):  # sorted by blocks, then picked out of that
            order = np.argsort(kinds, kind="stable")
            back = np.argsort(order, kind="stable")
            together = self.read(flat[order], prefix)
            assert isinstance(together, Term)
            text = f"{together.text}[{self.index(back.reshape(places.shape))}]"
            return Term(self.named(text, prefix), places.shape)
        parts = [self._piece(flat[a:b], prefix) for a, b in pairwise(cuts)]
        joined = f"xp.concatenate([{', '.join(parts)}])" if len(parts) > 1 else parts[0]
        if places.ndim != 1:
            joined += f".reshape({places.shape})"
        return Term(self.named(joined, prefix), places.shape)

    def _kinds(self, of: Numbers) -> Numbers:
        """The block of each place; but all single numbers count as one block."""
        scalar = np.array([block.shape == () for block in self._blocks] + [False])  # the last: of none
        return np.where(scalar[of], len(self._blocks), of)

    def _piece(self, places: Numbers, prefix: str) -> str:
        """A part of one block, of single numbers, or of what never changes, as one axis."""
        of = int(self._of[places[0]])
        if of >= 0 and self._blocks[of].shape == ():
            names = [self._blocks[i].name for i in self._of[places].tolist()]
            return f"xp.stack([{', '.join(names)}])"
        return self.full(self.read(places, prefix), places.shape)


# --- a row's formula as an expression ---------------------------------------------------------------------------------


class Formulas:
    """Writes formulas as expressions: numbers are folded in, and nothing is computed twice.

    What an expression reads twice gets a line in `blocks`. `own` names the functions that the user gave to the
    namespace: they stand for rows of their names.
    """

    def __init__(self, blocks: Blocks, space: Any, own: Container[str]) -> None:
        self._blocks, self._space, self._own = blocks, space, own

    def written(self, op: Op | None, symbol: Any, given: Mapping[str, Number]) -> Number:
        """An expression and its shape; where only numbers are given, a number.

        The formula `symbol` is of :func:`.symbols.messages` or :func:`.symbols.forward`, and `given` says what its
        inputs are. `op` is the row that it is of, for errors; None: a product's.

        Raises:
            ArgumentError: the namespace has no function that is needed.
        """
        made: dict[Symbol, Any] = {}
        shapes: dict[Symbol, tuple[int, ...]] = {}
        trace = Trace()
        names = {name: number.text for name, number in given.items() if isinstance(number, Term)}
        for part in below([symbol]):
            number = given[part.fn] if part.kind == INPUT else None
            if part.kind == INPUT:
                made[part] = number if isinstance(number, float) else trace.array_input(part.fn, part.stacked)
                shapes[part] = number.shape if isinstance(number, Term) else ()
            else:
                operands = [made[x] if isinstance(x, Symbol) else x for x in part.operands]
                made[part] = self._applied(trace, part, operands)
                shape = np.broadcast_shapes(*[shapes[x] for x in part.operands if isinstance(x, Symbol)])
                shapes[part] = shape[1:] if part.kind == REDUCTION else shape
        result = made[symbol] if isinstance(symbol, Symbol) else symbol
        if not isinstance(result, Symbol):
            return float(result)
        return Term(self._text(op, trace, result, names), shapes[symbol])

    def _applied(self, trace: Trace, part: Symbol, operands: list[Any]) -> Any:
        op = part.fn
        if part.kind == FUNCTION:
            return applied(op, *operands)
        if part.kind == REDUCTION and len(operands) > 1:
            fold, start = trace.made(ArraySymbol, REDUCTION, op, tuple(operands[:1])), operands[1]
            return fold if op == "add" and start == 0.0 else applied(op, start, fold)
        if part.kind != ELEMENTS:
            return trace.made(ArraySymbol, part.kind, op, tuple(operands))
        if not any(isinstance(x, Symbol) for x in operands):
            return op(*operands)
        if op.name not in self._own and (op.user or not hasattr(self._space, op.name)):
            raise ArgumentError(
                f"{op.name} is computed number by number, and the namespace has no function for it: give one, "
                f"functions={{{op.name!r}: ...}}, or use the program as it is"
            )
        return trace.made(ArraySymbol, FUNCTION, op.name, tuple(operands))

    def _text(self, op: Op | None, trace: Trace, result: Symbol, names: dict[str, str]) -> str:
        """An expression in which nothing is computed twice: what is read twice gets a line of its own."""
        order = below([result])
        readers = Counter(x for part in order for x in part.operands if isinstance(x, Symbol))
        made: dict[Symbol, Any] = {}

        def constant(x: float) -> Symbol:
            name = self._blocks.constant(np.array(x)).text
            names[name] = name
            return trace.array_input(name)

        for part in order:
            made[part] = part
            if part.kind == INPUT:
                continue
            operands = [made[x] if isinstance(x, Symbol) else x for x in part.operands]
            if part.kind == FUNCTION and part.fn not in SIGNS and part.fn not in NO_UFUNCS:
                # not every namespace takes numbers here
                operands = [x if isinstance(x, Symbol) else constant(x) for x in operands]
            elif part.fn == "where" and not any(isinstance(x, Symbol) for x in operands[1:]):
                operands[1] = constant(operands[1])  # two numbers would have the namespace's own type, not theta's
            made[part] = trace.made(ArraySymbol, part.kind, part.fn, tuple(operands))
            if readers[part] > 1:
                name = self._blocks.named(self._checked(op, expression(made[part], names)), "t")
                made[part] = trace.array_input(name, part.stacked)
                names[name] = name
        return self._checked(op, expression(made[result], names))

    def _checked(self, op: Op | None, text: str) -> str:
        """The text, if the namespace has the functions that it names."""
        for name in re.findall(r"\bxp\.(\w+)", text):
            if not hasattr(self._space, name):
                raise ArgumentError(
                    f"{op.name if op else 'the program'} needs the function {name}, which the namespace lacks: "
                    f"give one, functions={{{name!r}: ...}}, or use the program as it is"
                )
        return text


# --- parts of an array ------------------------------------------------------------------------------------------------


def is_run(index: Numbers) -> bool:
    """Whether the index counts up by one."""
    return index.size > 0 and bool((np.diff(index) == 1).all())


def collapsed(places: Numbers) -> Numbers:
    """Drop what broadcasting restores: an axis along which nothing changes gets length 1."""
    for axis, n in enumerate(places.shape):
        if n > 1 and (places == places.take([0], axis)).all():
            places = places.take([0], axis)
    return places


def viewed(name: str, shape: tuple[int, ...], at: Numbers) -> str | None:
    """The elements at the numbers `at` of an array, as slices and reshapes of it; None: they have to be gathered.

    `at` counts the array's elements row by row, and has the shape that the result shall have.
    """
    size = math.prod(shape)
    flat = name if len(shape) == 1 else f"{name}.reshape(({size},))"
    if at.ndim == 0:
        index = ", ".join(str(int(i)) for i in np.unravel_index(int(at), shape))
        return f"{name}[{index}]" if index else name
    first, last = int(at.flat[0]), int(at.flat[-1])
    if is_run(at.ravel()):
        if at.size == size:
            return name if at.shape == shape else f"{name}.reshape({at.shape})"
        if len(shape) == 2 and first % shape[1] == 0 and at.shape[1:] == shape[1:]:
            return f"{name}[{first // shape[1]}:{last // shape[1] + 1}]"
        return f"{flat}[{first}:{last + 1}]" + (f".reshape({at.shape})" if at.ndim > 1 else "")
    places = np.arange(size).reshape(shape)
    if at.ndim == 2 and np.array_equal(at.T, places):
        return f"{name}.T"
    if at.ndim == 2 and len(shape) == 1 and is_run(at[0]):  # weights beside their biases
        row = int(at[1, 0] - at[0, 0])
        if row >= at.shape[1] and first + row * len(at) <= size:
            lines = places[first : first + row * len(at)].reshape(len(at), row)
            if np.array_equal(lines[:, : at.shape[1]], at):
                return f"{flat}[{first}:{first + row * len(at)}].reshape({lines.shape})[:, :{at.shape[1]}]"
    if len(shape) == 2:
        sliced = _sliced(name, places, at)
        if sliced is not None:
            return sliced
    step = int(at.flat[1]) - first
    if at.ndim == 1 and step > 0 and (np.diff(at) == step).all():
        return f"{flat}[{first}:{last + 1}:{step}]"
    return None


def _sliced(name: str, places: Numbers, at: Numbers) -> str | None:
    """A rectangle, row or column of a matrix, or a transposed rectangle; None: the elements are none of these."""
    for turned in (False, True):
        wanted = at.T if turned else at
        rows, columns = np.divmod(wanted, places.shape[1])
        if at.ndim == 1:
            if (rows == rows[0]).all() and is_run(columns):
                return f"{name}[{rows[0]}, {columns[0]}:{columns[-1] + 1}]"
            if (columns == columns[0]).all() and is_run(rows):
                return f"{name}[{rows[0]}:{rows[-1] + 1}, {columns[0]}]"
            return None
        a, b, c, d = rows[0, 0], rows[-1, 0] + 1, columns[0, 0], columns[0, -1] + 1
        if np.array_equal(places[a:b, c:d], wanted):
            return f"{name}[{a}:{b}, {c}:{d}]" + (".T" if turned else "")
    return None
