"""From where on something counts as trouble, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CURES", "Finding", "Limits"]

CURES = {
    "no gradient": "call loss.backward() first, and see that the loss depends on these parameters",
    "not finite": "lower the learning rate, clip the gradients, normalise the inputs, and use losses that take logits; "
    "autograd.detect_anomaly() stops at the first operation that makes such a number",
    "dead ReLU": "use leaky ReLU or a careful initialisation; a lower learning rate keeps neurons from dying",
    "exploding": "clip the gradients, lower the learning rate, initialise properly, or use batch normalisation",
    "vanishing": "use ReLU instead of sigmoid, batch normalisation, residual connections, or a proper initialisation",
    "cancelled": "leave the bias out; it does no harm, but it learns nothing either",
    "oscillating": "lower the learning rate",
    "crawling": "raise the learning rate, or use Adam",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Args:
        verdict: a key of `CURES`.
        why: what was seen, with its numbers.
    """

    verdict: str
    why: str

    @property
    def cure(self) -> str:
        """What to do about it."""
        return CURES[self.verdict]

    def __str__(self) -> str:
        return f"{self.verdict}: {self.why}"


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something counts as trouble.

    None of these is a law: each is a number from which on a look is worth the time. Sizes of gradients are compared
    per parameter (the root of the mean square), so that a wide layer is not large only for having many.

    Args:
        vanishing: a layer's gradients are so many times those of a layer behind it. 0.01: four sigmoid layers that
            each pass on a fifth, 0.2 * 0.2 * 0.2 = 0.008, are below it.
        exploding: the same, the other way round: as many times as `vanishing` loses.
        noticeable: and the norm is above this; below 1 a step is shorter than the learning rate, which harms nothing.
        tiny: a gradient's norm below which nothing moves: Adam's eps is 1e-8, and below it even Adam slows down.
        large: a gradient's norm above which a usual learning rate, 0.001 to 0.1, moves a layer by 1 to 100.
        cancelled: a bias whose gradient is this small beside that of the weights it goes with, 1e-12: rounding is all
            that is left of it, since a batch normalisation further on subtracts what it adds.
        samples: so many samples a ReLU must have been off for to be dead. 2: on one sample half of all ReLUs are off,
            and nothing is wrong; in a batch of 8, one healthy neuron in 256 is off by chance.
        window: how many of the last losses are looked at. 20: fewer are too few to tell a trend from a bounce.
        turns: the loss oscillates where it turns round, from falling to rising or back, after so many of its steps.
            0.6: a smooth curve hardly ever turns, one that overshoots does nearly every time.
        bounce: and its steps are at least so large, relative to the loss, and add up to no progress. 0.01.
        slow: the loss crawls where it falls by less than this part of itself in a step. 1e-4: half of it takes 7000.
        converged: but not where the gradient's norm has fallen to this part of its largest; then it has arrived. 0.001.
        blown: the loss has exploded where it is so many times its smallest, and rising. 10.
    """

    vanishing: float = 0.01
    exploding: float = 100.0
    noticeable: float = 1.0
    tiny: float = 1e-8
    large: float = 1e3
    cancelled: float = 1e-12
    samples: int = 2
    window: int = 20
    turns: float = 0.6
    bounce: float = 0.01
    slow: float = 1e-4
    converged: float = 1e-3
    blown: float = 10.0
