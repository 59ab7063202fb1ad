r"""A derivation as LaTeX: one ``aligned`` environment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..render.latex import latex_name, latex_number
from .account import EXPLAINED, Account, Marks, Step
from .gathering import Group
from .measuring import measured_text
from .plain import count_text
from .reasons import formula
from .writing import digits, visible

__all__ = ["typeset"]

_TIMES, _DOTS = r" \cdot ", r"\cdots"
_FORMULA = re.compile(r"[^\W\d]\w*|\d+(?:\.\d+)?(?:e[+-]\d+)?|\^-?\w+|\s+|.")


def typeset(told: Account) -> str:
    """The derivation as LaTeX, for mathematics mode."""
    writer = _Writer(told)
    rows = [*writer.head(), *writer.factors(), *writer.foot()]
    body = " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


class _Writer:
    def __init__(self, told: Account) -> None:
        self.told = told
        self.left = self.ratio(told.root, told.wrt)

    def ratio(self, above: Any, below: Any, mark: str = "") -> str:
        upper, lower = (latex_name(self.told.names[node]) for node in (above, below))
        fraction = rf"\frac{{\partial {upper}}}{{\partial {lower}}}"
        return rf"\left.{fraction}\right|_{{\text{{{mark}}}}}" if mark else fraction

    def step(self, step: Step | None, marks: Marks | None = None) -> str:
        return _DOTS if step is None else self.ratio(step[0], step[1].below, self.told.mark(step, marks))

    def head(self) -> list[str]:
        told, total = self.told, _number(self.told.total)
        if told.sweep is None:
            return [f"{self.left} &= {total}"]
        if told.groups is not None:
            return self.gathered()
        symbols = [_TIMES.join(map(self.step, chain.shown())) for chain in told.chains]
        return _rows(self.left, [symbols, [_numbers(chain.partials) for chain in told.chains], [total]])

    def gathered(self) -> list[str]:
        found = self.told.groups
        assert found is not None
        groups = found.groups or [found.shared]
        symbols = [
            rf"{self.along(group)} && \text{{({count_text(group.ways)} path{'s' * (group.ways != 1)})}}"
            for group in groups
        ]
        numbers = [_numbers(group.partials) for group in groups]
        if found.others is not None:
            symbols.append(rf"\cdots && \text{{({count_text(found.others.ways)} paths)}}")
            numbers.append(_number(found.others.product))
        rows = _rows(self.left, [symbols, numbers, [_number(self.told.total)]])
        if found.groups and len(found.shared.partials) > 1:
            left = self.ratio(found.shared.nodes[0], found.shared.nodes[-1])
            product = _number(found.shared.product)
            rows += _rows(left, [[self.along(found.shared)], [_numbers(found.shared.partials)], [product]])
        return rows

    def along(self, group: Group) -> str:
        places = visible(len(group.partials))
        pairs = [None if i is None else (group.nodes[i], group.nodes[i + 1]) for i in places]
        return _TIMES.join(
            _DOTS if pair is None else self.ratio(*pair, self.told.mark_between(*pair)) for pair in pairs
        )

    def factors(self) -> list[str]:
        rows = []
        for step in self.told.explained()[:EXPLAINED]:
            above, link = step
            if link.place is not None:
                symbol = _formula(formula(above, link.place, self.told.names))
                rows += [f"{self.step(step)} &= {symbol} = {_number(link.value)}"] if symbol else []
                continue
            chains, marks = self.told.routes(step)
            if chains:
                symbols = " + ".join(_TIMES.join(self.step(s, marks) for s in chain.shown()) for chain in chains)
                numbers = _sum([_numbers(chain.partials) for chain in chains])
                rows.append(f"{self.step(step)} &= {symbols} = {numbers} = {_number(link.value)}")
        return rows

    def foot(self) -> list[str]:
        if self.told.sweep is None:
            return []
        found = measured_text(self.told.numeric, self.told.total, r"\pm")
        label, _, text = found.partition(": ")
        value, sign, error = text.partition(r" \pm ")
        if not sign:
            return [rf"&\text{{{found}}}"]
        error, comma, rest = error.partition(",")
        words = rf"\text{{{comma}{rest}}}" if comma else ""
        return [rf"\text{{{label}: }} & {latex_number(value)} \pm {latex_number(error)}{words}"]


def _rows(left: str, sides: Sequence[Sequence[str]]) -> list[str]:
    """One row for every term; a side equal to the one before, or to what stands on the left, is left out."""
    rows: list[str] = []
    for i, terms in enumerate(sides):
        if list(terms) != ([left] if not i else list(sides[i - 1])):
            for j, term in enumerate(terms):
                sign = "= " if not j else r"\quad " if term.startswith("-") else r"\quad + "
                rows.append(f"{left if not rows else ''} &{sign}{term}".strip())
    return rows


def _sum(terms: Sequence[str]) -> str:
    return "".join(
        term if not i else f" {term}" if term.startswith("-") else f" + {term}" for i, term in enumerate(terms)
    )


def _number(x: float) -> str:
    return latex_number(digits(x))


def _numbers(factors: Sequence[float]) -> str:
    shown = [_DOTS if i is None else _number(factors[i]) for i in visible(len(factors))]
    return _TIMES.join(_bracketed(x) if i else x for i, x in enumerate(shown))


def _bracketed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


def _formula(text: str) -> str:
    """A formula over names that are letters and digits; empty where it has a power that is more than one sign."""
    if "^(" in text:
        return ""
    pieces = []
    for piece in _FORMULA.findall(text):
        if piece[0].isalpha() or piece[0] == "_":
            pieces.append(latex_name(piece))
        elif piece[0] == "^":
            pieces.append(f"^{{{latex_name(piece[1:])}}}")
        elif piece == "*":
            pieces.append(_TIMES)
        else:
            pieces.append(latex_number(piece) if piece[0].isdigit() else latex_name(piece) if piece.strip() else " ")
    return "".join(pieces)
