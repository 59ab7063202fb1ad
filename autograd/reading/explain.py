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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from typing import Any, TypeAlias

from ..engine import graph
from ..engine.value import Value
from ..errors import ArgumentError, OperandError
from ..functions.slopes import Slopes
from .chains import (
    Chain,
    Count,
    Gathered,
    Link,
    Links,
    Sweep,
    counted,
    disagreement,
    gathered,
    measured,
    measured_digits,
    measured_text,
    merged,
    routes,
    stale,
    swept,
)
from .formulas import LATEX, TEXT, UNICODE, Style, definition, derivative, kinks, latex_number, visible
from .grouping import Grouping
from .names import Names, is_name, is_plain_number
from .paths import Path, walk
from .text import columns, equation, filled, sentence

__all__ = ["Derivation", "explain"]

_LISTED = 12  # paths, or groups of paths
_LENGTH = 3_000_000  # nodes on all listed paths together
_EXPLAINED = 10  # factors
_ROUTES = 4  # of one merged factor
_STEPS = 8  # on all of them together
_DEFINED = 12  # nodes without a name
_UNBROKEN = 60  # columns

Step: TypeAlias = tuple[Any, Link]  # the node above, and the link down from it
_Key: TypeAlias = tuple[Any, Any, int | None]
Marks: TypeAlias = dict[_Key, str]  # what tells a step from others between the same two nodes


# --- what there is to say of a derivative -------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """What there is to say of d root / d wrt, before it is written in any style.

    Args:
        root, wrt: the nodes.
        order: every node that `root` depends on, in topological order.
        names: of its nodes.
        total: the derivative.
        numeric: the measured one; None: there was nothing to measure.
        sweep: between the two; None: `root` does not depend on `wrt`, or is it.
        links: the steps that chains are made of.
        kept: the nodes that chains pass, where others are merged.
        chains: the paths, each by itself or gathered.
        gathered: how they are gathered; None: each path is listed.
        count: how many paths there are, every route through merged nodes counted.
        marks: of the chains' steps.
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
    chains: Sequence[Chain] = ()
    gathered: Gathered | None = None
    count: Count = 0
    marks: Marks = field(default_factory=dict)

    def explained(self) -> list[Step]:
        """The steps that are explained one by one, each once, and the first that is not, if there are more."""
        found: dict[_Key, Step] = {}
        for step in self._steps() if self.gathered is None else self._gathered_steps(self.gathered):
            if len(found) > _EXPLAINED:
                break
            found[_key(step)] = step
        return list(found.values())

    def _steps(self) -> Iterable[Step]:
        return (step for chain in self.chains for step in _shown(chain) if step is not None)

    def _gathered_steps(self, found: Gathered) -> Iterable[Step]:
        """The single steps down to the node where all paths meet, and those from there on."""
        low = found.shared.start
        steps = [step for chain in found.chains for step in _steps_of(chain) if step[1].below is low]
        steps += _steps_of(found.shared)[:_EXPLAINED]
        return [(above, link) for above, link in steps if any(link is single for single in self.links[above])]

    def routes(self, step: Step) -> tuple[list[Chain], Marks]:
        """The routes that a merged step stands for, and their marks; none if they are many."""
        above, link = step
        if link.routes > _ROUTES or self.sweep is None:
            return [], {}
        within = routes(self.sweep, above, link.below, self.kept)
        if sum(map(len, within.values())) > _STEPS:
            return [], {}
        chains = [Chain(above, along) for _, along in walk(within, above, link.below)]
        return chains, _marks(chains)

    def first_not_finite(self) -> tuple[Any, Link | None] | None:
        """If the derivative is not finite, what made the first such number: a node, or a step back from it."""
        if isfinite(self.total):
            return None
        made = next(((node, None) for node in self.order if not isfinite(node._data)), None)
        return made or (self.sweep.first_not_finite() if self.sweep is not None else None)

    @cached_property
    def grouping(self) -> Grouping:
        """The neurons and layers."""
        return Grouping(self.order)


