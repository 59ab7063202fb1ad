"""The frame of a lesson: claims of one document, each with what it says and the function that computes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

from ..engine.value import Value
from ..errors import ArgumentError
from .figures import Figure, close, exactly, holds, plain, printed, shown

__all__ = [
    "Claim",
    "Figure",
    "Graph",
    "Lesson",
    "close",
    "exactly",
    "exit_status",
    "holds",
    "plain",
    "printed",
    "shown",
]

Graph: TypeAlias = tuple[Value, dict[str, Value]]
"""The root of a worked example, before any backward pass, and its nodes by label."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of a document.

    Attributes:
        id: as "1.8": the lesson's number and the claim's own.
        title: what it is about.
        says: what the document says, in our words.
        compute: returns its figures; None while the claim is to come.
        graph: builds the worked example anew, without a backward pass, and returns the root and its nodes by label.
        waits_for: what is missing, for a claim to come, or for the rest of a claim that is computed in part.
        picture: draws what the claim is about where that is not the graph itself, as SVG text.

    Example:
        >>> Claim("9.1", "Sums", "Two and two are four.", lambda: [exactly("2 + 2", "4", 2 + 2, 4)]).run()[0].verdict
        'agrees'
    """

    id: str
    title: str
    says: str
    compute: Callable[[], Sequence[Figure]] | None = None
    graph: Callable[[], Graph] | None = None
    waits_for: str = ""
    picture: Callable[[], str] | None = None

    def __post_init__(self) -> None:
        if self.compute is None and not self.waits_for:
            raise ArgumentError(f"claim {self.id} computes nothing and does not say what it waits for")

    @property
    def status(self) -> str:
        """ "computed", "in part" or "to come"."""
        if self.compute is None:
            return "to come"
        return "in part" if self.waits_for else "computed"

    def run(self) -> tuple[Figure, ...]:
        """Compute the figures; none while the claim is to come."""
        return () if self.compute is None else tuple(self.compute())


@dataclass(frozen=True, slots=True)
class Lesson:
    """The claims of one document.

    Attributes:
        number: 1 to 5.
        title: what the document teaches.
        source: the document's file name.
        claims: in the order of their ids.
        main: the id of the main worked example; "": the first claim that has a graph.
        about: a sentence on what the document is about.
    """

    number: int
    title: str
    source: str
    claims: tuple[Claim, ...]
    main: str = ""
    about: str = ""

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


def exit_status(figures: Iterable[Figure]) -> int:
    """1 if any figure disagrees that should agree, else 0.

    Example:
        >>> exit_status([holds("a", None, 1.0, True), holds("b", None, 2.0, False, should_agree=False)])
        0
        >>> exit_status([holds("c", None, 3.0, False)])
        1
    """
    return int(any(figure.failed for figure in figures))
