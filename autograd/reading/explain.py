"""Derivations: the chain rule from one node down to another, in symbols and in numbers, with a measurement beside it.

First `account` finds what there is to say; then a writer says it, in lines of text or typeset; `explain` stands at
the end and does both.

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
    Gathered,
    Links,
    Step,
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
    told_apart,
)
from .formulas import LATEX, TEXT, UNICODE, Style, definition, derivative, latex_number
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
_IN_FULL = 3  # derivatives by leaves, before the factors are left out
_LEAVES = 40


# --- what there is to say of a derivative -------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """What there is to say of d root / d wrt, before it is written in any style."""

    root: Any
    wrt: Any
    order: Sequence[Any]  # every node that `root` depends on, in topological order
    names: Names
    total: float
    chains: Sequence[Chain] = ()  # the paths, each by itself or gathered
    count: Count = 0  # how many paths there are, every route through merged nodes counted
    gathered: Gathered | None = None  # how they are gathered; None: each path is listed
    sweep: Sweep | None = None  # between the two; None: `root` does not depend on `wrt`, or is it
    links: Links = field(default_factory=dict)  # the steps that chains are made of
    kept: frozenset[Any] = frozenset()  # the nodes that chains pass, where others are merged
    numeric: Slopes | None = None  # the measured derivative; None: there was nothing to measure

    def explained(self) -> list[Step]:
        """The steps to explain one by one, each once; one more than there is room for says that there are others."""
        steps: Iterable[Step | None] = (step for chain in self.chains for step in chain.shown)
        if self.gathered is not None:
            # Of gathered paths: the step down to the node where all meet, and those from there on.
            shared = self.gathered.shared
            down = [step for chain in self.chains for step in chain.steps if step[1].below is shared.start]
            steps = [step for step in [*down, *islice(shared.steps, _EXPLAINED)] if self.is_single(step)]
        return list(islice(dict.fromkeys(step for step in steps if step is not None), _EXPLAINED + 1))

    def is_single(self, step: Step) -> bool:
        """Whether no other link leads between the same two nodes."""
        return sum(link.below is step[1].below for link in self.links[step[0]]) == 1

    def routes(self, step: Step) -> list[Chain]:
        """The routes that a merged step stands for; none if they are many."""
        above, link = step
        if link.routes > _ROUTES or self.sweep is None:
            return []
        within = routes(self.sweep, step, self.kept)
        if sum(map(len, within.values())) > _STEPS:
            return []
        return [Chain(above, along) for _, along in walk(told_apart(within), above, link.below)]


def account(root: Any, wrt: Any, order: Sequence[Any], names: Names, merge: bool) -> Account:
    """Derive d root / d wrt, passing over nodes without a name of their own if `merge`."""
    if root is wrt:
        return Account(root, wrt, order, names, 1.0, [Chain(root, ())], 1)
    sweep = swept(order, root, wrt)
    if not sweep.order:
        return Account(root, wrt, order, names, 0.0)
    operands = sum(len(node.parents) for node in sweep.order[1:])
    numeric = measured(root, wrt, operands)
    passed, links, kept = sweep.order, sweep.links, frozenset[Any]()
    named = {node for node in sweep.order if node._label and is_name(node._label)} | {root, wrt}
    if merge and len(named) > 2:  # with two nothing would be left to derive
        between = merged(sweep, named)
        if between is not None:
            passed, links, kept = [node for node in sweep.order if node in named], between, frozenset(named)
    count = counted(links, passed)[wrt]
    listed = counted(links, passed, whole=False)[wrt]
    groups = None
    if listed <= _LISTED and listed * len(passed) <= _LENGTH:
        chains = [Chain(root, along) for _, along in walk(told_apart(links), root, wrt)]
    else:
        groups = gathered(links, sweep, _LISTED)
        chains = groups.chains
    total = sweep.adjoint[wrt]
    return Account(root, wrt, order, names, total, chains, count, groups, sweep, links, kept, numeric)


def _count_text(count: Count) -> str:
    """A number of paths: 1,152,921; about 1e+40; more than 1e+308."""
    if isinstance(count, int):
        return f"{count:,}"
    return "more than 1e+308" if count == float("inf") else f"about {count:.3g}"


def _paths_text(count: Count) -> str:
    return f"{_count_text(count)} path{'s' * (count != 1)}"


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

    def step(self, step: Step | None) -> str:
        return self.style.dots if step is None else self.ratio(step[0], step[1].below, step[1].mark)

    def symbols(self, chain: Chain) -> list[str]:
        return self.style.product([self.step(step) for step in chain.shown])

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
        if told.sweep is None:
            root, wrt = self.name(told.root), self.name(told.wrt)
            other_way = f"; {wrt} depends on it" if graph.dependents(told.wrt, [told.root]) else ""
            return sentence(f"{self.left} = 0, as {root} does not depend on {wrt}{other_way}")
        if len(told.chains) == 1:
            (chain,) = told.chains
            return self.opening() + equation([[self.left], self.symbols(chain), self.numbers(chain), [self.total]])
        return self.opening() + self.summed()

    def opening(self) -> list[str]:
        """What kind of sum it is, if it is one."""
        told = self.told
        if told.gathered is None:
            return [f"{self.left} is the sum over {len(told.chains)} paths:"] if len(told.chains) > 1 else []
        how = f"Here they are gathered by the nodes that are made of {self.name(told.gathered.shared.start)} directly:"
        if len(told.chains) == 1:
            how = "All of them pass the same nodes, so that it is one product:"
        return sentence(f"{self.left} is the sum over {_count_text(told.count)} paths, too many to list. {how}")

    def summed(self) -> list[str]:
        """Each chain by itself, their sum, and the steps at the end that they share."""
        told, digits, found = self.told, self.style.number, self.told.gathered
        notes = self.notes(found) if found is not None else [[] for _ in told.chains]
        lines: list[str] = []
        for chain, note in zip(told.chains, notes, strict=True):
            lines += equation([self.symbols(chain), self.numbers(chain), [digits(chain.product), *note]], 2)
        products = [chain.product for chain in told.chains]
        if found is not None and found.others is not None:
            products.append(found.others.value)
            count = _count_text(found.others.routes)
            lines.append(f"  all others together = {digits(found.others.value)} ({count} paths)")
        lines += equation([[self.left], self.style.sum(products), [self.total]])
        if found is not None and len(found.shared.links) > 1:
            left, shared = self.ratio(found.shared.start, told.wrt), found.shared
            sides = [[left], self.symbols(shared), self.numbers(shared), [digits(shared.product)]]
            lines += ["All of them end in", *equation(sides, 2)]
        return lines

    def notes(self, found: Gathered) -> Iterable[list[str]]:
        """Of each chain how many paths it stands for, and the neuron through which they lead."""
        grouping = Grouping(self.told.order)
        for chain in self.told.chains:
            top = next(above for above, link in chain.steps if link.below is found.shared.start)
            place = grouping.text(top)
            text = _paths_text(chain.ways) + (f"; {self.name(top)} is {place}" if place else "")
            yield f"({text})".split()

    def factors(self) -> list[str]:
        """The factors one by one, each kind of rule in words once."""
        lines: list[str] = []
        reasons: set[str] = set()
        nodes: list[Any] = []
        explained = self.told.explained()
        for step in explained[:_EXPLAINED]:
            above, link = step
            if link.place is None:
                lines += self.merged(step)
                continue
            nodes += [link.below, above]
            symbol, because = derivative(above, link.place, self.told.names), above._row.because
            if symbol or because not in reasons:
                pieces = [self.step(step), *([f"= {symbol}"] if symbol else []), f"= {self.style.number(link.value)}"]
                if because and because not in reasons:
                    pieces += f"({because})".split()
                    reasons.add(because)
                lines += filled(pieces, "  ", "    ")
        if len(explained) > _EXPLAINED:
            lines.append(f"  {self.style.dots} and so on")
        return lines + self.where(filter(_unnamed, nodes), "  ")

    def merged(self, step: Step) -> list[str]:
        """A merged factor as the sum over its routes."""
        above, link = step
        chains, value = self.told.routes(step), self.style.number(link.value)
        if not chains:
            many = "one route" if link.routes == 1 else f"{_count_text(link.routes)} routes"
            return sentence(f"{self.step(step)} = {value}, by {many} past nodes without a name", "  ", "    ")
        symbols: list[str] = []
        numbers: list[str] = []
        for chain in chains:
            for side, (first, *others) in ((symbols, self.symbols(chain)), (numbers, self.numbers(chain))):
                if side:
                    first = f"+ ({first})" if first[0] == "-" else f"+ {first}"
                side += [first, *others]
        inner = [s[0] for chain in chains for s in chain.shown if s is not None and s[0] is not above]
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
        told, sweep = self.told, self.told.sweep
        notes = []
        if self.marks - {"", "direct"}:
            notes.append("|1st, |2nd, ... are operands of one node that are the same node, each a path of its own.")
        if "direct" in self.marks:
            notes.append("|direct is the step itself; other paths lead from the one node to the other as well.")
        if sweep is not None:
            notes += [*self.trouble(sweep)]
        if graph.is_constant(told.wrt):
            notes.append(f"{self.name(told.wrt)} is a constant: backward stores no gradient for it.")
        if sweep is not None:
            text = measured_text(told.numeric, told.total, self.style.plus_minus)
            if told.numeric is None or told.numeric.kind != "smooth":
                rules = dict.fromkeys(f"{n._row.name}: {n._row.kink}" for n in sweep.order[1:] if n._row.kink)
                text += f" ({'; '.join(islice(rules, 3))})" if rules else ""
            notes.append(text)
        return [line for note in notes for line in sentence(note, "", "  ")]

    def trouble(self, sweep: Sweep) -> Iterable[str]:
        """Where the derivative stops being finite, and where a stored number is out of date."""
        told, digits = self.told, self.style.number
        if not isfinite(told.total):
            node = next((node for node in told.order if not isfinite(node._data)), None)
            if node is not None:
                what = f"{definition(node, told.names, self.style)} is {digits(node._data)} in the forward pass already"
                yield f"The derivative is not finite: {what}."
            elif (step := sweep.first_not_finite()) is not None:
                made = definition(step[0], told.names, self.style)
                slope = f"{self.ratio(step[0], step[1].below)} = {digits(step[1].value)}"
                what = f"the first step that made it so goes back through {made}, {slope}"
                yield f"The derivative is not finite: {what}."
        if (old := stale(sweep.order[1:])) is not None:
            yield (
                f"{self.name(old[0])} stores {digits(old[0]._data)}, but its operands now give {digits(old[1])}: "
                "data was changed after the forward pass; run it again."
            )


def _unnamed(node: Any) -> bool:
    return not node._label and not is_plain_number(node)


class _Typeset(_Writer):
    """The same as the rows of one ``aligned`` environment, without what is said in words."""

    def text(self) -> str:
        rows = [*self.head(), *self.factors(), *self.foot()]
        body = " \\\\\n".join(rows)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def sides(self, chains: Sequence[Chain]) -> tuple[list[str], list[str]]:
        """Of each chain the product in symbols, and in numbers."""
        return [" ".join(self.symbols(chain)) for chain in chains], [" ".join(self.numbers(chain)) for chain in chains]

    def head(self) -> list[str]:
        told, found, digits = self.told, self.told.gathered, self.style.number
        if told.sweep is None:
            return [f"{self.left} &= {self.total}"]
        symbols, numbers = self.sides(told.chains)
        if found is None:
            return _rows(self.left, symbols, numbers, [self.total])
        ways = [_paths_text(chain.ways) for chain in told.chains]
        if found.others is not None:
            symbols.append(self.style.dots)
            ways.append(f"{_count_text(found.others.routes)} paths")
            numbers.append(digits(found.others.value))
        symbols = [rf"{symbol} && \text{{({text})}}" for symbol, text in zip(symbols, ways, strict=True)]
        rows = _rows(self.left, symbols, numbers, [self.total])
        if len(told.chains) > 1 and len(found.shared.links) > 1:
            left = self.ratio(found.shared.start, told.wrt)
            rows += _rows(left, *self.sides([found.shared]), [digits(found.shared.product)])
        return rows

    def factors(self) -> list[str]:
        rows = []
        for step in self.told.explained()[:_EXPLAINED]:
            above, link = step
            sides: list[str] = []
            if link.place is not None:
                sides = [derivative(above, link.place, self.told.names, self.style)]
            elif chains := self.told.routes(step):
                symbols, (first, *others) = self.sides(chains)
                sides = [" + ".join(symbols), first + "".join(f" {n}" if n[0] == "-" else f" + {n}" for n in others)]
            if any(sides):
                rows.append(f"{self.step(step)} &= {' = '.join(sides)} = {self.style.number(link.value)}")
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


def _rows(left: str, *sides: list[str]) -> list[str]:
    """One row for every term; a side equal to the one before, or to what stands on the left, is left out."""
    rows: list[str] = []
    for before, terms in zip([[left], *sides], sides, strict=False):
        for j, term in enumerate(terms if terms != before else []):
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
    if style not in (*_PLAIN, "latex"):
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
        return _derived(account(start, names.find(wrt), below, names, merge), style)
    inside = set(below)
    leaves = [node for node in names if node._row is LEAF and node in inside and node is not start]
    found = Derivations(_derived(account(start, leaf, below, names, merge), style) for leaf in leaves[:_LEAVES])
    found.more = len(leaves) - len(found)
    return found


def _derived(told: Account, style: str) -> Derivation:
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
