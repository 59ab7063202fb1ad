"""A derivation as lines of text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..engine import graph
from ..naming import is_plain_number
from ..render.widths import columns
from .account import EXPLAINED, Account, Chain, Marks, Step
from .chains import Count
from .gathering import Gathered, Group
from .measuring import measured_text
from .reasons import definition, formula, kinks
from .writing import Style, digits, equation, filled, sentence, visible

__all__ = ["count_text", "plain"]

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
            symbol, because = formula(above, link.place, self.told.names), above._op.because
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