def account(root: Any, wrt: Any, order: Sequence[Any], names: Names, merge: bool) -> Account:
    """Derive d root / d wrt.

    Args:
        root, wrt: nodes of one graph.
        order: every node that `root` depends on, in topological order.
        names: of its nodes.
        merge: whether nodes without a name of their own are passed over.
    """
    if root is wrt:
        return Account(root, wrt, order, names, 1.0, chains=[Chain(root, ())], count=1)
    sweep = swept(order, root, wrt)
    if not sweep.order:
        return Account(root, wrt, order, names, 0.0)
    operands = sum(len(node.parents) for node in sweep.order[1:])
    numeric = measured(root, wrt, operands)
    passed, links = sweep.order, sweep.links
    named = {node for node in sweep.order if node._label and is_name(node._label)} | {root, wrt}
    between = merged(sweep, named) if merge and len(named) > 2 else None  # with two nothing would be left to derive
    if between is not None:
        passed, links = [node for node in sweep.order if node in named], between
    kept = frozenset(passed if between is not None else ())
    count = counted(links, passed)[wrt]
    listed = counted(links, passed, whole=False)[wrt]
    groups = None
    if listed <= _LISTED and listed * len(passed) <= _LENGTH:
        chains = [Chain(root, along) for _, along in walk(links, root, wrt)]
        marks = _marks(chains)
    else:
        groups = gathered(links, sweep, _LISTED)
        chains, marks = groups.chains, _marks_of_gathered(groups, links)
    return Account(
        root, wrt, order, names, sweep.adjoint[wrt], numeric, sweep, links, kept, chains, groups, count, marks
    )


def _steps_of(chain: Chain) -> list[Step]:
    return list(zip(chain.nodes, chain.links, strict=False))


def _shown(chain: Chain) -> list[Step | None]:
    """The steps that are written out, and None for a gap."""
    return [None if i is None else (chain.nodes[i], chain.links[i]) for i in visible(len(chain.links))]


def _key(step: Step) -> _Key:
    return step[0], step[1].below, step[1].place


def _marks(chains: Sequence[Chain]) -> Marks:
    """1st, 2nd, ... for steps between the same two nodes, "direct" where other paths lead a longer way round."""
    if len(chains) == 1:
        return {}
    places = [{node: i for i, node in enumerate(chain.nodes)} for chain in chains]
    found: dict[tuple[Any, Any], dict[_Key, None]] = {}
    for chain in chains:
        for step in _steps_of(chain):
            found.setdefault((step[0], step[1].below), {})[_key(step)] = None
    marks = {}
    for (above, below), keys in found.items():
        if len(keys) > 1:
            marks.update({key: _ordinal(i) for i, key in enumerate(keys, 1)})
        elif any(at.get(below, 0) - at.get(above, len(at)) > 1 for at in places):
            marks[next(iter(keys))] = "direct"
    return marks


def _marks_of_gathered(found: Gathered, links: Links) -> Marks:
    """ "direct" for the step to where paths meet, if another step from the same node leads there a longer way."""
    low = found.shared.start
    steps = [step for chain in found.chains for step in _steps_of(chain) if step[1].below is low]
    return {_key(step): "direct" for step in steps if any(link.below is not low for link in links[step[0]])}


def _ordinal(i: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}
    return f"{i}{ending.get(i if i < 20 else i % 10, 'th')}"


def count_text(count: Count) -> str:
    """A number of paths: 1,152,921; about 1e+40; more than 1e+308."""
    if isinstance(count, int):
        return f"{count:,}"
    return "more than 1e+308" if count == float("inf") else f"about {count:.3g}"


def _paths_text(count: Count) -> str:
    return f"{count_text(count)} path{'s' * (count != 1)}"


# --- how it is written --------------------------------------------------------------------------------------------


class _Writer:
    """What every style writes of the same account: steps, chains and their numbers."""

    def __init__(self, told: Account, style: Style) -> None:
        self.told = told
        self.style = style
        self.marks: set[str] = set()  # that were used
        self.left = self.ratio(told.root, told.wrt)
        self.total = style.digits(told.total)

    def name(self, node: Any) -> str:
        return self.style.name(self.told.names[node])

    def ratio(self, above: Any, below: Any, mark: str = "") -> str:
        self.marks.add(mark)
        return self.style.ratio(self.name(above), self.name(below), mark)

    def step(self, step: Step | None, marks: Marks | None = None) -> str:
        if step is None:
            return self.style.dots
        return self.ratio(step[0], step[1].below, (self.told.marks if marks is None else marks).get(_key(step), ""))

    def symbols(self, chain: Chain, marks: Marks | None = None) -> list[str]:
        return self.style.product([self.step(step, marks) for step in _shown(chain)])

    def numbers(self, chain: Chain) -> list[str]:
        return self.style.numbers(chain.partials)


