"""The frame of a lesson: the claims of one document, each with what it says and the function that computes its figures.

A figure is what the document printed beside what the engine computes, and whether they agree. There are four ways to
compare, each a function that returns a :class:`Figure`: `printed` (at the precision that the document printed),
`exactly` (the same double), `close` (within a tolerance) and `holds` (any condition). `shown` is for a number that the
document leaves out and nothing is compared with.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from ..engine.value import Value
from ..errors import ArgumentError

__all__ = [
    "Claim",
    "Claims",
    "Figure",
    "Graph",
    "Lesson",
    "Nodes",
    "Plain",
    "Verdict",
    "close",
    "exactly",
    "exit_status",
    "holds",
    "is_near",
    "plain",
    "printed",
    "shown",
    "worked",
]

Plain: TypeAlias = "float | int | bool | str | list[Plain]"


class Nodes(dict[str, Value]):
    """The nodes of a worked example by label.

    ``n["W1[2,1]"]`` is one node, and ``n.W1`` the array of all that are so named, or the node that is named W1.

    Example:
        >>> n = Nodes({"x": Value(1.0), "W1[1,1]": Value(2.0), "W1[1,2]": Value(3.0)})
        >>> n.x.data, n.W1.shape
        (1.0, (1, 2))
    """

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        places = {
            tuple(map(int, label[len(name) + 1 : -1].split(","))): node
            for label, node in self.items()
            if label.startswith(f"{name}[")
        }
        if not places:
            raise AttributeError(f"no node is named {name}")
        nodes = np.empty(max(places), dtype=object)
        for place, node in places.items():
            nodes[tuple(i - 1 for i in place)] = node
        return nodes


Graph: TypeAlias = tuple[Value, Nodes]
"""The root of a worked example, before any backward pass, and its nodes by label."""


def worked(graph: Graph) -> Graph:
    """The same graph after one backward pass from its root."""
    graph[0].backward()
    return graph


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """One statement of a document.

    Attributes:
        id: as "1.8": the lesson's number and the claim's own.
        title: what it is about.
        says: what the document says, in our words, with its formula.
        compute: returns its figures.
        graph: builds the worked example anew, without a backward pass, and returns the root and its nodes by label.
        picture: draws what the claim is about where that is not the graph itself, as SVG text.
        idea: why it is so, in a sentence or two.
        errs: ends the sentence "The document is wrong here: ..."; "" where it is right.
        omits: ends the sentence "The document leaves out ..."; "" where it leaves out nothing that matters.

    Example:
        >>> Claim("9.1", "Sums", "Two and two are four.", lambda: [exactly("2 + 2", "4", 2 + 2, 4)]).run()[0].verdict
        'agrees'
    """

    id: str
    title: str
    says: str
    compute: Callable[[], Sequence[Figure]]
    graph: Callable[[], Graph] | None = None
    picture: Callable[[], str] | None = None
    idea: str = ""
    errs: str = ""
    omits: str = ""

    # Every claim is computed, and waits for nothing: these are here for those who read them, in the JSON too.
    status: ClassVar[str] = "computed"
    waits_for: ClassVar[str] = ""

    def __repr__(self) -> str:
        return f"Claim {self.id}: {self.title}"

    def run(self) -> tuple[Figure, ...]:
        """Compute the figures."""
        return tuple(self.compute())

    def verdicts(self, figures: Sequence[Figure]) -> list[Verdict]:
        """The verdict in whole sentences, the gravest first.

        Example:
            >>> claim = Claim("9.1", "Sums", "Two and two are five.", list, errs="two and two are four")
            >>> claim.verdicts([printed("2 + 2", "5", 4, should_agree=False)])[0].text
            'The document is wrong here: two and two are four.'
        """
        found = [Verdict("disagrees", f"The engine disagrees, and should not: {f.name}.") for f in figures if f.failed]
        if self.errs:
            found.append(Verdict("errs", f"The document is wrong here: {self.errs}."))
        if self.omits:
            found.append(Verdict("omits", f"The document leaves out {self.omits}."))
        if figures and not found:
            ours = all(figure.printed is None for figure in figures)
            found.append(Verdict("ours", "Our own check.") if ours else Verdict("agrees", "The engine agrees."))
        return found


class Verdict(NamedTuple):
    """What comes of a claim: a kind (disagrees, errs, omits, agrees or ours), and a sentence that says it."""

    kind: str
    text: str


class Claims(list[Claim]):
    """The claims of a lesson as they are written: each stands, as a decorator, on the function that computes it.

    A claim with a graph hands its function the root and the nodes, after a backward pass.

    Example:
        >>> claim = Claims()
        >>> @claim("9.1", "Sums", "Two and two are four.")
        ... def sums():
        ...     return [exactly("2 + 2", "4", 2 + 2, 4)]
        >>> claim[0].run()[0].verdict
        'agrees'
    """

    def __call__(
        self, id: str, title: str, says: str, graph: Callable[..., Graph] | None = None, **more: Any
    ) -> Callable[[Callable[..., Sequence[Figure]]], Callable[..., Sequence[Figure]]]:
        """Take in a claim; `more` are further attributes of :class:`Claim`."""

        def of(compute: Callable[..., Sequence[Figure]]) -> Callable[..., Sequence[Figure]]:
            run = compute if graph is None else lambda: compute(*worked(graph()))
            self.append(Claim(id, title, says, run, graph, **more))
            return compute

        return of


@dataclass(frozen=True, slots=True, repr=False)
class Lesson:
    """The claims of one document.

    Attributes:
        number: 1 to 5.
        title: what the document teaches.
        source: the document's file name.
        claims: in the order of their ids.
        main: the id of the main worked example; "": the first claim that has a graph.
        about: a sentence on what the document is about.
        teaches: what one learns from it, in a line.
    """

    number: int
    title: str
    source: str
    claims: tuple[Claim, ...]
    main: str = ""
    about: str = ""
    teaches: str = ""

    def __repr__(self) -> str:
        """The claims, one to a line, and how to go on from here."""
        width = max(len(claim.id) for claim in self.claims)
        claims = [f"  {claim.id:<{width}}  {claim.title}" for claim in self.claims]
        n, id = self.number, self.main or self.claims[0].id
        return "\n".join(
            [
                f"Lesson {n}: {self.title}",
                *claims,
                f'lessons.table("{id}") computes a claim; lessons.get({n}).graph("{id}") builds its worked example',
            ]
        )

    def claim(self, id: str) -> Claim:
        """The claim of that id.

        Raises:
            ArgumentError: there is none, and the message names the nearest; or `id` is not text.
        """
        if not isinstance(id, str):
            raise ArgumentError(f'the id of a claim is text such as "{self.main or self.claims[0].id}", got {id!r}')
        for claim in self.claims:
            if claim.id == id:
                return claim
        known = [claim.id for claim in self.claims]
        near = sorted(get_close_matches(id, known, n=3, cutoff=0.5), key=known.index) or known
        raise ArgumentError(f"lesson {self.number} has no claim {id!r}; did you mean {', '.join(near)}?")

    def graph(self, claim: str | None = None) -> Graph:
        """Build a worked example, afresh at each call, ready for `root.backward()` or for stepping.

        Args:
            claim: the id of its claim, as text ("4.10" and "4.1" are one float); None: the main worked example.

        Returns:
            The root and the nodes by label. No backward pass has been run, so no node has a gradient.

        Raises:
            ArgumentError: no such claim, or it has no graph, or `claim` is not text.

        Example:
            >>> from autograd import lessons
            >>> root, node = lessons.get(5).graph()
            >>> root.data, node["m2"].grad
            (2.0, 0.0)
            >>> root.backward()
            >>> node["m2"].grad
            12.0
        """
        drawn = [c.id for c in self.claims if c.graph is not None]
        if claim is None and not drawn:
            raise ArgumentError(f"lesson {self.number} has no graph yet")
        chosen = self.claim(self.main or drawn[0] if claim is None else claim)
        if chosen.graph is None:
            there_are = f"those with one are {', '.join(drawn)}" if drawn else "nor has any other yet"
            raise ArgumentError(f"claim {chosen.id} has no graph; {there_are}")
        return chosen.graph()


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a lesson.

    Attributes:
        name: what is computed.
        printed: what the document has there, a number or a formula as text; None: it prints nothing.
        engine: what the engine computes: a number, text, or a list of these.
        agrees: the verdict; None where there was nothing to compare with.
        note: why, where a printed figure is rounded, truncated, wrong or under-determined.
        should_agree: False where the document is known to be wrong, so that differing from it is right.
        reference: the number that the engine's is compared with, where that is not `printed` itself; None: none.
        measured: whether it differs from run to run, as a time does; such a figure is never compared.
    """

    name: str
    printed: str | None
    engine: Plain
    agrees: bool | None
    note: str = ""
    should_agree: bool = True
    reference: Plain | None = None
    measured: bool = False

    @property
    def failed(self) -> bool:
        """Whether this figure disagrees although it should agree."""
        return self.agrees is False and self.should_agree

    @property
    def verdict(self) -> str:
        """The verdict as words: agrees, differs as noted, disagrees, or shown."""
        if self.agrees is None:
            return "shown"
        return "agrees" if self.agrees else "disagrees" if self.should_agree else "differs as noted"


