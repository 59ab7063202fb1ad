"""A program as pure functions over an array namespace: NumPy's, JAX's, PyTorch's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..ops import LEAF
from ..value import Value
from .array_blocks import Blocks, Number
from .array_formulas import Formulas
from .array_messages import scattered
from .array_source import ArraySource
from .plan import Single
from .targets import wanted_places

if TYPE_CHECKING:
    from .program import Program

__all__ = ["ArrayProgram"]

_MANY = 5_000  # nodes that are computed one by one; with more, a tracing compiler takes minutes


class _Overlay:
    """A namespace with some functions beside, or instead of, its own."""

    def __init__(self, xp: Any, functions: Mapping[str, Any]) -> None:
        self._xp = xp
        self.__dict__.update(functions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._xp, name)


class ArrayProgram:
    """Value and gradient of a program as pure functions. Made by :meth:`Program.to`.

    Args:
        program: the program; what it holds beside the arguments stays as it is now.
        xp: the array namespace.
        inputs: blocks of leaves that are arguments of their own.
        functions: what `xp` lacks, by name.

    Attributes:
        parameters: the leaves that `theta` stands for, in its order: all that can be trained and are no inputs.
        inputs: the blocks of leaves that stand for the other arguments, as arrays.
    """

    def __init__(self, program: Program, xp: Any, inputs: Sequence[Any], functions: Mapping[str, Any]) -> None:
        plan = program._plan
        self._xp = xp
        self.inputs = tuple([np.asarray(block, dtype=object) for block in inputs])
        places = [program._block(block).reshape(block.shape) for block in self.inputs]
        given = np.concatenate([np.zeros(0, dtype=np.int64), *[p.ravel() for p in places]])
        if len(np.unique(given)) < len(given):
            raise ArgumentError("a leaf is in two of the inputs")
        leaves = [(place, node) for node, place in plan.leaves() if node._op is LEAF]
        own = sorted(set(place for place, _ in leaves) - set(given.tolist()))
        at = dict(leaves)
        self.parameters: list[Value] = [at[place] for place in own]
        wanted = np.zeros(plan.size, dtype=bool)
        wanted[own] = True
        varies = wanted.copy()
        varies[given] = True
        wanted, varies = wanted_places(plan, wanted), wanted_places(plan, varies)
        computed = not all(varies[step.out.places].all() for level in plan.levels for step in level)
        lone = sum(len(step.out.places) for level in plan.levels for step in level if isinstance(step, Single))
        if lone > _MANY:
            raise ArgumentError(
                f"{lone:,} nodes of this graph are computed one by one, which would be as many lines: over an array "
                f"namespace at most {_MANY:,}; use the program as it is"
            )
        blocks = Blocks(program._settled(computed))
        theta = blocks.add(np.array(own, dtype=np.int64), "theta")
        names = [f"input{i}" for i in range(1, len(places) + 1)]
        for name, block in zip(names, places, strict=True):
            blocks.add(block, name)
        space = _Overlay(xp, functions) if functions else xp
        source = ArraySource(plan, blocks, varies, wanted, Formulas(blocks, space, functions))
        there = source.forward()
        root = blocks.read(np.array(plan.root), "v")
        value = f"xp.asarray({root!r}, dtype=theta.dtype)" if isinstance(root, float) else root.text
        back = source.backward()
        gradient = source.gradient(theta)
        arguments = ", ".join(["theta", *names])
        self.source = (
            _function(f"value({arguments})", [*there, f"return {value}"])
            + "\n\n"
            + _function(
                f"value_and_grad({arguments})", [*there, *back, f"return {value}, {_own(gradient, theta.shape)}"]
            )
        )
        scope = dict(blocks.names) | {"xp": space, "scattered": lambda *a: scattered(xp, *a)}
        exec(self.source, scope)
        self._functions = scope

    def theta(self) -> Any:
        """The parameters' present numbers, as the first argument."""
        return self._xp.asarray(np.array([p._data for p in self.parameters]))

    def store(self, theta: Any) -> None:
        """Write numbers into the parameters' ``data``."""
        for p, x in zip(self.parameters, np.asarray(theta, dtype=float).tolist(), strict=True):
            p._data = x

    def value(self, theta: Any, *inputs: Any) -> Any:
        """The result, an array of no dimensions."""
        self._check(theta, inputs)
        return self._functions["value"](theta, *inputs)

    def value_and_grad(self, theta: Any, *inputs: Any) -> tuple[Any, Any]:
        """The result, and its gradient with respect to `theta`."""
        self._check(theta, inputs)
        found: tuple[Any, Any] = self._functions["value_and_grad"](theta, *inputs)
        return found

    def _check(self, theta: Any, inputs: Sequence[Any]) -> None:
        shapes = [(len(self.parameters),), *[block.shape for block in self.inputs]]
        got = [tuple(x.shape) for x in (theta, *inputs)]
        if got != shapes:
            raise ShapeError(f"the arguments have shapes {got}, this program takes {shapes}")


def _function(head: str, lines: list[str]) -> str:
    return "\n".join([f"def {head}:", *(f"    {line}" for line in lines)]) + "\n"


def _own(gradient: Number | None, shape: tuple[int, ...]) -> str:
    """A gradient as an array that shares its memory with none that was given."""
    if gradient is None:
        return "xp.zeros_like(theta)"
    if isinstance(gradient, float):
        return f"xp.full({shape}, {gradient!r}, dtype=theta.dtype)"
    if gradient.shape != shape:
        return f"{gradient.text} * xp.ones_like(theta)"
    return gradient.text if gradient.text.startswith("dtheta") else f"1.0 * {gradient.text}"
