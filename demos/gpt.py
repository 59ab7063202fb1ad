"""A character-level GPT, every number of it a Value, learns to make up first names.

Embedding, attention of four heads, RMS norm and an MLP, 16 wide: the chain rule of lesson 1 (with the residual
connections of its claim 1.10), the softmax and cross-entropy of lesson 4 (4.8, 4.10) and the Adam of lesson 2 (2.9) in
one small program. `--compare` times a training step beside the same model without fused dots.

    python demos/gpt.py [--quick] [--compare] [--out DIR]
"""

from __future__ import annotations

import math
import random
import runpy
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import _shared

from autograd import Value, dot, losses, no_grad, optim, softmax
from autograd.functions.elementary import dot_rows
from autograd.nn import Module

HERE = Path(__file__).parent
END = "."  # before and behind every name
NAMES = (HERE / "names.txt").read_text(encoding="utf-8").split()
LETTERS = [END, *sorted(set("".join(NAMES)))]
WIDTH, HEADS, BLOCK = 16, 4, 12


def tokens_of(name: str) -> list[int]:
    return [LETTERS.index(letter) for letter in END + name + END]


def normed(x: list[Value]) -> list[Value]:
    """x / sqrt(mean(x^2) + 1e-5): RMS norm."""
    scale = dot(x, x, len(x) * 1e-5) ** -0.5 * len(x) ** 0.5
    return [a * scale for a in x]


class GPT(Module):
    """One block of attention and MLP, without biases; a matrix is a list of rows, so that `dot_rows` can share them."""

    def __init__(self, seed: int) -> None:
        draws = random.Random(seed)
        shapes = {"letters": (len(LETTERS), WIDTH), "places": (BLOCK, WIDTH), "head": (len(LETTERS), WIDTH)}
        shapes |= dict.fromkeys(("query", "key", "value", "out"), (WIDTH, WIDTH))
        shapes |= {"wide": (4 * WIDTH, WIDTH), "narrow": (WIDTH, 4 * WIDTH)}
        self.tables = {
            name: [tuple([Value(draws.gauss(0.0, 0.08)) for _ in range(columns)]) for _ in range(rows)]
            for name, (rows, columns) in shapes.items()
        }
        self.heads = HEADS

    def next_letter(self, token: int, keys: list[list[Value]], values: list[list[Value]]) -> list[Value]:
        """A score for each letter behind this one; `keys` and `values` are those of the letters before, and grow."""
        tables, size = self.tables, WIDTH // HEADS
        x = normed([a + b for a, b in zip(tables["letters"][token], tables["places"][len(keys)], strict=True)])
        n = normed(x)
        query = [a * size**-0.5 for a in dot_rows(tables["query"], n)]
        keys.append(dot_rows(tables["key"], n))
        values.append(dot_rows(tables["value"], n))
        attended = []
        for start in range(0, WIDTH, size):
            head = slice(start, start + size)
            shares = softmax(dot_rows([tuple(key[head]) for key in keys], query[head]))
            attended += dot_rows(list(zip(*[value[head] for value in values], strict=True)), shares)
        x = [a + b for a, b in zip(x, dot_rows(tables["out"], attended), strict=True)]
        hidden = [h.relu() for h in dot_rows(tables["wide"], normed(x))]
        x = [a + b for a, b in zip(x, dot_rows(tables["narrow"], hidden), strict=True)]
        return dot_rows(tables["head"], x)

    def loss(self, tokens: Sequence[int]) -> Value:
        """Cross-entropy of each next letter, the mean over a name."""
        keys: list[list[Value]] = []
        values: list[list[Value]] = []
        return losses.cross_entropy([self.next_letter(t, keys, values) for t in tokens[:-1]], tokens[1:])

    @no_grad()
    def sample(self, draws: random.Random, temperature: float = 0.6) -> str:
        """A name, letter by letter, until the model ends it or the block is full."""
        keys: list[list[Value]] = []
        values: list[list[Value]] = []
        name, token = "", 0
        while len(keys) < BLOCK:
            shares = softmax([z.data / temperature for z in self.next_letter(token, keys, values)])
            token = draws.choices(range(len(LETTERS)), shares)[0]
            if token == 0:
                break
            name += LETTERS[token]
        return name


@no_grad()
def mean_loss(model: GPT, names: Sequence[str]) -> float:
    """Nats per letter."""
    counts = [len(name) + 1 for name in names]
    return sum(model.loss(tokens_of(name)).data * n for name, n in zip(names, counts, strict=True)) / sum(counts)