class _Plain(_Writer):
    """The product or the sum, the factors one by one, and what was measured, as lines of text."""

    def text(self) -> str:
        parts = [self.head(), self.factors(), self.foot()]
        return "\n\n".join("\n".join(lines) for lines in parts if lines)

    def head(self) -> list[str]:
        told, style = self.told, self.style
        if told.root is told.wrt:
            return [f"{self.left} = 1: both are the same node"]
        if told.sweep is None:
            above = f"; {self.name(told.wrt)} depends on it" if graph.dependents(told.wrt, [told.root]) else ""
            return sentence(
                f"{self.left} = 0, as {self.name(told.root)} does not depend on {self.name(told.wrt)}{above}"
            )
        lines = self.opening()
        if len(told.chains) == 1:
            (chain,) = told.chains
            return lines + equation([[self.left], self.symbols(chain), self.numbers(chain), [self.total]])
        for chain in told.chains:
            lines += equation([self.symbols(chain), self.numbers(chain), self.result(chain)], 2)
        products = [chain.product for chain in told.chains]
        others = None if told.gathered is None else told.gathered.others
        if others is not None:
            products.append(others.value)
            lines.append(f"  all others together = {style.digits(others.value)} ({count_text(others.routes)} paths)")
        lines += equation([[self.left], style.sum(products), [self.total]])
        if told.gathered is not None and len(told.gathered.shared.links) > 1:
            shared = told.gathered.shared
            left = self.ratio(shared.start, told.wrt)
            sides = [[left], self.symbols(shared), self.numbers(shared), [style.digits(shared.product)]]
            lines += ["All of them end in", *equation(sides, 2)]
        return lines

    def opening(self) -> list[str]:
        """What kind of sum it is, if it is one."""
        told = self.told
        if told.gathered is None:
            return [f"{self.left} is the sum over {len(told.chains)} paths:"] if len(told.chains) > 1 else []
        how = f"Here they are gathered by the nodes that are made of {self.name(told.gathered.shared.start)} directly:"
        if len(told.chains) == 1:
            how = "All of them pass the same nodes, so that it is one product:"
        return sentence(f"{self.left} is the sum over {count_text(told.count)} paths, too many to list. {how}")

    def result(self, chain: Chain) -> list[str]:
        """What a chain adds; and how many paths it stands for, and the neuron through which they lead."""
        product, told = self.style.digits(chain.product), self.told
        if told.gathered is None:
            return [product]
        top = next(above for above, link in _steps_of(chain) if link.below is told.gathered.shared.start)
        where = told.grouping.text(top)
        notes = _paths_text(chain.ways) + (f"; {self.name(top)} is {where}" if where else "")
        return [product, *f"({notes})".split()]

    def factors(self) -> list[str]:
        """The factors one by one, each kind of rule in words once."""
        lines: list[str] = []
        reasons: set[str] = set()
        nodes: dict[Any, None] = {}
        explained = self.told.explained()
        for step in explained[:_EXPLAINED]:
            above, link = step
            if link.place is None:
                lines += self.merged(step)
                continue
            nodes.update(dict.fromkeys([link.below, above]))
            symbol, because = derivative(above, link.place, self.told.names), above._row.because
            if symbol or because not in reasons:
                pieces = [self.step(step), *([f"= {symbol}"] if symbol else []), f"= {self.style.digits(link.value)}"]
                if because and because not in reasons:
                    pieces += f"({because})".split()
                    reasons.add(because)
                lines += filled(pieces, "  ", "    ")
        if len(explained) > _EXPLAINED:
            lines.append(f"  {self.style.dots} and so on")
        return lines + self.where(filter(_unnamed, nodes), "  ")

    def merged(self, step: Step) -> list[str]:
        above, link = step
        (chains, marks), value = self.told.routes(step), self.style.digits(link.value)
        if not chains:
            routes = "one route" if link.routes == 1 else f"{count_text(link.routes)} routes"
            return sentence(f"{self.step(step)} = {value}, by {routes} past nodes without a name", "  ", "    ")
        symbols, numbers = self.symbols(chains[0], marks), self.numbers(chains[0])
        for chain in chains[1:]:
            first, *others = self.symbols(chain, marks)
            symbols += [f"+ {first}", *others]
            first, *others = self.numbers(chain)
            numbers += [f"+ ({first})" if first[0] == "-" else f"+ {first}", *others]
        inner = [s[0] for chain in chains for s in _shown(chain) if s is not None and s[0] is not above]
        lines = equation([[self.step(step)], symbols, numbers, [value]], 2)
        return lines + self.where([above, *filter(_unnamed, inner)], "    ")

    def where(self, nodes: Iterable[Any], margin: str) -> list[str]:
        """How nodes are made, in topological order."""
        wanted = set(nodes)
        found = [node for node in self.told.order if node in wanted] if wanted else []
        if not found:
            return []
        made = [definition(node, self.told.names, self.style) + "," for node in found[:_DEFINED]]
        made[-1] = made[-1][:-1] if len(found) <= _DEFINED else f"{made[-1]} {self.style.dots}"
        pieces = [piece for text in made for piece in ([text] if columns(text) <= _UNBROKEN else text.split())]
        return filled(["where", *pieces], margin, margin + "  ")

    def foot(self) -> list[str]:
        """What else there is to know."""
        told, digits = self.told, self.style.digits
        notes = []
        if self.marks - {"", "direct"}:
            notes.append("|1st, |2nd, ... are operands of one node that are the same node, each a path of its own.")
        if "direct" in self.marks:
            notes.append("|direct is the step itself; other paths lead from the one node to the other as well.")
        if (bad := told.first_not_finite()) is not None:
            node, link = bad
            made = definition(node, told.names, self.style)
            if link is None:
                what = f"{made} is {digits(node._data)} in the forward pass already"
            else:
                slope = f"{self.ratio(node, link.below)} = {digits(link.value)}"
                what = f"the first step that made it so goes back through {made}, {slope}"
            notes.append(f"The derivative is not finite: {what}.")
        if told.sweep is not None and (old := stale(told.sweep.order[1:])) is not None:
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


