"""Tokens put into the order in which they are computed."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any, NamedTuple

from ..engine import ops
from ..engine.op import Op
from .known import CONSTANTS, FUNCTIONS, nearest, short, unknown_function, wrong_count
from .tokens import Source, Token

__all__ = ["MAX_DEPTH", "Reader", "Step"]

MAX_DEPTH = 100  # parentheses within parentheses

_BINARY: dict[str, tuple[int, Op]] = {
    "+": (1, ops.ADD),
    "-": (1, ops.SUB),
    "*": (2, ops.MUL),
    "/": (2, ops.DIV),
    "//": (2, ops.FLOORDIV),
    "%": (2, ops.MOD),
    "**": (4, ops.POW),
}
_SIGN = 3  # how strongly a sign before an operand binds


class Step(NamedTuple):
    """One step of an expression that runs on a stack: put something on it, or apply something to its top."""

    kind: str  # "number", "name", "sign", "binary" or "call"
    what: Any
    operands: int
    position: int


class Reader:
    """Dijkstra's shunting yard: operators wait on a list until one that binds less follows."""

    def __init__(self, source: Source, variables: Collection[str] | None) -> None:
        self.source = source
        self.variables = variables
        self.names: dict[str, None] = {}  # in order of appearance
        self.steps: list[Step] = []
        self._waiting: list[tuple[int, Step]] = []  # how strongly each binds; 0: an open parenthesis
        self._function: Token | None = None  # a function's name, whose parenthesis must come next
        self._wants_operand = True
        self._depth = 0
        self._last = Token("end", "", 0)

    def take(self, token: Token) -> None:
        """Go on by one token; the last has the kind "end"."""
        if self._function is not None and token.text != "(":
            name = self._function.text
            raise self.source.error(f"{name} is a function: write {name}(...)", self._function.position)
        if self._wants_operand:
            self._operand(token)
        else:
            self._operator(token)
        self._last = token

    # --- where an operand is wanted --------------------------------------------------------------------------

    def _operand(self, token: Token) -> None:
        if token.kind == "number":
            self.steps.append(Step("number", self._number(token), 0, token.position))
            self._wants_operand = False
        elif token.kind == "name":
            self._name(token)
        elif token.text == "(":
            self._open(token)
        elif token.text in ("+", "-"):
            if token.text == "-":  # a plus sign does nothing
                self._waiting.append((_SIGN, Step("sign", ops.NEG, 1, token.position)))
        else:
            raise self._no_operand(token)

    def _number(self, token: Token) -> float:
        number = float(token.text)
        if number == math.inf:
            raise self.source.error("this number is too large for a double", token.position)
        return number

    def _name(self, token: Token) -> None:
        name = token.text
        if self.variables is not None and name in self.variables:
            pass
        elif name in FUNCTIONS:
            self._function = token
            return
        elif name in CONSTANTS:
            self.steps.append(Step("number", CONSTANTS[name], 0, token.position))
            self._wants_operand = False
            return
        elif not self._is_called(token) and self.variables is not None:
            raise self.source.error(self._unknown_variable(name), token.position)
        self.names.setdefault(name)
        self.steps.append(Step("name", name, 0, token.position))
        self._wants_operand = False

    def _is_called(self, token: Token) -> bool:
        return self.source.text[token.position + len(token.text) :].lstrip(" \t").startswith("(")

    def _unknown_variable(self, name: str) -> str:
        known = list(self.variables or ())
        near = nearest(name, [*known, *CONSTANTS], 2) or known
        return f"there is no variable {short(name)} here" + (f"; known: {', '.join(near[:6])}" if near else "")

    def _no_operand(self, token: Token) -> Exception:
        last = self._last
        if token.kind == "end" and last.kind == "end":
            return self.source.error("there is no expression here", token.position)
        if token.text in ("*", "/", "%") and last.text == token.text:
            return self.source.error(f"{token.text} {token.text} is no operator", token.position)
        what = "the expression ends" if token.kind == "end" else f"{token.text} stands"
        if last.text == "(" and token.text == ")":
            return self.source.error("there is nothing between these parentheses", last.position)
        return self.source.error(f"{what} where a number, a name or ( is wanted", token.position)

    # --- where an operator is wanted -------------------------------------------------------------------------

    def _operator(self, token: Token) -> None:
        if token.text in _BINARY:
            binds, op = _BINARY[token.text]
            self._release(binds + 1 if token.text == "**" else binds)
            self._waiting.append((binds, Step("binary", op, 2, token.position)))
            self._wants_operand = True
        elif token.text == ")":
            self._close(token)
        elif token.text == ",":
            self._next_argument(token)
        elif token.kind == "end":
            self._release(1)
            if self._waiting:
                raise self.source.error("this parenthesis is never closed", self._waiting[-1][1].position)
        else:
            raise self._no_operator(token)

    def _no_operator(self, token: Token) -> Exception:
        last = self._last
        if token.text == "(" and last.kind == "name" and last.text not in CONSTANTS:
            if self.variables is not None and last.text in self.variables:
                reason = f"{short(last.text)} is a variable, not a function; a product is written with *"
                return self.source.error(reason, token.position)
            return self.source.error(unknown_function(last.text), last.position)
        left, right = short(last.text), short(token.text)
        left, right = ("(...)" if left == ")" else left), ("(...)" if right == "(" else right)
        return self.source.error(f"an operator is missing; a product is written {left}*{right}", token.position)

    def _release(self, binds: int) -> None:
        """Apply the waiting operators that bind at least so much."""
        while self._waiting and self._waiting[-1][0] >= binds:
            self.steps.append(self._waiting.pop()[1])

    def _open(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.source.error(f"more than {MAX_DEPTH} parentheses within one another", token.position)
        function, self._function = self._function, None
        kind, name, at = ("call", function.text, function.position) if function else ("group", "", token.position)
        self._waiting.append((0, Step(kind, name, 1, at)))

    def _next_argument(self, token: Token) -> None:
        self._release(1)
        if not self._waiting or self._waiting[-1][1].kind != "call":
            raise self.source.error("a comma stands only between the arguments of a function", token.position)
        call = self._waiting[-1][1]
        self._waiting[-1] = (0, call._replace(operands=call.operands + 1))
        self._wants_operand = True

    def _close(self, token: Token) -> None:
        self._release(1)
        if not self._waiting:
            raise self.source.error("this parenthesis was never opened", token.position)
        self._depth -= 1
        opened = self._waiting.pop()[1]
        if opened.kind == "call":
            if complaint := wrong_count(opened.what, opened.operands):
                raise self.source.error(complaint, opened.position)
            self.steps.append(opened)
