"""A program as pure functions over an array namespace: NumPy's, JAX's, PyTorch's."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.ops import LEAF
from ...engine.value import Value
from ...errors import ArgumentError, OperandError, ShapeError
from ..formulas.printing import expression
from ..passes.arrays import Floats
from ..passes.targets import wanted_places
from ..planning.plan import Plan, Single
from ..planning.tape import Mask
from .blocks import Blocks, Number, Term
from .formulas import Formulas
from .messages import scattered
from .source import ArraySource

if TYPE_CHECKING:
    from ..program import Program

__all__ = ["ArrayProgram"]

_HEADER = """\
# xp is the array namespace; theta holds the numbers of `parameters`, input1, input2, ... those of `inputs`.
# Z2, A2: of layer 2, as on paper; y5: the results of step 5; v7: those of a single node.
# A number behind an underscore only tells names apart. W2_3 are the weights of layer 2, with the bias as last column
# where the inputs, as A1_4, have a row of ones below; dW2_5 is the gradient of W2_3.
# c_6: a constant, C0 its numbers; m_7: a message, a part of a gradient; t_8, x_9, v_9, f_9: parts of a formula.


"""
_MANY = 5_000  # nodes that are computed one by one; with more, a tracing compiler takes minutes


class _Overlay:
    """A namespace with some functions beside, or instead of, its own."""

    def __init__(self, xp: Any, functions: Mapping[str, Any]) -> None:
        self._xp = xp
        self.__dict__.update(functions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._xp, name)


class ArrayProgram:
    """Value and gradient of a program as pure functions of arrays. Made by :meth:`Program.to`.

    Args:
        program: the program. What is no argument, its constants, keeps the number that it has now.
        xp: the array namespace.
        inputs: blocks of leaves that are arguments of their own.
        functions: by name, what `xp` lacks.

    Attributes:
        parameters: the leaves that the argument `theta` stands for, in order: all that can be trained and are in no
            input.
        inputs: the leaves that the other arguments stand for, as arrays.
        source: the code of both functions.

    A number without a value (the logarithm of -1) is nan or inf, as the namespace has it, and no error.
    """

    def __init__(self, program: Program, xp: Any, inputs: Sequence[Any], functions: Mapping[str, Any]) -> None:
        plan = program._plan
        self._xp = xp
        self.inputs = tuple([np.asarray(block, dtype=object) for block in inputs])
        places = [program._block(block).reshape(block.shape) for block in self.inputs]
        given = {place for block in places for place in block.ravel().tolist()}
        if len(given) < sum(block.size for block in places):
            raise ArgumentError("a leaf is in two of the inputs")
        own = {place: node for node, place in plan.leaves() if node._op is LEAF and place not in given}
        at = sorted(own)
        self.parameters: list[Value] = [own[place] for place in at]
        wanted, varies = _above(plan, at), _above(plan, [*at, *given])
        steps = [step for level in plan.levels for step in level]
        lone = sum(step.out.places.size for step in steps if isinstance(step, Single))
        if lone > _MANY:
            raise ArgumentError(
                f"{lone:,} nodes of this graph are computed one by one, each in a line of its own; over an array "
                f"namespace that is done for {_MANY:,} at most: use the program as it is"
            )
        blocks = Blocks(_numbers(program, not all(varies[step.out.places].all() for step in steps)))
        theta = blocks.add(np.array(at, dtype=np.int64), "theta")
        names = [f"input{i}" for i in range(1, len(places) + 1)]
        for name, block in zip(names, places, strict=True):
            blocks.add(block, name)
        space = _Overlay(xp, functions) if functions else xp
        source = ArraySource(plan, blocks, varies, wanted, Formulas(blocks, space, functions))
        forward = source.forward()
        root = blocks.read(np.array(plan.root), "v")
        value = root.text if isinstance(root, Term) else blocks.constant(np.array(root)).text
        backward = source.backward()
        gradient = _own(source.gradient(theta), theta.shape)
        arguments = ", ".join(["theta", *names])
        one = _function(f"value({arguments})", [*forward, f"return {value}"])
        two = _function(f"value_and_grad({arguments})", [*forward, *backward, f"return {value}, {gradient}"])
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
        self._check((theta,), [(len(self.parameters),)])
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

    def _check(self, arguments: Sequence[Any], shapes: Sequence[tuple[int, ...]] | None = None) -> None:
        kind = str(getattr(arguments[0], "dtype", "")) if shapes is None else ""
        if shapes is None:
            shapes = [(len(self.parameters),), *[block.shape for block in self.inputs]]
        got = [tuple(x.shape) if hasattr(x, "shape") else type(x).__name__ for x in arguments]
        if got != list(shapes):
            names = ", ".join(["theta", *[f"input{i}" for i in range(1, len(shapes))]])
            raise ShapeError(f"the arguments ({names}) are arrays of shapes {_listed(shapes)}, got {_listed(got)}")
        if "int" in kind or "bool" in kind:
            raise OperandError(f"theta is an array of floats, got {kind}; convert it first, as theta * 1.0 does")


def _listed(shapes: Sequence[Any]) -> str:
    return ", ".join(map(str, shapes))


def _above(plan: Plan, leaves: Sequence[int]) -> Mask:
    """Which places depend on these."""
    mask = np.zeros(plan.size, dtype=bool)
    mask[list(leaves)] = True
    return wanted_places(plan, mask)


def _numbers(program: Program, computed: bool) -> Floats:
    """Every place's number at the leaves' present numbers; `computed`: those of the other nodes, too."""
    program._is_fresh = False
    program._leaves.refresh(program._values)
    if computed:
        program._forward()
    return program._values.copy()


def _function(head: str, lines: list[str]) -> str:
    return "\n".join([f"def {head}:", *(f"    {line}" for line in lines)]) + "\n"


def _own(gradient: Number | None, shape: tuple[int, ...]) -> str:
    """A gradient as an array that shares its memory with none that was given."""
    if gradient is None:
        return "xp.zeros_like(theta)"
    if isinstance(gradient, float):
        return f"xp.full({shape}, {expression(gradient, {})}, dtype=theta.dtype)"
    if gradient.shape != shape:
        return f"{gradient.text} * xp.ones_like(theta)"
    return gradient.text if gradient.text.startswith("dtheta") else f"1.0 * {gradient.text}"
