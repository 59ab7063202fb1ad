"""The GPT of demos/gpt.py on the plainest scalar engine: what fused dots and rules kept in a table are worth.

    python demos/gpt.py --compare

`PlainValue` stores its parents and the local gradients when it is made, as small engines do, and knows only + * ** exp
log relu: a dot of 16 terms is 31 nodes. The model is written anew on it, so that equal losses and gradients are also a
check of the demo's forward pass. Both sides run in turn, in one process, with the garbage collector on.
"""

from __future__ import annotations

import gc
import itertools
import math
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any


class PlainValue:
    """A number, its parents, and the local gradient towards each of them."""

    __slots__ = ("children", "data", "grad", "local_grads")

    def __init__(self, data: float, children: tuple[PlainValue, ...] = (), local_grads: tuple[float, ...] = ()) -> None:
        self.data = data
        self.grad = 0.0
        self.children = children
        self.local_grads = local_grads

    def __add__(self, other: PlainValue | float) -> PlainValue:
        other = other if isinstance(other, PlainValue) else PlainValue(other)
        return PlainValue(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: PlainValue | float) -> PlainValue:
        other = other if isinstance(other, PlainValue) else PlainValue(other)
        return PlainValue(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, exponent: float) -> PlainValue:
        return PlainValue(self.data**exponent, (self,), (exponent * self.data ** (exponent - 1.0),))

    def exp(self) -> PlainValue:
        power = math.exp(self.data)
        return PlainValue(power, (self,), (power,))

    def log(self) -> PlainValue:
        return PlainValue(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self) -> PlainValue:
        return PlainValue(max(0.0, self.data), (self,), (float(self.data > 0.0),))

    __radd__, __rmul__ = __add__, __mul__

    def backward(self) -> None:
        """Add d self / d node to every node's gradient."""
        order: list[PlainValue] = []
        visited: set[PlainValue] = set()
        stack = [(self, False)]
        while stack:
            v, done = stack.pop()
            if done:
                order.append(v)
            elif v not in visited:
                visited.add(v)
                stack.append((v, True))
                for child in v.children:
                    if child not in visited:
                        stack.append((child, False))
        self.grad = 1.0
        for v in reversed(order):
            for child, local in zip(v.children, v.local_grads, strict=True):
                child.grad += local * v.grad


Rows = list[list[PlainValue]]


def added(terms: Sequence[PlainValue]) -> PlainValue:
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def linear(rows: Rows, x: Sequence[PlainValue]) -> list[PlainValue]:
    return [added([w * a for w, a in zip(row, x, strict=True)]) for row in rows]


def normed(x: Sequence[PlainValue]) -> list[PlainValue]:
    scale = (added([a * a for a in x]) * (1.0 / len(x)) + 1e-5) ** -0.5
    return [a * scale for a in x]


def shares(scores: Sequence[PlainValue]) -> list[PlainValue]:
    largest = max(s.data for s in scores)
    powers = [(s + -largest).exp() for s in scores]
    inverse = added(powers) ** -1.0
    return [p * inverse for p in powers]


def plain_loss(tables: dict[str, Rows], heads: int, tokens: Sequence[int]) -> PlainValue:
    """The mean over the positions of -log softmax(logits)[next token]."""
    keys: Rows = []
    values: Rows = []
    terms = []
    for place, (token, following) in enumerate(itertools.pairwise(tokens)):
        embedded = zip(tables["letters"][token], tables["places"][place], strict=True)
        x = normed([a + b for a, b in embedded])
        n = normed(x)
        keys.append(linear(tables["key"], n))
        values.append(linear(tables["value"], n))
        query = linear(tables["query"], n)
        size, attended = len(x) // heads, []
        for start in range(0, len(x), size):
            head = slice(start, start + size)
            weights = shares([s * size**-0.5 for s in linear([k[head] for k in keys], query[head])])
            attended += [added([w * a for w, a in zip(weights, column, strict=True)])
                         for column in zip(*[v[head] for v in values], strict=True)]  # fmt: skip
        x = [a + b for a, b in zip(x, linear(tables["out"], attended), strict=True)]
        hidden = [h.relu() for h in linear(tables["wide"], normed(x))]
        x = [a + b for a, b in zip(x, linear(tables["narrow"], hidden), strict=True)]
        terms.append(shares(linear(tables["head"], x))[following].log())
    return added(terms) * (-1.0 / len(terms))


