"""Derivations: the chain rule from one node down to another, in symbols and in numbers, with a measurement beside it.

First an `Account` finds what there is to say; then a writer says it, in lines of text or typeset; `explain` stands at
the end and does both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import isfinite
from typing import Any, overload

from ..engine import graph
from ..engine.ops import LEAF
from ..engine.value import Value
from ..errors import ArgumentError, OperandError
from ..functions.slopes import Slopes
from .chains import (
    Chain,
    Count,
    Link,
    counted,
    disagreement,
    gathered,
    listed,
    measured,
    measured_digits,
    measured_text,
    merged,
    routes,
    stale,
    swept,
)
from .formulas import LATEX, TEXT, UNICODE, Style, aligned, definition, derivative, latex_number
from .grouping import Grouping
from .names import Names, is_name, is_plain_number
from .paths import Path
from .text import columns, equation, filled, many, sentence

__all__ = ["Derivation", "explain"]

_LISTED = 12  # paths, or groups of paths
_LENGTH = 3_000_000  # nodes on all listed paths together
_EXPLAINED = 10  # factors
_ROUTES = 4  # of one merged factor
_STEPS = 8  # on all of them together
_DEFINED = 12  # nodes without a name
_UNBROKEN = 60  # columns
_IN_FULL = 3  # derivatives by leaves, before the factors are left out
_LEAVES = 40


# --- what there is to say of a derivative -------------------------------------------------------------------------


class Account:
    """What there is to say of d root / d wrt, before it is written in any style."""

    def __init__(self, root: Any, wrt: Any, order: Sequence[Any], names: Names, merge: bool) -> None:
        self.root, self.wrt, self.names = root, wrt, names
        self.order = order  # every node that `root` depends on, in topological order
        self.whole = self.sweep = swept(order, root, wrt)  # `sweep` has the steps that chains are made of
        self.depends = len(self.whole.order) > 1
        self.total = self.whole.adjoint.get(wrt, 0.0)
        self.numeric: Slopes | None = measured(self.whole) if self.depends else None
        named = {root, wrt, *(node for node in self.whole.order if node._label and is_name(node._label))}
        if merge and len(named) > 2:  # else nothing would be left to derive
            self.sweep = merged(self.whole, named)
        self.count: Count = counted(self.sweep).get(wrt, 0)  # every route through merged nodes counted
        self.chains: list[Chain] = []  # the paths, each by itself or gathered
        self.others: Link | None = None  # of gathered paths, what those in no chain add up to
        self.shared = Chain(wrt, ())  # of gathered paths, the steps at the lower end that all have in common
        few = counted(self.sweep, whole=False).get(wrt, 0)
        self.is_listed = few <= _LISTED and few * len(self.sweep.order) <= _LENGTH
        if not self.is_listed:
            self.chains, self.others, self.shared = gathered(self.sweep, _LISTED)
        elif few:
            self.chains = listed(self.sweep.links, root, wrt)

    def explained(self) -> list[Link]:
        """The links to explain one by one, each once; one more than there is room for says that there are others."""
        links = [link for chain in self.chains for link in chain.shown if link is not None]
        if not self.is_listed:
            # Those down to the node where all paths meet, and from there on, where no other link leads along.
            down = [link for chain in self.chains for link in chain.links if link.below is self.shared.start]
            links = [
                link
                for link in (*down, *self.shared.links[:_EXPLAINED])
                if sum(other.below is link.below for other in self.sweep.links[link.above]) == 1
            ]
        return list(dict.fromkeys(links))[: _EXPLAINED + 1]

    def routes(self, link: Link) -> list[Chain]:
        """The routes that a merged link stands for; none if they are many."""
        if link.routes > _ROUTES:
            return []
        within = routes(self.whole, link, set(self.sweep.order))
        return listed(within, link.above, link.below) if sum(map(len, within.values())) <= _STEPS else []


def _ways(count: Count, what: str) -> str:
    """So many of something: 1,152,921 paths; about 1e+40 paths; more than 1e+308 paths."""
    if isinstance(count, int):
        return many(count, what)
    return f"{'more than 1e+308' if count == float('inf') else f'about {count:.3g}'} {what}s"


# --- how it is written --------------------------------------------------------------------------------------------


class _Writer:
    """What every style writes of the same account: steps, chains and their numbers."""

    def __init__(self, told: Account, style: Style) -> None:
        self.told = told
        self.style = style
        self.marks: set[str] = set()  # that were used
        self.left = self.ratio(told.root, told.wrt)
        self.total = style.number(told.total)

    def name(self, node: Any) -> str:
        return self.style.name(self.told.names[node])

    def ratio(self, above: Any, below: Any, mark: str = "") -> str:
        self.marks.add(mark)
        return self.style.ratio(self.name(above), self.name(below), mark)

    def link(self, link: Link) -> str:
        return self.ratio(link.above, link.below, link.mark)

    def symbols(self, chain: Chain) -> list[str]:
        return self.style.product([self.style.dots if link is None else self.link(link) for link in chain.shown])

    def numbers(self, chain: Chain) -> list[str]:
        return self.style.numbers(chain.partials)


class _Plain(_Writer):
    """The product or the sum, the factors one by one, and what was measured, as lines of text."""

    def text(self) -> str:
        parts = [self.head(), self.factors(), self.foot()]
        return "\n\n".join("\n".join(lines) for lines in parts if lines)

    def head(self) -> list[str]:
        told = self.told
        if told.root is told.wrt:
            return [f"{self.left} = 1: both are the same node"]
        if not told.depends:
            root, wrt = self.name(told.root), self.name(told.wrt)
            other_way = f"; {wrt} depends on it" if graph.dependents(told.wrt, [told.root]) else ""
            return sentence(f"{self.left} = 0, as {root} does not depend on {wrt}{other_way}")
        is_one = len(told.chains) == 1
        lines: list[str] = []
        if not told.is_listed:
            how = f"Here they are gathered by the nodes that are made of {self.name(told.shared.start)} directly:"
            how = "All of them pass the same nodes, so that it is one product:" if is_one else how
            lines = sentence(f"{self.left} is the sum over {_ways(told.count, 'path')}, too many to list. {how}")
        elif not is_one:
            lines = [f"{self.left} is the sum over {len(told.chains)} paths:"]
        return lines + (self.equation(self.left, told.chains[0], told.total) if is_one else self.summed())

    def equation(self, left: str, chain: Chain, value: float, indent: int = 0, note: str = "") -> list[str]:
        """What is left of the equals sign if anything is, then a chain in symbols, in numbers, and as one number."""
        sides = [self.symbols(chain), self.numbers(chain), [self.style.number(value), *note.split()]]
        return equation([[left], *sides] if left else sides, indent)

    def summed(self) -> list[str]:
        """Each chain by itself, their sum, and the steps at the end that they share."""
        told, number = self.told, self.style.number
        grouping = Grouping([] if told.is_listed else told.order)
        lines: list[str] = []
        for chain in told.chains:
            note = ""
            if not told.is_listed:
                top = next(link.above for link in chain.links if link.below is told.shared.start)
                place = f"; {self.name(top)} is {grouping.text(top)}" if grouping.text(top) else ""
                note = f"({_ways(chain.ways, 'path')}{place})"
            lines += self.equation("", chain, chain.product, 2, note)
        products = [chain.product for chain in told.chains]
        if told.others is not None:
            products.append(told.others.value)
            lines.append(f"  all others together = {number(told.others.value)} ({_ways(told.others.routes, 'path')})")
        lines += equation([[self.left], self.style.sum(products), [self.total]])
        if len(told.shared.links) > 1:
            left = self.ratio(told.shared.start, told.wrt)
            lines += ["All of them end in", *self.equation(left, told.shared, told.shared.product, 2)]
        return lines

    def factors(self) -> list[str]:
        """The factors one by one, each kind of rule in words once."""
        lines: list[str] = []
        reasons: set[str] = set()
        nodes: list[Any] = []
        explained = self.told.explained()
        for link in explained[:_EXPLAINED]:
            if link.place is None:
                lines += self.merged(link)
                continue
            nodes += [link.below, link.above]
            symbol, because = derivative(link.above, link.place, self.told.names), link.above._row.because
            if symbol or because not in reasons:
                pieces = [self.link(link), *([f"= {symbol}"] if symbol else []), f"= {self.style.number(link.value)}"]
                if because and because not in reasons:
                    pieces += f"({because})".split()
                    reasons.add(because)
                lines += filled(pieces, "  ", "    ")
        if len(explained) > _EXPLAINED:
            lines.append(f"  {self.style.dots} and so on")
        return lines + self.where(filter(_unnamed, nodes), "  ")

    def merged(self, link: Link) -> list[str]:
        """A merged factor as the sum over its routes."""
        chains, value = self.told.routes(link), self.style.number(link.value)
        if not chains:
            by = "one route" if link.routes == 1 else _ways(link.routes, "route")
            return sentence(f"{self.link(link)} = {value}, by {by} past nodes without a name", "  ", "    ")
        sides = [_added([write(chain) for chain in chains]) for write in (self.symbols, self.numbers)]
        inner = [k.above for chain in chains for k in chain.shown if k is not None and k.above is not link.above]
        lines = equation([[self.link(link)], *sides, [value]], 2)
        return lines + self.where([link.above, *filter(_unnamed, inner)], "    ")

    def where(self, nodes: Iterable[Any], margin: str) -> list[str]:
        """How nodes are made, in topological order."""
        wanted = set(nodes)
        if not wanted:
            return []
        found = [node for node in self.told.order if node in wanted]
        made = [definition(node, self.told.names, self.style) + "," for node in found[:_DEFINED]]
        made[-1] = made[-1][:-1] if len(found) <= _DEFINED else f"{made[-1]} {self.style.dots}"
        pieces = [piece for text in made for piece in ([text] if columns(text) <= _UNBROKEN else text.split())]
        return filled(["where", *pieces], margin, margin + "  ")

    def foot(self) -> list[str]:
        """What else there is to know."""
        told = self.told
        notes = []
        if self.marks - {"", "direct"}:
            notes.append("|1st, |2nd, ... are operands of one node that are the same node, each a path of its own.")
        if "direct" in self.marks:
            notes.append("|direct is the step itself; other paths lead from the one node to the other as well.")
        notes += self.trouble()
        if graph.is_constant(told.wrt):
            notes.append(f"{self.name(told.wrt)} is a constant: backward stores no gradient for it.")
        if told.depends:
            text = measured_text(told.numeric, told.total, self.style.plus_minus)
            if told.numeric is None or told.numeric.kind != "smooth":
                rules = dict.fromkeys(f"{n._row.name}: {n._row.kink}" for n in told.whole.order[1:] if n._row.kink)
                text += f" ({'; '.join(islice(rules, 3))})" if rules else ""
            notes.append(text)
        return [line for note in notes for line in sentence(note, "", "  ")]

    def trouble(self) -> Iterable[str]:
        """Where the derivative stops being finite, and where a stored number is out of date."""
        told, digits = self.told, self.style.number
        if not isfinite(told.total):
            node = next((node for node in told.order if not isfinite(node._data)), None)
            if node is not None:
                what = f"{definition(node, told.names, self.style)} is {digits(node._data)} in the forward pass already"
                yield f"The derivative is not finite: {what}."
            elif (link := told.whole.first_not_finite()) is not None:
                made = definition(link.above, told.names, self.style)
                slope = f"{self.link(link)} = {digits(link.value)}"
                what = f"the first step that made it so goes back through {made}, {slope}"
                yield f"The derivative is not finite: {what}."
        if (old := stale(told.whole.order[1:])) is not None:
            yield (
                f"{self.name(old[0])} stores {digits(old[0]._data)}, but its operands now give {digits(old[1])}: "
                "data was changed after the forward pass; run it again."
            )


def _unnamed(node: Any) -> bool:
    return not node._label and not is_plain_number(node)


def _added(products: Sequence[list[str]]) -> list[str]:
    """The pieces of a sum of products, each but the first with its sign before it."""
    pieces = [*products[0]]
    for first, *others in products[1:]:
        pieces += [f"+ ({first})" if first[0] == "-" else f"+ {first}", *others]
    return pieces


class _Typeset(_Writer):
    """The same as the rows of one ``aligned`` environment, without what is said in words."""

    def text(self) -> str:
        return aligned([*self.head(), *self.factors(), *self.foot()])

    def sides(self, chains: Sequence[Chain]) -> tuple[list[str], list[str]]:
        """Of each chain the product in symbols, and in numbers."""
        return [" ".join(self.symbols(chain)) for chain in chains], [" ".join(self.numbers(chain)) for chain in chains]

    def head(self) -> list[str]:
        told = self.told
        if not told.depends:
            return _rows(self.left, [self.total])
        symbols, numbers = self.sides(told.chains)
        if not told.is_listed:
            ways = [_ways(chain.ways, "path") for chain in told.chains]
            if told.others is not None:
                symbols.append(self.style.dots)
                ways.append(_ways(told.others.routes, "path"))
                numbers.append(self.style.number(told.others.value))
            symbols = [rf"{symbol} && \text{{({text})}}" for symbol, text in zip(symbols, ways, strict=True)]
        rows = _rows(self.left, symbols, numbers, [self.total])
        if len(told.chains) > 1 and len(told.shared.links) > 1:
            left, product = self.ratio(told.shared.start, told.wrt), self.style.number(told.shared.product)
            rows += _rows(left, *self.sides([told.shared]), [product])
        return rows

    def factors(self) -> list[str]:
        rows = []
        for link in self.told.explained()[:_EXPLAINED]:
            sides: list[str] = []
            if link.place is not None:
                sides = [derivative(link.above, link.place, self.told.names, self.style)]
            elif chains := self.told.routes(link):
                symbols, (first, *others) = self.sides(chains)
                sides = [" + ".join(symbols), first + "".join(f" {n}" if n[0] == "-" else f" + {n}" for n in others)]
            if any(sides):
                rows.append(f"{self.link(link)} &= {' = '.join(sides)} = {self.style.number(link.value)}")
        return rows

    def foot(self) -> list[str]:
        told = self.told
        if not told.depends:
            return []
        both = None if told.numeric is None else told.numeric.both
        if both is None or not both.error:
            return [rf"&\text{{{measured_text(told.numeric, told.total)}}}"]
        value, error = map(latex_number, measured_digits(both))
        words = disagreement(both, told.total)
        return [rf"\text{{measured: }} & {value} {self.style.plus_minus} {error}" + rf"\text{{{words}}}" * bool(words)]


def _rows(left: str, *sides: list[str]) -> list[str]:
    """One row for every term; a side equal to the one before, or to what stands on the left, is left out."""
    rows: list[str] = []
    for before, terms in zip([[left], *sides], sides, strict=False):
        for j, term in enumerate(terms if terms != before else []):
            sign = "= " if not j else r"\quad " if term.startswith("-") else r"\quad + "
            rows.append(f"{left if not rows else ''} &{sign}{term}".strip())
    return rows


# --- explain, and what it returns ---------------------------------------------------------------------------------


_STYLES = {"text": TEXT, "unicode": UNICODE, "latex": LATEX}


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
    groups: tuple[Chain, ...]
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


class Derivations(list[Derivation]):
    """The derivatives by several leaves; ``str()`` is the text of a few, and of many a line or two each."""

    more = 0  # how many leaves there are besides

    def __str__(self) -> str:
        if not self:
            return "there is no leaf to derive by: every one is a constant"
        if len(self) <= _IN_FULL:
            return "\n\n".join(each.text for each in self)
        heads = [each.text.partition("\n\n")[0] for each in self]
        rest = f", and the {self.more:,} leaves that are not listed" if self.more else ""
        return "\n".join([*heads, "", f"explain(root, leaf) explains each factor of one{rest}"])

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return "\n".join(each._repr_latex_() for each in self)


@overload
def explain(
    root: Any, wrt: None = None, *, style: str = "text", merge: bool = True, within: Any = None
) -> Derivations: ...
@overload
def explain(root: Any, wrt: Any, *, style: str = "text", merge: bool = True, within: Any = None) -> Derivation: ...
def explain(
    root: Any, wrt: Any = None, *, style: str = "text", merge: bool = True, within: Any = None
) -> Derivation | Derivations:
    """Derive d root / d wrt: every path, the product of the factors along it, the sum, and the measured slope.

    d root / d wrt = the sum over all paths of the product of the local derivatives along each. Where there are more
    than twelve paths they are gathered by the nodes c next to `wrt`, which is exact too: the sum over all c of
    (d root / d c) (d c / d wrt). The gradients of the nodes are neither read nor written.

    Args:
        root: a node, or its name if `within` is given.
        wrt: a node, which may be a leaf, a constant or a result; or its name. Nodes without a label are called v1,
            v2, ... in the order in which :func:`autograd.steps` meets them. None: every leaf that gets a gradient, or
            the first forty.
        style: "text" (ASCII), "unicode" or "latex".
        merge: whether a factor leads from one named node to the next, past nodes that have no label, or a formula for
            a label. If no named node lies between, all are listed.
        within: a node whose graph the names belong to; None: `root`.

    Returns:
        The derivation, or a list of one for each leaf. If `root` does not depend on `wrt` it has no paths, and the
        derivative is 0.

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
    if style not in _STYLES:
        raise ArgumentError(f"style is 'text', 'unicode' or 'latex', got {style!r}")
    base = root if within is None else within
    if not isinstance(base, Value):
        hint = "; to give a name, say in which graph: within=loss" if isinstance(base, str) else ""
        raise OperandError(f"a derivation starts from a Value, got {type(base).__name__}{hint}")
    order = graph.topological_order(base)
    names = Names(order)
    if within is None and isinstance(wrt, Value) and wrt not in names:
        names = Names([*order, wrt])
    start = names.find(root)
    below = order if start is order[-1] else graph.topological_order(start)
    if wrt is not None:
        return _derived(Account(start, names.find(wrt), below, names, merge), style)
    inside = set(below)
    leaves = [node for node in names if node._row is LEAF and node in inside and node is not start]
    found = Derivations(_derived(Account(start, leaf, below, names, merge), style) for leaf in leaves[:_LEAVES])
    found.more = len(leaves) - len(found)
    return found


def _derived(told: Account, style: str) -> Derivation:
    latex = _Typeset(told, LATEX).text()
    text = latex if style == "latex" else _Plain(told, _STYLES[style]).text()
    paths = tuple(Path(chain.nodes, chain.partials) for chain in told.chains if told.is_listed)
    groups = () if told.is_listed else tuple(told.chains)
    return Derivation(told.root, told.wrt, paths, groups, told.count, told.total, told.numeric, text, latex)