def _unnamed(node: Any) -> bool:
    return not node._label and not is_plain_number(node)


class _Typeset(_Writer):
    """The same as the rows of one ``aligned`` environment, without what is said in words."""

    def text(self) -> str:
        rows = [*self.head(), *self.factors(), *self.foot()]
        body = " \\\\\n".join(rows)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def symbol(self, chain: Chain, marks: Marks | None = None) -> str:
        return " ".join(self.symbols(chain, marks))

    def number(self, chain: Chain) -> str:
        return " ".join(self.numbers(chain))

    def head(self) -> list[str]:
        told, found = self.told, self.told.gathered
        if told.sweep is None:
            return [f"{self.left} &= {self.total}"]
        symbols, numbers = [self.symbol(chain) for chain in told.chains], [self.number(chain) for chain in told.chains]
        if found is None:
            return _rows(self.left, [symbols, numbers, [self.total]])
        ways = [_paths_text(chain.ways) for chain in told.chains]
        if found.others is not None:
            symbols.append(self.style.dots)
            ways.append(f"{count_text(found.others.routes)} paths")
            numbers.append(self.style.digits(found.others.value))
        symbols = [rf"{symbol} && \text{{({text})}}" for symbol, text in zip(symbols, ways, strict=True)]
        rows = _rows(self.left, [symbols, numbers, [self.total]])
        shared = found.shared
        if len(told.chains) > 1 and len(shared.links) > 1:
            product = self.style.digits(shared.product)
            left = self.ratio(shared.start, told.wrt)
            rows += _rows(left, [[self.symbol(shared)], [self.number(shared)], [product]])
        return rows

    def factors(self) -> list[str]:
        rows = []
        for step in self.told.explained()[:_EXPLAINED]:
            above, link = step
            sides = []
            if link.place is not None:
                sides = [derivative(above, link.place, self.told.names, self.style)]
            else:
                chains, marks = self.told.routes(step)
                if chains:
                    symbols = " + ".join(self.symbol(chain, marks) for chain in chains)
                    first, *others = [self.number(chain) for chain in chains]
                    numbers = first + "".join(f" {n}" if n.startswith("-") else f" + {n}" for n in others)
                    sides = [symbols, numbers]
            if any(sides):
                rows.append(f"{self.step(step)} &= {' = '.join(sides)} = {self.style.digits(link.value)}")
        return rows

    def foot(self) -> list[str]:
        told = self.told
        if told.sweep is None:
            return []
        both = None if told.numeric is None else told.numeric.both
        if both is None or not both.error:
            return [rf"&\text{{{measured_text(told.numeric, told.total)}}}"]
        value, error = map(latex_number, measured_digits(both))
        words = disagreement(both, told.total)
        return [rf"\text{{measured: }} & {value} {self.style.plus_minus} {error}" + rf"\text{{{words}}}" * bool(words)]


def _rows(left: str, sides: Sequence[Sequence[str]]) -> list[str]:
    """One row for every term; a side equal to the one before, or to what stands on the left, is left out."""
    rows: list[str] = []
    for before, terms in zip([[left], *sides], sides, strict=False):
        if list(terms) == list(before):
            continue
        for j, term in enumerate(terms):
            sign = "= " if not j else r"\quad " if term.startswith("-") else r"\quad + "
            rows.append(f"{left if not rows else ''} &{sign}{term}".strip())
    return rows


# --- explain, and what it returns ---------------------------------------------------------------------------------


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
    latex = _Typeset(told, LATEX).text()
    return Derivation(
        root=told.root,
        wrt=told.wrt,
        paths=() if told.gathered else tuple(Path(chain.nodes, chain.partials) for chain in told.chains),
        groups=tuple(told.chains) if told.gathered else (),
        count=told.count,
        total=told.total,
        numeric=told.numeric,
        text=latex if style == "latex" else _Plain(told, _PLAIN[style]).text(),
        latex=latex,
    )
