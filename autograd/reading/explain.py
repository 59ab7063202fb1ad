"""Derivations: the chain rule from one node down to another, in symbols and in numbers, with a measurement beside it.

>>> from autograd import Value, explain
>>> x, w = Value(3.0, "x"), Value(2.0, "w")
>>> z = w * x
>>> z.label = "z"
>>> L = z**2
>>> L.label = "L"
>>> explain(L, w).total
36.0
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import isfinite
from typing import Any, TypeAlias

from ..engine import graph
from ..engine.value import Value
from ..errors import ArgumentError, OperandError
from ..functions.slopes import Slopes
from .chains import (
    Count,
    Gathered,
    Group,
    Link,
    Links,
    Sweep,
    counted,
    gathered,
    is_name,
    measured,
    measured_text,
    merged,
    routes,
    stale,
    swept,
)
from .formulas import definition, formula, kinks, latex_name, latex_number
from .grouping import Grouping
from .names import Names, is_plain_number
from .paths import Path, walk
from .text import TEXT, UNICODE, Style, columns, digits, equation, filled, sentence, visible

__all__ = ["Derivation", "explain"]

# --- account ------------------------------------------------------------------------------------------------------
#
# What there is to say of a derivative, before it is written in any style.


_LISTED = 12  # paths, or groups of paths
_LENGTH = 3_000_000  # nodes on all listed paths together
EXPLAINED = 10  # factors
_ROUTES = 4  # of one merged factor
_STEPS = 8  # on all of them together

Step: TypeAlias = tuple[Any, Link]  # the node above, and the link down from it
_Key: TypeAlias = tuple[Any, Any, int | None]
Marks: TypeAlias = dict[_Key, str]


@dataclass(frozen=True)
class Chain:
    """One path: its nodes from the root down, and its links."""

    nodes: tuple[Any, ...]
    links: tuple[Link, ...]

    def shown(self) -> list[Step | None]:
        """The steps that are written out, and None for a gap."""
        return [None if i is None else (self.nodes[i], self.links[i]) for i in visible(len(self.links))]

    @cached_property
    def partials(self) -> tuple[float, ...]:
        """The factors."""
        return tuple(link.value for link in self.links)


@dataclass(frozen=True)
class Account:
    """What there is to say of d root / d wrt.

    Args:
        root, wrt: the nodes.
        order: every node that `root` depends on, in topological order.
        names: of its nodes.
        total: the derivative.
        numeric: the measured one; None: there was nothing to measure.
        sweep: between the two; None: `root` does not depend on `wrt`, or is it.
        links: the steps that chains are made of.
        kept: the nodes that chains pass, where others are merged.
        chains: the paths, if they are few.
        groups: the paths, if they are many.
        count: how many paths there are, every route through merged nodes counted.
        marks: what tells a step from others between the same two nodes.
    """

    root: Any
    wrt: Any
    order: Sequence[Any]
    names: Names
    total: float
    numeric: Slopes | None = None
    sweep: Sweep | None = None
    links: Links = field(default_factory=dict)
    kept: frozenset[Any] = frozenset()
    chains: tuple[Chain, ...] = ()
    groups: Gathered | None = None
    count: Count = 0
    marks: Marks = field(default_factory=dict)

    def mark(self, step: Step, marks: Marks | None = None) -> str:
        """What tells a step from others between the same two nodes; empty if there are none."""
        return (self.marks if marks is None else marks).get(_key(step), "")

    def mark_between(self, above: Any, below: Any) -> str:
        """The same for all steps between two nodes together."""
        return next((self.mark((above, k)) for k in self.links.get(above, ()) if k.below is below), "")

    def explained(self) -> list[Step]:
        """The steps that are explained one by one, each once, and the first that is not, if there are more."""
        found: dict[_Key, Step] = {}
        for step in self._steps():
            if len(found) > EXPLAINED:
                break
            found[_key(step)] = step
        return list(found.values())

    def _steps(self) -> Iterator[Step]:
        for chain in self.chains:
            yield from (step for step in chain.shown() if step is not None)
        if self.groups is None:
            return
        low = self.groups.shared.nodes[0]
        pairs = [pair for group in self.groups.groups for pair in pairwise(group.nodes) if pair[1] is low]
        pairs += [pair for _, pair in zip(range(EXPLAINED), pairwise(self.groups.shared.nodes), strict=False)]
        for above, below in pairs:
            links = [link for link in self.links[above] if link.below is below]
            if len(links) == 1:
                yield above, links[0]

    def routes(self, step: Step) -> tuple[list[Chain], Marks]:
        """The routes that a merged step stands for, and their marks; none if they are many."""
        above, link = step
        if link.routes > _ROUTES or self.sweep is None:
            return [], {}
        within = routes(self.sweep, above, link.below, self.kept)
        if sum(map(len, within.values())) > _STEPS:
            return [], {}
        chains = [Chain(*found) for found in walk(within, above, link.below)]
        return chains, _marks(chains)

    def first_not_finite(self) -> tuple[Any, Link | None] | None:
        """If the derivative is not finite, what made the first such number: a node, or a step back from it."""
        if isfinite(self.total):
            return None
        made = next(((node, None) for node in self.order if not isfinite(node._data)), None)
        return made or (self.sweep.first_not_finite() if self.sweep is not None else None)

    def first_stale(self) -> tuple[Any, float] | None:
        """The first node on the way whose operands no longer give what it stores, and what they give."""
        return None if self.sweep is None else stale(self.sweep.order[1:])

    def grouping(self) -> Grouping | None:
        """The neurons and layers, where paths are gathered."""
        return None if self.groups is None else Grouping(self.order)


def account(root: Any, wrt: Any, order: Sequence[Any], names: Names, merge: bool) -> Account:
    """Derive d root / d wrt.

    Args:
        root, wrt: nodes of one graph.
        order: every node that `root` depends on, in topological order.
        names: of its nodes.
        merge: whether nodes without a name of their own are passed over.
    """
    if root is wrt:
        return Account(root, wrt, order, names, 1.0, chains=(Chain((root,), ()),), count=1)
    sweep = swept(root, wrt)
    if not sweep.order:
        return Account(root, wrt, order, names, 0.0)
    operands = sum(len(node.parents) for node in sweep.order[1:])
    total, numeric = sweep.adjoint[wrt], measured(root, wrt, operands)
    passed, links = sweep.order, sweep.links
    named = {node for node in sweep.order if node._label and is_name(node._label)} | {root, wrt}
    between = merged(sweep, named) if merge and len(named) > 2 else None  # with two nothing would be left to derive
    if between is not None:
        passed, links = [node for node in sweep.order if node in named], between
    kept = frozenset(passed) if between is not None else frozenset()
    count = counted(links, passed)[wrt]
    listed = count if between is None else counted(links, passed, whole=False)[wrt]
    if listed <= _LISTED and listed * len(passed) <= _LENGTH:
        chains = tuple(Chain(*found) for found in walk(links, root, wrt))
        marks = _marks(chains)
        return Account(root, wrt, order, names, total, numeric, sweep, links, kept, chains, None, count, marks)
    groups = gathered(links, sweep, _LISTED)
    marks = _marks_of_groups(groups, links)
    return Account(root, wrt, order, names, total, numeric, sweep, links, kept, (), groups, count, marks)


def _key(step: Step) -> _Key:
    return step[0], step[1].below, step[1].place


def _marks(chains: Sequence[Chain]) -> Marks:
    """1st, 2nd, ... for steps between the same two nodes, "direct" where other paths lead a longer way round."""
    if len(chains) == 1:
        return {}
    places = [{node: i for i, node in enumerate(chain.nodes)} for chain in chains]
    found: dict[tuple[Any, Any], dict[_Key, None]] = {}
    for chain in chains:
        for step in zip(chain.nodes, chain.links, strict=False):
            found.setdefault((step[0], step[1].below), {})[_key(step)] = None
    marks = {}
    for (above, below), keys in found.items():
        if len(keys) > 1:
            marks.update({key: _ordinal(i) for i, key in enumerate(keys, 1)})
        elif any(at.get(below, 0) - at.get(above, len(at)) > 1 for at in places):
            marks[next(iter(keys))] = "direct"
    return marks


def _marks_of_groups(groups: Gathered, links: Links) -> Marks:
    low = groups.shared.nodes[0]
    marks: Marks = {}
    for group in groups.groups:
        for above, below in pairwise(group.nodes):
            if below is low and any(link.below is not low for link in links[above]):
                marks.update({_key((above, link)): "direct" for link in links[above] if link.below is low})
    return marks


def _ordinal(i: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}
    return f"{i}{ending.get(i if i < 20 else i % 10, 'th')}"


# --- plain --------------------------------------------------------------------------------------------------------
#
# A derivation as lines of text.


_DEFINED = 12  # nodes without a name
_UNBROKEN = 60  # columns


def plain(told: Account, style: Style) -> str:
    """The whole derivation as text: the product or the sum, the factors one by one, and what was measured."""
    writer = _Writer(told, style)
    parts = [writer.head(), writer.factors(), writer.foot()]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def count_text(count: Count) -> str:
    """A number of paths.

    >>> count_text(2**60), count_text(1e40), count_text(float("inf"))
    ('1,152,921,504,606,846,976', 'about 1e+40', 'more than 1e+308')
    """
    if isinstance(count, int):
        return f"{count:,}"
    return "more than 1e+308" if count == float("inf") else f"about {count:.3g}"


class _Writer:
    def __init__(self, told: Account, style: Style) -> None:
        self.told = told
        self.style = style
        self.marks: set[str] = set()  # that were used
        self.left = self.ratio(told.root, told.wrt)

    def name(self, node: Any) -> str:
        return self.style.name(self.told.names[node])

    def ratio(self, above: Any, below: Any, mark: str = "") -> str:
        self.marks.add(mark)
        return self.style.ratio(self.told.names[above], self.told.names[below], mark)

    def step(self, step: Step | None, marks: Marks | None = None) -> str:
        return self.style.dots if step is None else self.ratio(step[0], step[1].below, self.told.mark(step, marks))

    # --- the head: what the derivative is ----------------------------------------------------------------------

    def head(self) -> list[str]:
        told, total = self.told, [digits(self.told.total)]
        if told.root is told.wrt:
            return [f"{self.left} = 1: both are the same node"]
        if told.sweep is None:
            above = f"; {self.name(told.wrt)} depends on it" if graph.dependents(told.wrt, [told.root]) else ""
            return sentence(
                f"{self.left} = 0, as {self.name(told.root)} does not depend on {self.name(told.wrt)}{above}"
            )
        if told.groups is not None:
            return self.gathered(told.groups)
        if len(told.chains) == 1:
            (chain,) = told.chains
            return equation([[self.left], self.symbols(chain), self.style.numbers(chain.partials), total])
        lines = [f"{self.left} is the sum over {len(told.chains)} paths:"]
        products = []
        for chain in told.chains:
            product = math.prod(chain.partials)
            products.append(product)
            lines += equation([self.symbols(chain), self.style.numbers(chain.partials), [digits(product)]], 2)
        return lines + equation([[self.left], self.style.sum(products), total])

    def symbols(self, chain: Chain, marks: Marks | None = None) -> list[str]:
        return self.style.product([self.step(step, marks) for step in chain.shown()])

    def gathered(self, found: Gathered) -> list[str]:
        told, total = self.told, [digits(self.told.total)]
        start = f"{self.left} is the sum over {count_text(told.count)} paths, too many to list."
        shared = self.along(found.shared)
        if not found.groups:
            lines = sentence(f"{start} All of them pass the same nodes, so that it is one product:")
            return lines + equation([[self.left], shared, self.style.numbers(found.shared.partials), total])
        low, grouping = found.shared.nodes[0], told.grouping()
        lines = sentence(f"{start} Here they are gathered by the nodes that are made of {self.name(low)} directly:")
        for group in found.groups:
            notes = [f"{count_text(group.ways)} path{'s' * (group.ways != 1)}"]
            top = next(above for above, below in zip(group.nodes, group.nodes[1:], strict=False) if below is low)
            where = grouping.text(top) if grouping is not None else ""
            notes += [f"{self.name(top)} is {where}"] if where else []
            result = [digits(group.product), *f"({'; '.join(notes)})".split()]
            lines += equation([self.along(group), self.style.numbers(group.partials), result], 2)
        products = [group.product for group in found.groups]
        if found.others is not None:
            products.append(found.others.product)
            rest = digits(found.others.product)
            lines.append(f"  all others together = {rest} ({count_text(found.others.ways)} paths)")
        lines += equation([[self.left], self.style.sum(products), total])
        if len(found.shared.partials) > 1:
            numbers, product = self.style.numbers(found.shared.partials), [digits(found.shared.product)]
            left = self.ratio(low, found.shared.nodes[-1])
            lines += ["All of them end in", *equation([[left], shared, numbers, product], 2)]
        return lines

    def along(self, group: Group) -> list[str]:
        factors = []
        for i in visible(len(group.partials)):
            if i is None:
                factors.append(self.style.dots)
                continue
            above, below = group.nodes[i], group.nodes[i + 1]
            factors.append(self.ratio(above, below, self.told.mark_between(above, below)))
        return self.style.product(factors)

    # --- the factors one by one --------------------------------------------------------------------------------

    def factors(self) -> list[str]:
        lines: list[str] = []
        reasons: set[str] = set()
        unnamed: dict[Any, None] = {}
        explained = self.told.explained()
        for step in explained[:EXPLAINED]:
            above, link = step
            if link.place is None:
                lines += self.merged(step)
                continue
            unnamed.update(dict.fromkeys([link.below, above]))
            symbol, because = formula(above, link.place, self.told.names), above._row.because
            if symbol or because not in reasons:
                pieces = [self.step(step), *([f"= {symbol}"] if symbol else []), f"= {digits(link.value)}"]
                if because and because not in reasons:
                    pieces += f"({because})".split()
                    reasons.add(because)
                lines += filled(pieces, "  ", "    ")
        if len(explained) > EXPLAINED:
            lines.append(f"  {self.style.dots} and so on")
        return lines + self.where(filter(self.unnamed, unnamed), "  ")

    def merged(self, step: Step) -> list[str]:
        above, link = step
        (chains, marks), value = self.told.routes(step), [digits(link.value)]
        if not chains:
            routes = "one route" if link.routes == 1 else f"{count_text(link.routes)} routes"
            return sentence(f"{self.step(step)} = {value[0]}, by {routes} past nodes without a name", "  ", "    ")
        symbols, numbers = [], []
        for i, chain in enumerate(chains):
            plus = "+ " if i else ""
            first, *others = self.symbols(chain, marks)
            symbols += [plus + first, *others]
            first, *others = self.style.numbers(chain.partials)
            numbers += [f"{plus}({first})" if plus and first[0] == "-" else plus + first, *others]
        inner = [s[0] for chain in chains for s in chain.shown() if s is not None and s[0] is not above]
        sides = [[self.step(step)], symbols, numbers, value]
        return equation(sides, 2) + self.where([above, *filter(self.unnamed, inner)], "    ")

    def unnamed(self, node: Any) -> bool:
        return not node._label and not is_plain_number(node)

    def where(self, nodes: Iterable[Any], margin: str) -> list[str]:
        """How nodes are made, in topological order."""
        wanted = set(nodes)
        found = [node for node in self.told.order if node in wanted] if wanted else []
        if not found:
            return []
        told = [definition(node, self.told.names, self.style) + "," for node in found[:_DEFINED]]
        told[-1] = told[-1][:-1] if len(found) <= _DEFINED else f"{told[-1]} {self.style.dots}"
        pieces = [piece for text in told for piece in ([text] if columns(text) <= _UNBROKEN else text.split())]
        return filled(["where", *pieces], margin, margin + "  ")

    # --- the foot: what else there is to know ------------------------------------------------------------------

    def foot(self) -> list[str]:
        told = self.told
        notes = []
        if self.marks - {"", "direct"}:
            notes.append("|1st, |2nd, ... are operands of one node that are the same node, each a path of its own.")
        if "direct" in self.marks:
            notes.append("|direct is the step itself; other paths lead from the one node to the other as well.")
        notes += self.not_finite()
        if (old := told.first_stale()) is not None:
            node, now = old
            notes.append(
                f"{self.name(node)} stores {digits(node._data)}, but its operands now give {digits(now)}: "
                "data was changed after the forward pass; run it again."
            )
        if graph.is_constant(told.wrt):
            notes.append(f"{self.name(told.wrt)} is a constant: backward stores no gradient for it.")
        if told.sweep is not None:
            text = measured_text(told.numeric, told.total, self.style.plus_minus)
            rules = kinks(told.sweep.order[1:]) if told.numeric is None or told.numeric.kind != "smooth" else []
            notes.append(text + (f" ({'; '.join(rules[:3])})" if rules else ""))
        return [line for note in notes for line in sentence(note, "", "  ")]

    def not_finite(self) -> list[str]:
        found = self.told.first_not_finite()
        if found is None:
            return []
        node, link = found
        made = definition(node, self.told.names, self.style)
        if link is None:
            return [f"The derivative is not finite: {made} is {digits(node._data)} in the forward pass already."]
        slope = f"{self.ratio(node, link.below)} = {digits(link.value)}"
        return [f"The derivative is not finite: the first step that made it so goes back through {made}, {slope}."]


# --- typeset ------------------------------------------------------------------------------------------------------
#
# A derivation as LaTeX: one ``aligned`` environment.


_TIMES, _DOTS = r" \cdot ", r"\cdots"
_FORMULA = re.compile(r"[^\W\d]\w*|\d+(?:\.\d+)?(?:e[+-]\d+)?|\^-?\w+|\s+|.")


def typeset(told: Account) -> str:
    """The derivation as LaTeX, for mathematics mode."""
    writer = _LatexWriter(told)
    rows = [*writer.head(), *writer.factors(), *writer.foot()]
    body = " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


class _LatexWriter:
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


# --- explaining ---------------------------------------------------------------------------------------------------
#
# `explain`, and what it returns.


_PLAIN = {"text": TEXT, "unicode": UNICODE}


@dataclass(frozen=True, repr=False)
class Derivation:
    """How a derivative comes about; ``str()`` is the text, and a notebook shows it typeset.

    Args:
        root, wrt: the nodes.
        paths: the paths from `root` down to `wrt`, with the factors along each; empty if they are too many.
        groups: what the paths add up to by the nodes next to `wrt`, if they are too many.
        count: how many paths there are; a float where there are more than 2^64.
        total: the derivative, d root / d wrt, the same to the last bit as ``wrt.grad`` after ``root.backward()``.
        numeric: the measured slopes; None: there was nothing to measure.
        text: the derivation.
        latex: the same in LaTeX, for mathematics mode.
    """

    root: Any = field(repr=False)
    wrt: Any
    paths: tuple[Path, ...]
    groups: tuple[Group, ...]
    count: Count
    total: float
    numeric: Slopes | None
    text: str
    latex: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"


def explain(root: Any, wrt: Any, *, style: str = "text", merge: bool = True, within: Any = None) -> Derivation:
    """Derive d root / d wrt: every path, the product of the factors along it, the sum, and the measured slope.

    d root / d wrt = the sum over all paths of the product of the local derivatives along each. Where there are more
    than twelve paths they are gathered by the nodes c next to `wrt`, which is exact too: the sum over all c of
    (d root / d c) (d c / d wrt). The gradients of the nodes are neither read nor written.

    Args:
        root: a node, or its name if `within` is given.
        wrt: a node, which may be a leaf, a constant or a result; or its name. Nodes without a label are called v1,
            v2, ... in topological order.
        style: "text" (ASCII), "unicode" or "latex".
        merge: whether a factor leads from one named node to the next, past nodes that have no label, or a formula for
            a label. If no named node lies between, all are listed.
        within: a node whose graph the names belong to; None: `root`.

    Returns:
        The derivation. If `root` does not depend on `wrt` it has no paths, and the derivative is 0.

    Raises:
        ArgumentError: there is no such style, or no node of that name.
        OperandError: `root` is not a Value.
        AutogradError: a rule has no derivative at its point.

    Example:
        >>> from autograd import Value, explain
        >>> a, b = Value(2.0, "a"), Value(1.0, "b")
        >>> print(explain((a + b) * (b + 1), "b"))  # doctest: +ELLIPSIS
        dv3/db is the sum over 2 paths:
          dv3/dv1 * dv1/db = 2 * 1 = 2
          dv3/dv2 * dv2/db = 3 * 1 = 3
        dv3/db = 2 + 3 = 5
        <BLANKLINE>
          dv3/dv1 = b + 1 = 2 (a product passes to each factor the other factor)
          dv1/db = 1 (a sum passes the gradient on to both terms unchanged)
          dv3/dv2 = a + b = 3
          where v1 = a + b, v2 = b + 1, v3 = v1 * v2
        <BLANKLINE>
        measured: 5.0000000 +- ...
    """
    if style not in (*_PLAIN, "latex"):
        raise ArgumentError(f"style is 'text', 'unicode' or 'latex', got {style!r}")
    base = root if within is None else within
    if not isinstance(base, Value):
        hint = "; to give a name, say in which graph: within=loss" if isinstance(base, str) else ""
        raise OperandError(f"a derivation starts from a Value, got {type(base).__name__}{hint}")
    is_elsewhere = within is None and isinstance(wrt, Value)
    order = graph.topological_order(base, wrt) if is_elsewhere else graph.topological_order(base)
    names = Names(order)
    start = names.find(root)
    below = order if start is order[-1] else graph.topological_order(start)
    told = account(start, names.find(wrt), below, names, merge)
    found = told.groups
    latex = typeset(told)
    return Derivation(
        root=told.root,
        wrt=told.wrt,
        paths=tuple(Path(chain.nodes, chain.partials) for chain in told.chains),
        groups=tuple(found.groups or [found.shared]) if found is not None else (),
        count=told.count,
        total=told.total,
        numeric=told.numeric,
        text=latex if style == "latex" else plain(told, _PLAIN[style]),
        latex=latex,
    )