class PlainAdam:
    """Adam as its paper has it, one parameter after the other."""

    def __init__(self, parameters: list[PlainValue], lr: float, betas: tuple[float, float]) -> None:
        self.parameters, self.lr, self.betas, self.count = parameters, lr, betas, 0
        self.m, self.v = [0.0] * len(parameters), [0.0] * len(parameters)

    def step(self) -> None:
        self.count += 1
        beta1, beta2 = self.betas
        m, v = self.m, self.v
        for i, p in enumerate(self.parameters):
            m[i] = beta1 * m[i] + (1 - beta1) * p.grad
            v[i] = beta2 * v[i] + (1 - beta2) * p.grad**2
            m_hat, v_hat = m[i] / (1 - beta1**self.count), v[i] / (1 - beta2**self.count)
            p.data -= self.lr * m_hat / (v_hat**0.5 + 1e-8)
            p.grad = 0.0


def compare(model: Any, optimiser: Any, tokens: Sequence[int], repeats: int = 15) -> float:
    """Print what a step takes here and there, and return the ratio.

    Args:
        model: has `tables` (name -> rows of Values), `heads` and `loss(tokens)`.
        optimiser: trains the model's parameters.
        tokens: the sequence that a step learns from.
        repeats: how many steps are timed; the medians are printed.

    Raises:
        SystemExit: losses or gradients differ by more than 1e-9.
    """
    tables = {name: [[PlainValue(w.data) for w in row] for row in rows] for name, rows in model.tables.items()}
    ours = [w for rows in model.tables.values() for row in rows for w in row]
    plain = [w for rows in tables.values() for row in rows for w in row]

    loss, reference = model.loss(tokens), plain_loss(tables, model.heads, tokens)
    optimiser.zero_grad()
    loss.backward()
    reference.backward()
    apart = max(abs(loss.data - reference.data), *(abs(a.grad - b.grad) for a, b in zip(ours, plain, strict=True)))
    if not apart <= 1e-9:
        raise SystemExit(f"the two models disagree by {apart:.1e}")
    print(f"Loss {loss.data:.12f} here and {reference.data:.12f} there; losses and all {len(ours)} gradients agree")
    print(f"to {apart:.0e}. {len(tokens) - 1} positions; median of {repeats} steps, in milliseconds:")
    del loss, reference

    plain_adam = PlainAdam(plain, optimiser.lr, optimiser.options["betas"])
    samples = []
    for _ in range(repeats):
        mine = timed(lambda: model.loss(tokens), optimiser.zero_grad, optimiser.step)
        other = timed(lambda: plain_loss(tables, model.heads, tokens), lambda: None, plain_adam.step)
        samples.append((*mine, *other))
    medians = [1e3 * statistics.median(column) for column in zip(*samples, strict=True)]
    print(f"{'':10}{'forward':>9}{'backward':>10}{'Adam':>7}{'step':>8}")
    for name, row in (("autograd", medians[:4]), ("plain", medians[4:])):
        print(f"{name:10}{row[0]:9.1f}{row[1]:10.1f}{row[2]:7.1f}{row[3]:8.1f}")
    ratio = medians[7] / medians[3]
    print(f"A step is {ratio:.1f} times as fast as on plain Values.")
    return ratio


def timed(
    forward: Callable[[], Any], forget: Callable[[], None], update: Callable[[], None]
) -> tuple[float, float, float, float]:
    """Seconds for forward, backward, update, and the whole step, freeing the graph included."""
    gc.collect()
    start = time.perf_counter()
    loss = forward()
    made = time.perf_counter()
    forget()
    loss.backward()
    differentiated = time.perf_counter()
    update()
    updated = time.perf_counter()
    del loss
    return made - start, differentiated - made, updated - differentiated, time.perf_counter() - start
