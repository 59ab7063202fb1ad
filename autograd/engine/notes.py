"""Notes: what is remembered of a node outside it, since few nodes have one and a slot would cost every node."""

from __future__ import annotations

from typing import Any, Self
from weakref import getweakrefs, ref

_kept: set[Note] = set()


class Note(ref[Any]):
    """A weak reference to a node that carries what is remembered of it; it is kept for as long as the node lives.

    A subclass is a kind of note, and a node has one of each kind at most.
    """

    __slots__ = ("said",)
    __hash__ = object.__hash__  # a plain reference compares the nodes, and their equality is that of their numbers
    __eq__ = object.__eq__

    said: Any

    @classmethod
    def put(cls, node: Any, said: Any) -> None:
        """Note this of the node, in the place of an earlier note of the kind."""
        note = cls._on(node) or cls(node, _kept.discard)
        note.said = said
        _kept.add(note)

    @classmethod
    def of(cls, node: Any) -> Any:
        """What is noted of the node; None if nothing is."""
        return getattr(cls._on(node), "said", None)

    @classmethod
    def _on(cls, node: Any) -> Self | None:
        return next((note for note in getweakrefs(node) if type(note) is cls), None)
