"""Factors, products and sums as lines of plain text, at most eighty columns wide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..naming import short_number
from ..render.widths import columns
from .chains import is_name

__all__ = ["TEXT", "UNICODE", "Style", "digits", "equation", "filled", "sentence", "visible"]

WIDTH = 80
_LONGEST_NAME = 24  # columns
_FARTHEST = 18  # columns, for the sign that the lines below are aligned at
_MOST = 16  # factors of a product or terms of a sum, beyond which the middle is left out


class Style(NamedTuple):
    """The signs that a style is made of.

    Args:
        d: of a derivative.
        times: between factors.
        dots: for what is left out.
        plus_minus: before an error bound.
    """

    d: str
    times: str
    dots: str
    plus_minus: str

    def name(self, name: str) -> str:
        """A name, cut where it is too long for a line."""
        if columns(name) <= _LONGEST_NAME:
            return name
        while columns(name) > _LONGEST_NAME - 3:
            name = name[:-1]
        return name + self.dots

    def ratio(self, above: str, below: str, mark: str = "") -> str:
        """d above / d below."""
        upper, lower = (n if is_name(n) else f"({n})" for n in (self.name(above), self.name(below)))
        return f"{self.d}{upper}/{self.d}{lower}" + (f"|{mark}" if mark else "")

    def product(self, factors: Sequence[str]) -> list[str]:
        """The factors, each but the first with the sign before it."""
        return [f"{self.times} {f}" if i else f for i, f in enumerate(factors)]

    def numbers(self, factors: Sequence[float]) -> list[str]:
        """The product of numbers, negative ones in brackets."""
        shown = [self.dots if i is None else digits(factors[i]) for i in visible(len(factors))]
        return self.product([f"({x})" if i and x.startswith("-") else x for i, x in enumerate(shown)])

    def sum(self, terms: Sequence[float]) -> list[str]:
        """The sum of numbers, each but the first with its sign before it.

        >>> TEXT.sum([3.0, -2.0])
        ['3', '- 2']
        """
        shown = [self.dots if i is None else digits(terms[i]) for i in visible(len(terms))]
        return [f"- {x[1:]}" if i and x[0] == "-" else f"+ {x}" if i else x for i, x in enumerate(shown)]


TEXT = Style("d", "*", "...", "+-")
UNICODE = Style("∂", "·", "…", "±")


def digits(x: float) -> str:
    """A number, without the sign of a zero, which would look like a slip in a sum.

    >>> digits(0.5), digits(-0.0)
    ('0.5', '0')
    """
    return short_number(x + 0.0)


def visible(count: int) -> list[int | None]:
    """The places of `count` things that are shown, and None for a gap.

    >>> visible(3), visible(1000)
    ([0, 1, 2], [0, 1, 2, 3, 4, 5, 6, 7, None, 997, 998, 999])
    """
    if count <= _MOST:
        return list(range(count))
    return [*range(_MOST // 2), None, *range(count - 3, count)]


def equation(sides: Sequence[Sequence[str]], indent: int = 0) -> list[str]:
    """Lines for side = side = ...: one if it fits, else one or more for each side, the signs below each other.

    Args:
        sides: each as pieces between which a line may be broken. One that is equal to the one before is left out.
        indent: of the first line.
    """
    kept = [side for i, side in enumerate(sides) if not i or list(side) != list(sides[i - 1])]
    margin = " " * indent
    whole = margin + " = ".join(" ".join(side) for side in kept)
    if columns(whole) <= WIDTH:
        return [whole]
    left = margin + " ".join(kept[0])
    if columns(left) <= _FARTHEST:
        lines, hanging = [], " " * columns(left)
    else:
        lines, left = filled(kept[0], margin, f"{margin}  "), ""
        hanging = f"{margin}   "
    for side in kept[1:]:
        lines += filled(["=", *side], f"{left or hanging} ", f"{hanging}   ")
        left = ""
    return lines


def filled(pieces: Sequence[str], first: str = "", rest: str = "") -> list[str]:
    """Lines that hold as many pieces as fit, with a blank between two.

    Args:
        pieces: what may stand on one line or the next, but is not broken itself.
        first, rest: how the first line begins, and how the others do.
    """
    lines = [first + pieces[0]]
    for piece in pieces[1:]:
        if columns(lines[-1]) + 1 + columns(piece) <= WIDTH:
            lines[-1] += f" {piece}"
        else:
            lines.append(rest + piece)
    return lines


def sentence(text: str, first: str = "", rest: str = "") -> list[str]:
    """A sentence, broken between words."""
    return filled(text.split(), first, rest)