def printed(name: str, text: str, engine: Any, note: str = "", should_agree: bool = True) -> Figure:
    """Compare with a figure of the document at the precision that it printed.

    The engine's number agrees if it lies within half a unit of the last printed decimal.

    Args:
        name: what is computed.
        text: the figure as printed: a number, or a list of numbers in brackets, nested as you like.
        engine: a number, Value, array or list of the same shape.
        note, should_agree: see :class:`Figure`.

    Raises:
        ArgumentError: `text` is neither a number nor a list of numbers.

    Example:
        >>> printed("dW1", "[-0.003, 0.5]", [-0.00345, 0.5]).agrees
        True
        >>> printed("dW1", "-0.0035", -0.003452).agrees, printed("dW1", "-0.0034", -0.003452).agrees
        (True, False)
    """
    try:
        decimals = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except json.JSONDecodeError:
        raise ArgumentError(f"{text!r} is neither a number nor a list of numbers; compare it with holds()") from None

    def rounds_to(x: Plain, decimal: Decimal) -> bool:
        if not isinstance(x, int | float) or not math.isfinite(x):
            return False
        unit = Fraction(10) ** int(decimal.as_tuple().exponent)
        return abs(Fraction(x) - Fraction(decimal)) <= unit / 2

    number = plain(engine)
    return Figure(name, text, number, _matches(number, decimals, rounds_to), note, should_agree)


