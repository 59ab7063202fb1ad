"""The claim of lesson 4 about cost: operations, memory and paths, counted on graphs."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ..engine.graph import is_constant, topological_order
from ..engine.value import Value
from ..functions.elementary import dot, tanh
from ..functions.elementary import sum as sum_of
from ..reading.paths import count_paths, path_products
from .claims import Figure, close, exactly, holds, shown

__all__ = ["claim_9"]


class Network(NamedTuple):
    """A graph and what it was made of."""

    root: Value
    weights: int
    inputs: list[Value]


def network(sizes: Sequence[int], m: int = 1) -> Network:
    """Layers of tanh neurons run on m examples, and the sum of all outputs."""
    draw = random.Random(49)
    shapes = list(pairwise(sizes))
    layers = [[[Value(draw.uniform(-1, 1)) for _ in range(n)] for _ in range(k)] for n, k in shapes]
    inputs, outputs = [], []
    for _ in range(m):
        a: list[Value] = [Value(draw.uniform(-1, 1)) for _ in range(sizes[0])]
        inputs += a
        for layer in layers:
            a = [tanh(dot(row, a)) for row in layer]
        outputs += a
    root = sum_of(outputs)
    root.backward()
    return Network(root, sum([n * k for n, k in shapes]), inputs)


class Count(NamedTuple):
    """Multiplications of the two passes, and the values kept for the second."""

    forward: int
    backward: int
    kept: int


def count(root: Value) -> Count:
    """Forward: one multiplication for each weight and input of a dot. Backward: one for each message from a dot."""
    nodes = topological_order(root)
    dots = [node for node in nodes if node.op == "dot"]
    messages = [parent for node in dots for parent in node.parents if not is_constant(parent)]
    kept = [node for node in nodes if node.op in ("dot", "tanh")]
    return Count(sum([len(node.parents) // 2 for node in dots]), len(messages), len(kept))


def edges(root: Value) -> int:
    """Edges of a graph: what one backward pass walks."""
    return sum([len(node.parents) for node in topological_order(root)])


def claim_9() -> list[Figure]:
    """Operations against W and m, values kept against nodes and m, paths against edges as depth grows."""
    sizes = [(4, h, h, 2) for h in (4, 8, 16)]
    nets = [network(s) for s in sizes]
    counts = [count(net.root) for net in nets]
    batches = {m: count(network(sizes[0], m).root) for m in (1, 2, 4, 8)}
    W = nets[0].weights
    nodes = sum(sizes[0][1:])
    depths = [1, 2, 4, 8, 16]
    deep = [network((3,) * (depth + 1)) for depth in depths]
    ways = [sum([count_paths(net.root, x) for x in net.inputs]) for net in deep]
    walked = [edges(net.root) for net in deep]
    added = [(b - a) / (e - d) for (a, b), (d, e) in zip(pairwise(walked), pairwise(depths), strict=True)]
    x = deep[2].inputs[0]
    every = [path.product for path in path_products(deep[2].root, x)]
    return [
        exactly("forward, per weight", "O(W)", [c.forward / net.weights for c, net in zip(counts, nets, strict=True)],
                [1.0] * 3, note="Multiplications of one example, for 40, 112 and 352 weights."),
        holds("backward, per weight", "O(W), as forward",
              [c.backward / net.weights for c, net in zip(counts, nets, strict=True)],
              all(c.backward <= 2 * c.forward for c in counts),
              note="Two for each weight: one message to the weight, one to what it multiplies."),
        exactly("forward, m examples", "O(W) per iteration", [c.forward / W for c in batches.values()],
                [float(m) for m in batches], note="Per weight, for m = 1, 2, 4 and 8: an iteration on a batch costs "
                "O(W m), which the document's total leaves out."),
        exactly("values kept", "O(sum n_l m)", [c.kept for c in batches.values()], [2 * nodes * m for m in batches],
                note="Each node of each layer keeps z and a, for each of m = 1, 2, 4 and 8 examples."),
        shown("depth", depths, note="Layers of 3 nodes."),
        exactly("paths", "exponential", ways, [3 * 3**depth for depth in depths],
                note="From the output to the inputs; adding them up one by one is the chain rule without reuse."),
        exactly("edges per layer", "linear in depth", added, [added[0]] * len(added),
                note="Edges for each layer more, from one depth to the next: always as many, so what a backward pass "
                "walks is linear in depth."),
        close("one by one, depth 4", None, math.fsum(every), x.grad,
              note=f"The sum over all {len(every)} paths to the first input is its gradient."),
    ]  # fmt: skip
