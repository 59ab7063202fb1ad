"""Messages on their way back: kept by block until its gradient is asked for, and put together then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..formulas.printing import expression
from ..planning.tape import Mask, Numbers
from .blocks import Block, Blocks, Number, Term
from .views import is_run

__all__ = ["Messages", "scattered"]


@dataclass
class _Mail:
    """What was sent to a block: to all of it, to a range of it, to one element, or to elements here and there."""

    whole: list[Number] = field(default_factory=list)
    ranges: dict[tuple[int, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    items: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    scattered: list[tuple[Numbers, str]] = field(default_factory=list)


def scattered(xp: Any, size: int, index: Numbers, messages: Any) -> Any:
    """Zeros, and at each index the sum of the messages to it: what every library writes in a way of its own."""
    zeros = xp.zeros(size, dtype=messages.dtype)
    if hasattr(zeros, "at"):  # JAX
        return zeros.at[index].add(messages)
    if hasattr(zeros, "index_add"):  # PyTorch
        return zeros.index_add(0, xp.asarray(index), messages)
    xp.add.at(zeros, index, messages)
    return zeros


class Messages:
    """Takes messages to places, and gives blocks their gradients.

    Args:
        blocks: where the places are.
        wanted: for which places a gradient is wanted.
    """

    def __init__(self, blocks: Blocks, wanted: Mask) -> None:
        self._blocks = blocks
        self._wanted = wanted
        self._mail: dict[Block, _Mail] = defaultdict(_Mail)

    def wants(self, places: Numbers) -> bool:
        """Whether a gradient is wanted for one of them."""
        return bool(self._wanted[places].any())

    def send(self, places: Numbers, message: Number) -> None:
        """Send a message to each of these places."""
        if not self.wants(places):
            return
        if isinstance(message, Term) and 0 < len(message.shape) < places.ndim:
            shape = (*[1] * (places.ndim - len(message.shape)), *message.shape)
            message = Term(self._blocks.named(f"{message.text}.reshape({shape})", "m"), shape)
        for axis, n in enumerate(places.shape):
            if n > 1 and (places == places.take([0], axis)).all():
                places = places.take([0], axis)
                message = self._summed(message, axis, n)
        if places.size == 1 and isinstance(message, Term) and message.shape:
            message = Term(self._blocks.named(f"{message.text}.reshape(())", "m"), ())
        parts = self._blocks.parts(places, self._wanted[places])
        if len(parts[0][1]) == places.size:
            block, _, at = parts[0]
            self._to(block, at.reshape(() if places.size == 1 else places.shape), message)
            return
        text = ""
        if isinstance(message, Term) and message.shape:
            whole = self._blocks.full(message, places.shape)
            text = whole if places.ndim == 1 else self._blocks.named(f"{whole}.reshape(({places.size},))", "m")
        for block, here, at in parts:
            part, one = message, len(here) == 1
            if text:
                a, b = int(here[0]), int(here[-1]) + 1
                index = str(a) if one else f"{a}:{b}" if is_run(here) else self._blocks.index(here)
                part = Term(self._blocks.named(f"{text}[{index}]", "m"), () if one else here.shape)
            self._to(block, at.reshape(()) if one else at, part)

    def _summed(self, message: Number, axis: int, n: int) -> Number:
        """The sum of the messages along an axis, which is kept."""
        if isinstance(message, float):
            return message * n
        if not message.shape or message.shape[axis] == 1:
            return Term(self._blocks.named(f"{float(n)} * {message.text}", "m"), message.shape)
        shape = tuple(1 if i == axis else m for i, m in enumerate(message.shape))
        return Term(self._blocks.named(f"xp.sum({message.text}, axis={axis}, keepdims=True)", "m"), shape)

    def _to(self, block: Block, at: Numbers, message: Number) -> None:
        """A message to elements of one block."""
        mail, flat = self._mail[block], at.ravel()
        if block.shape == () and at.size > 1:
            if isinstance(message, float):
                mail.whole.append(message * at.size)
            else:
                total = f"xp.sum({self._blocks.full(message, at.shape)})"
                mail.whole.append(Term(self._blocks.named(total, "m"), ()))
            return
        if at.size == block.size and is_run(np.sort(flat)):
            mail.whole.append(self._ordered(block, at, message))
            return
        if at.ndim == 0:
            text = self._blocks.full(message, ()) if isinstance(message, float) else message.text
            mail.items[int(at)].append(text)
            return
        text = self._blocks.full(message, at.shape)
        text = text if at.ndim == 1 else self._blocks.named(f"{text}.reshape(({at.size},))", "m")
        if is_run(flat):
            mail.ranges[int(flat[0]), int(flat[-1]) + 1].append(text)
        else:
            mail.scattered.append((flat, text))

    def _ordered(self, block: Block, at: Numbers, message: Number) -> Number:
        """A message to all elements of a block, in the block's shape."""
        if isinstance(message, float) or not message.shape:
            return message
        flat = at.ravel()
        if is_run(flat):
            if at.shape == block.shape:
                return message
            text = f"{self._blocks.full(message, at.shape)}.reshape({block.shape})"
        elif at.ndim == 2 and is_run(at.T.ravel()):
            text = f"{self._blocks.full(message, at.shape)}.T"
            text += f".reshape({block.shape})" if at.T.shape != block.shape else ""
        else:
            line = self._blocks.full(message, at.shape) + (f".reshape(({at.size},))" if at.ndim > 1 else "")
            text = f"{line}[{self._blocks.index(np.argsort(flat))}]"
            text += _shaped(block)
        return Term(self._blocks.named(text, "m"), block.shape)

    def gradient(self, block: Block) -> Number | None:
        """All that was sent to a block, added up; None: nothing."""
        mail = self._mail.pop(block, None)
        if mail is None:
            return None
        ranges = {key: " + ".join(texts) for key, texts in mail.ranges.items()}
        if mail.items:
            at = np.array(sorted(mail.items))
            stack = f"xp.stack([{', '.join(' + '.join(mail.items[i]) for i in at.tolist())}])"
            if is_run(at) and (int(at[0]), int(at[-1]) + 1) not in ranges:
                ranges[int(at[0]), int(at[-1]) + 1] = stack
            else:
                mail.scattered.append((at, stack))
        terms = [part for part in mail.whole if isinstance(part, Term)]
        terms += [Term(self._laid(layer, block), block.shape) for layer in _layers(ranges)]
        if mail.scattered:
            terms.append(Term(self._scattered(mail.scattered, block), block.shape))
        plain = sum(part for part in mail.whole if isinstance(part, float))
        if not terms:
            return plain
        texts = [term.text for term in terms] + [expression(plain, {})] * (plain != 0.0)
        name = self._blocks.named(" + ".join(texts), f"d{block.name}")
        return Term(name, np.broadcast_shapes(*[term.shape for term in terms]))

    def _scattered(self, messages: Sequence[tuple[Numbers, str]], block: Block) -> str:
        """Messages to elements here and there."""
        index, texts = np.concatenate([at for at, _ in messages]), [text for _, text in messages]
        text = texts[0] if len(texts) == 1 else f"xp.concatenate([{', '.join(texts)}])"
        order = np.argsort(index, kind="stable")
        if len(index) == block.size and is_run(index[order]):  # one for each
            text = f"{text}[{self._blocks.index(order)}]"
        else:
            text = f"scattered({block.size}, {self._blocks.index(index)}, {text})"
        return text + _shaped(block)

    def _laid(self, layer: Sequence[tuple[tuple[int, int], str]], block: Block) -> str:
        """Ranges side by side, and zeros where there are none."""
        pieces, end = [], 0
        for (a, b), text in layer:
            if a > end:
                pieces.append(f"xp.zeros({a - end}, dtype=theta.dtype)")
            pieces.append(text)
            end = b
        if end < block.size:
            pieces.append(f"xp.zeros({block.size - end}, dtype=theta.dtype)")
        text = f"xp.concatenate([{', '.join(pieces)}])" if len(pieces) > 1 else pieces[0]
        return text + _shaped(block)


def _shaped(block: Block) -> str:
    """Bring a single axis into the block's shape."""
    return f".reshape({block.shape})" if len(block.shape) != 1 else ""


def _layers(ranges: dict[tuple[int, int], str]) -> list[list[tuple[tuple[int, int], str]]]:
    """Ranges sorted into few lists in which none overlaps another."""
    layers: list[list[tuple[tuple[int, int], str]]] = []
    for key, text in sorted(ranges.items()):
        fits = next((layer for layer in layers if layer[-1][0][1] <= key[0]), None)
        if fits is None:
            layers.append([(key, text)])
        else:
            fits.append((key, text))
    return layers