def exactly(name: str, text: str | None, engine: Any, reference: Any, note: str = "") -> Figure:
    """Compare with the same double, or list of doubles: what the document's formula gives in the same arithmetic.

    Example:
        >>> exactly("m2", "0.5 - 0.1 * 12", -0.7000000000000002, 0.5 - 0.1 * 12).agrees
        True
    """
    number, expected = plain(engine), plain(reference)
    return Figure(name, text, number, _matches(number, expected, operator.eq), note, reference=expected)


def close(
    name: str,
    text: str | None,
    engine: Any,
    reference: Any,
    tolerance: float = 1e-12,
    note: str = "",
    should_agree: bool = True,
) -> Figure:
    """Compare within a tolerance: absolute below 1, relative above.

    Args:
        name: what is computed.
        text: what the document prints: a formula, say.
        engine, reference: numbers, Values, arrays or lists of one shape.
        tolerance: the largest difference allowed, times the reference where that is above 1.
        note, should_agree: see :class:`Figure`.

    Example:
        >>> close("sum", "0.1 + 0.2", 0.3, 0.1 + 0.2).agrees
        True
    """
    number, expected = plain(engine), plain(reference)
    return Figure(name, text, number, is_near(number, expected, tolerance, tolerance), note, should_agree, expected)


def holds(
    name: str, text: str | None, engine: Any, condition: Any, note: str = "", should_agree: bool = True
) -> Figure:
    """A figure whose verdict is any condition, or a function that tells whether the engine's figure meets it.

    Example:
        >>> holds("largest slope", "at most 0.25", 0.25, lambda slope: slope <= 0.25).verdict
        'agrees'
    """
    number = plain(engine)
    agrees = condition(number) if callable(condition) else condition
    return Figure(name, text, number, bool(agrees), note, should_agree)


def shown(name: str, engine: Any, note: str = "", measured: bool = False) -> Figure:
    """A number that the document leaves out and nothing is compared with.

    Example:
        >>> shown("time, ms", 1.5, measured=True).verdict
        'shown'
    """
    return Figure(name, None, plain(engine), None, note, measured=measured)


def plain(x: Any) -> Plain:
    """Numbers, Values, arrays and sequences as Python's own numbers, text and lists."""
    if isinstance(x, Value):
        return x.data
    if isinstance(x, np.ndarray | np.generic):
        return plain(x.tolist())
    if isinstance(x, list | tuple):
        return [plain(item) for item in x]
    if isinstance(x, bool | int | float | str):
        return x
    raise ArgumentError(f"a figure is a number, text or a list of these, got {type(x).__name__}")


def _matches(x: Any, y: Any, same: Callable[[Any, Any], bool]) -> bool:
    """Whether two figures, or lists of one shape, are the same in a sense."""
    if isinstance(x, list) and isinstance(y, list):
        return len(x) == len(y) and all(_matches(a, b, same) for a, b in zip(x, y, strict=True))
    return not isinstance(x, list) and not isinstance(y, list) and same(x, y)


def is_near(x: Plain, y: Plain | None, relative: float, absolute: float) -> bool:
    """Whether two figures, or lists of one shape, are equal but for rounding."""

    def near(a: Any, b: Any) -> bool:
        numbers = isinstance(a, int | float) and isinstance(b, int | float)
        return math.isclose(a, b, rel_tol=relative, abs_tol=absolute) if numbers else bool(a == b)

    return _matches(x, y, near)


def exit_status(figures: Iterable[Figure]) -> int:
    """1 if any figure disagrees that should agree, else 0."""
    return int(any(figure.failed for figure in figures))