def frequency_loss(train: Sequence[str], held: Sequence[str], pairs: bool) -> float:
    """What counting achieves on held-out names: of letters, or of pairs (each seen once more, against log 0)."""
    seen = Counter((a if pairs else "", b) for name in train for a, b in pairwise(END + name + END))
    starts = Counter[str]()
    for (a, _), n in seen.items():
        starts[a] += n
    asked = [(a if pairs else "", b) for name in held for a, b in pairwise(END + name + END)]
    return -sum(math.log((seen[p] + 1) / (starts[p[0]] + len(LETTERS))) for p in asked) / len(asked)


def show(model: GPT, train: Sequence[str], when: str) -> float:
    """Print samples; returns how many of their letter pairs, ends included, occur in the names learnt from."""
    draws = random.Random(1)
    samples = [model.sample(draws) for _ in range(30)]
    known = {pair for name in train for pair in pairwise(END + name + END)}
    met = [pair in known for sample in samples for pair in pairwise(END + sample + END)]
    share, new = sum(met) / len(met), sum(sample not in train for sample in samples)
    print(f"Samples {when} ({share:.0%} of their letter pairs occur in those names, {new} of {len(samples)} are new):")
    print(textwrap.fill(", ".join(sample or "(empty)" for sample in samples), 100, initial_indent="  ",
                        subsequent_indent="  "))  # fmt: skip
    return share


def main() -> int:
    options = _shared.parser(__doc__)
    options.add_argument("--compare", action="store_true", help="only time a step, beside plain Values")
    args = options.parse_args()
    model = GPT(seed=0)
    rate = 0.01
    adam = optim.Adam(model.parameters(), lr=rate, betas=(0.85, 0.99))
    if args.compare:
        ratio = runpy.run_path(str(HERE.parent / "tests/benchmarks/gpt.py"))["compare"](
            model, adam, tokens_of("camilla")
        )
        return _shared.reached(ratio >= 10.0, f"a step {ratio:.1f} times as fast, at least 10 times")

    shuffled = random.Random(0).sample(NAMES, len(NAMES))
    held, train = shuffled[:30], shuffled[30:]
    letters, pairs = (frequency_loss(train, held, of_pairs) for of_pairs in (False, True))
    print(f"{len(model.parameters())} parameters, {len(train)} names to learn from, {len(held)} held out")
    show(model, train, "before training")
    steps = 100 if args.quick else 1000
    losses_seen: list[float] = []
    held_out = {0: mean_loss(model, held)}
    for k in _shared.progress(range(steps), text=lambda: f"loss {losses_seen[-1]:.2f}"):
        adam.lr = rate * (1 - k / steps)
        loss = model.loss(tokens_of(train[k % len(train)]))
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses_seen.append(loss.data)
        if (k + 1) % (steps // 10) == 0:
            held_out[k + 1] = mean_loss(model, held)
    share = show(model, train, "after training")

    figure, axes = _shared.figure_of(width=6.4)
    window = max(1, steps // 20)
    means = [sum(losses_seen[k - window : k]) / window for k in range(window, steps + 1)]
    axes.plot(range(1, steps + 1), losses_seen, color=_shared.SKY, alpha=0.35, linewidth=0.6, label="the step's name")
    axes.plot(range(window, steps + 1), means, color=_shared.BLUE, label=f"mean of {window} steps")
    axes.plot(list(held_out), list(held_out.values()), "o-", color=_shared.RED, markersize=4, label="held-out names")
    for level, style, what in ((letters, ":", "letters"), (pairs, "--", "pairs of letters")):
        axes.axhline(level, color="black", linewidth=1, linestyle=style, label=f"counting {what} (held out)")
    axes.set(xlabel="training step (one name each)", ylabel="cross-entropy, nats per letter", ylim=(1.0, 4.0),
             title="A GPT of Values learns to make up names")  # fmt: skip
    axes.legend(loc="upper right", fontsize=8, ncols=2)
    _shared.save(figure, args.out, "gpt.png")

    last, bar, what = held_out[steps], letters if args.quick else pairs, "letters" if args.quick else "pairs of letters"
    text = f"loss on held-out names {held_out[0]:.2f} -> {last:.2f}, below the {bar:.2f} of counting {what}"
    if args.quick:
        return _shared.reached(last < bar, text)
    return _shared.reached(last < bar and share >= 0.9, f"{text}; {share:.0%} of letter pairs known, at least 90%")


if __name__ == "__main__":
    sys.exit(main())
