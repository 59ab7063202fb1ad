"""What every kind of program is made with: a source of chance, the inputs so far, and a register of the kinds."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import autograd as ag
from autograd import Value, nn

Chance = random.Random


class Recorded(NamedTuple):
    """A graph, and its inputs; a leaf that the root doesn't depend on may be among them."""

    root: Value
    leaves: list[Value]
    constants: list[Value] = []  # noqa: RUF012  (never changed)


class Maker:
    """A seeded source of chance that remembers the inputs that it has made.

    Given `numbers`, the inputs take these, one after the other, in the place of those drawn: a maker of the same seed
    then makes the same program at other numbers.
    """

    def __init__(self, chance: Chance, numbers: Sequence[float] = ()) -> None:
        self.chance = chance
        self.leaves: list[Value] = []
        self.constants: list[Value] = []
        self.inputs: list[Value] = []  # leaves and constants, in the order in which they were made
        self.choices: dict[int, tuple[float, ...]] = {}  # by place in `inputs`: the numbers meant for it
        self.modules: list[nn.Module] = []
        self._numbers = numbers

    def flip(self, share: float = 0.5) -> bool:
        return self.chance.random() < share

    def pick(self, *things: Any) -> Any:
        return self.chance.choice(things)

    def count(self, low: int, high: int) -> int:
        return self.chance.randint(low, high)

    def uniform(self, low: float = -1.0, high: float = 1.0) -> float:
        return self.chance.uniform(low, high)

    def leaf(self, low: float = -1.0, high: float = 1.0) -> Value:
        self.leaves.append(self._input(Value(self.uniform(low, high))))
        return self.leaves[-1]

    def constant(self, low: float = -1.0, high: float = 1.0) -> Value:
        self.constants.append(self._input(Value(self.uniform(low, high), constant=True)))
        return self.constants[-1]

    def one_of(self, *numbers: float) -> Value:
        """A constant that is one of some numbers, as a label is."""
        self.choices[len(self.inputs)] = numbers
        self.constants.append(self._input(Value(self.chance.choice(numbers), constant=True)))
        return self.constants[-1]

    def _input(self, v: Value) -> Value:
        if len(self.inputs) < len(self._numbers):
            v.data = self._numbers[len(self.inputs)]
        self.inputs.append(v)
        return v

    def numbers(self, count: int, low: float = -1.0, high: float = 1.0) -> list[Value]:
        return [self.leaf(low, high) for _ in range(count)]

    def matrix(self, rows: int, columns: int) -> list[list[Value]]:
        return [self.numbers(columns) for _ in range(rows)]

    def rows(self, count: int, width: int) -> list[list[Any]]:
        """Samples, as people have them: numbers, constants, things that are trained, or repeats of few numbers."""
        style = self.pick("floats", "floats", "constants", "constants", "leaves", "repeats", "zeros", "mixed")
        few = [0.0, 1.0, -0.5]
        make: dict[str, Callable[[], Any]] = {
            "floats": self.uniform,
            "constants": self.constant,
            "leaves": self.leaf,
            "repeats": lambda: self.chance.choice(few),
            "zeros": lambda: 0.0 if self.flip(0.7) else self.uniform(),
            "mixed": lambda: self.pick(self.uniform, self.constant, self.leaf)(),
        }
        return [[make[style]() for _ in range(width)] for _ in range(count)]

    def own(self, leaves: Any) -> Any:
        """Remember leaves that something else has made."""
        self.leaves += map(self._input, leaves)
        return leaves

    def module(self, module: Any) -> Any:
        """Remember a module and its parameters."""
        self.modules.append(module)
        self.own(module.parameters())
        return module

    def loss(self, outputs: list[Any]) -> Any:
        """One number of many, as a training loop ends; of bare numbers too."""
        goals = [self.pick(-1.0, 1.0, 0.0, self.uniform()) for _ in outputs]
        pairs = list(zip(outputs, goals, strict=True))
        form = self.count(0, 7)
        if form == 0:
            return ag.mean([(o - y) ** 2 for o, y in pairs])
        if form == 1:
            return sum((o - y) * (o - y) for o, y in pairs) / len(pairs)
        if form == 2:
            return ag.sum([ag.relu(1 - y * o) for o, y in pairs]) * (1.0 / len(pairs))
        if form == 3:
            return sum(ag.softplus(o) - o * y for o, y in pairs)
        if form == 4:
            return ag.mean([abs(o - y) for o, y in pairs])
        if form == 5:
            return ag.logsumexp(outputs) - outputs[0]
        if form == 6:
            return -sum(ag.logsigmoid(o * y) for o, y in pairs) / len(pairs)
        return ag.sum([(y - o) ** 2 for o, y in pairs])

    def penalty(self, leaves: list[Value]) -> Any:
        some = self.chance.sample(leaves, len(leaves))
        form = self.count(0, 5)
        if form == 0:
            return 1e-2 * sum(p * p for p in some)
        if form == 1:
            return sum(p**2 for p in some) * 1e-2
        if form == 2:
            return 1e-2 * ag.sum([abs(p) for p in some])
        if form == 3:
            return ag.dot(some, some) * 0.01
        return 0.0


KINDS: dict[str, Callable[[Chance], Recorded]] = {}
MAKERS: dict[str, Callable[[Maker], Value]] = {}  # the same kinds, of a maker
MODELS: dict[str, Callable[[Maker], Callable[[], Any]]] = {}


def register(name: str, make: Callable[[Maker], Any]) -> None:
    """Enter a kind: from a maker to a root, or to a number where everything was a number."""

    def made(maker: Maker) -> Value:
        root = make(maker)
        return root if isinstance(root, Value) else maker.leaf() * root

    def recorded(chance: Chance) -> Recorded:
        maker = Maker(chance)
        root = made(maker)
        chance.shuffle(maker.leaves)
        return Recorded(root, maker.leaves, maker.constants)

    assert name not in KINDS, name
    KINDS[name] = recorded
    MAKERS[name] = made


def kind(make: Callable[[Maker], Any]) -> Callable[[Maker], Any]:
    register(make.__name__, make)
    return make


def model(make: Callable[[Maker], Callable[[], Any]]) -> Callable[[Maker], Callable[[], Any]]:
    """Enter a model: from a maker to the function that computes the result, each time it is called, from the inputs.

    All that is drawn by chance is drawn before; only the numbers of the inputs decide what the function does.
    """
    name = f"model: {make.__name__}"
    assert name not in MODELS, name
    MODELS[name] = make
    return make


def flat(rows: Any) -> list[Any]:
    return [v for row in rows for v in row]


def turned(rows: list[list[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
