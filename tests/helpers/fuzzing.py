"""A program of each number: recorded at some data, run at others, and held against eager code at the same data.

Eager code calls the function anew, on inputs of its own; so what a program has kept of its recording shows, which a
replay of the recorded graph would not. Errors are part of what has to be equal, and so are the buffers of modules.
"""

from __future__ import annotations

import contextlib
import math
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd as ag
from autograd import Value, compile, optim
from autograd.engine import modes
from autograd.engine.graph import topological_order
from autograd.errors import ArgumentError, AutogradError, BranchError, CompileWarning, GraphError
from tests.helpers.programs import MAKERS, MODELS, Maker, Recorded
from tests.helpers.replaying import AS_IS, HIGH, LOW, REL, UNDEFINED, Replay, Result, agrees, forced, spread

SPECIAL = (
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 0.25, 2.0, 0.3, 30.0, -40.0, 1000.0, -1000.0, 5e-324, 1e-300, 1e-20, 1e200, -1e200,
    1e300, -1e300, math.inf, -math.inf, math.nan,
)  # fmt: skip
TAME = SPECIAL[:9]
OPTIMISERS: tuple[Callable[[list[Value]], Any], ...] = (
    lambda ps: optim.SGD(ps, lr=0.1),
    lambda ps: optim.SGD(ps, lr=0.5, momentum=0.9, nesterov=True),
    lambda ps: optim.Adam(ps, lr=0.05),
    lambda ps: optim.AdamW(ps, lr=0.3, weight_decay=0.1),
    lambda ps: optim.RMSprop(ps, lr=0.1, momentum=0.5),
    lambda ps: optim.Adagrad(ps, lr=0.2),
)
# Kinds that set or read numbers while they are recorded, or look at errors: no program can follow that.
UNFOLLOWED = {"dead_paths", "huge_and_tiny", "not_finite", "ops_on_ops", "sorted_values", "ties"}
NAMES = [name for name in [*MAKERS, *MODELS] if name not in UNFOLLOWED]
ASIDE = {*MAKERS, "model: derivatives_within"}  # they may compute more than they return
BRANCHING = {
    "chosen_branches", "model: arrays", "model: arrays_that_are_compared", "model: branches",
    "model: mixture_of_experts", "model: newton",
}  # fmt: skip


class Failure(AssertionError):
    """A program gives what eager code does not."""


def name_of(number: int) -> str:
    """The kind of a program; of eight programs seven are models."""
    models = [name for name in NAMES if name in MODELS]
    graphs = [name for name in NAMES if name in MAKERS]
    return graphs[number // 8 % len(graphs)] if number % 8 == 7 else models[(number - number // 8) % len(models)]


# --- eager -----------------------------------------------------------------------------------------------------------


class Made:
    """A function and its inputs: the program of a number, at some numbers of its inputs."""

    def __init__(self, name: str, number: int, numbers: Sequence[float] = ()) -> None:
        self.maker = Maker(random.Random(f"{name} {number}"), numbers)
        self.function: Callable[[], Any]
        if name in MODELS:
            self.function = MODELS[name](self.maker)
        else:
            self.function = lambda: MAKERS[name](self.maker)  # which makes the inputs, too: to be called once

    def root(self) -> Value:
        result = self.function()
        return result if isinstance(result, Value) else Value(result)

    @property
    def inputs(self) -> list[Value]:
        return self.maker.inputs

    def buffers(self) -> list[Any]:
        return [
            np.array(getattr(inner, name), dtype=float)
            for module in self.maker.modules
            for inner in module.modules()
            for name in inner.buffers
        ]

    def take(self, buffers: list[Any]) -> None:
        rest = iter(buffers)
        for module in self.maker.modules:
            for inner in module.modules():
                for name in inner.buffers:
                    old, new = getattr(inner, name), next(rest)
                    setattr(inner, name, new.copy() if np.ndim(old) else type(old)(new))


class OfSums(Replay):
    """A replay whose sums are moved by the rounding of the largest of what they add up, also of inputs."""

    @staticmethod
    def _rounds_more(node: Value) -> bool:
        return node.op in ("+", "-", "sum", "mean")


@dataclass
class Found:
    """What eager code finds at some numbers."""

    numbers: list[float]
    made: Made
    root: Value | None
    branches: list[bool]
    error: Exception | None  # of the forward pass
    backward_error: Exception | None
    value: float
    gradients: list[float]
    buffers: list[Any]
    _runs: list[Result] = field(default_factory=list)

    def runs(self, count: int) -> list[Result]:
        """The graph computed anew, and then with every number moved by a rounding error, so many times in all."""
        assert self.root is not None
        if len(self._runs) < count:
            replay = OfSums(Recorded(self.root, self.made.inputs))
            for k in range(len(self._runs), count):
                try:
                    self._runs.append(replay.run(random.Random(k) if k else None))
                except UNDEFINED:
                    self._runs.append(Result(math.nan, [math.nan] * len(self.gradients), [0.0] * len(self.gradients)))
        return self._runs[:count]

    def slack(self, k: int | None, count: int) -> float:
        """What rounding may change about the value, or about gradient k."""
        if k is None:
            return REL * abs(self.value) + 64 * spread([one.value for one in self.runs(count)], self.value)
        runs, x = self.runs(count), self.gradients[k]
        return REL * (abs(x) + runs[0].masses[k]) + 64 * spread([one.gradients[k] for one in runs], x)


def differs(got: float, want: float, found: Sequence[Found], k: int | None) -> bool:
    """Whether a number is not the mean of what was found for the value, or for gradient k, by more than rounding."""
    if agrees(got, want, REL * abs(want)):
        return False
    return not any(agrees(got, want, sum(one.slack(k, count) for one in found) / len(found)) for count in (1, 3, 7))


def eager(
    name: str, number: int, numbers: Sequence[float], buffers: list[Any] | None = None, deep: bool = True
) -> Found:
    made = Made(name, number, numbers)
    if buffers is not None:
        made.take(buffers)
    root, error, backward_error, value, gradients = None, None, None, math.nan, []
    with modes.comparisons() as seen:
        try:
            root = made.root()
        except AutogradError as raised:
            error = raised
    branches = [bool(one.outcome) for one in seen]
    if root is not None:
        value = root.data
        try:
            if deep:
                root.backward()
        except AutogradError as raised:
            backward_error = raised
        gradients = [v.grad for v in made.inputs]
    at = [v.data for v in made.inputs]
    return Found(at, made, root, branches, error, backward_error, value, gradients, made.buffers())


# --- data ------------------------------------------------------------------------------------------------------------


def moved(chance: random.Random, at: list[float], choices: dict[int, tuple[float, ...]]) -> list[float]:
    """Other data: of other signs and sizes, ties, in another order, some or all of them special numbers."""
    n, style = len(at), chance.randint(0, 9)
    new = list(at)
    if style == 0:
        new = [-x for x in at]
    elif style == 1:
        new = [x * chance.choice((-1.0, 1.0)) for x in at]
    elif style == 2:
        new = [x * chance.choice((3.0, -3.0, 20.0, 1.0, 1000.0)) for x in at]
    elif style == 3:
        new = [chance.choice(TAME)] * n
    elif style == 4:
        new = [chance.choice((0.0, 1.0, -1.0, 0.5, -0.0)) for _ in at]
    elif style == 5:
        chance.shuffle(new)
    elif style == 6:
        new = [chance.choice(at) for _ in at]
    elif style == 7:
        new = [chance.uniform(-2.0, 2.0) for _ in at]
    elif style == 8:
        for i in chance.sample(range(n), min(n, chance.randint(1, 2))):
            new[i] = chance.choice(SPECIAL)
    else:
        new = [chance.choice(SPECIAL) if chance.random() < 0.5 else x for x in at]
    for i, meant in choices.items():
        if chance.random() < 0.9:
            new[i] = chance.choice(meant)
    return new


# --- one program -----------------------------------------------------------------------------------------------------


def same(error: Exception, other: Exception) -> bool:
    """Whether errors are of one kind, and begin alike; what a message calls an operand may differ."""
    return type(error) is type(other) and str(error).split(" ")[0] == str(other).split(" ")[0]


class Check:
    """One program, compiled, and what is wrong with it."""

    def __init__(self, number: int) -> None:
        self.number, self.name = number, name_of(number)
        self.chance = random.Random(f"data {number}")
        self.narrow = (LOW, AS_IS, LOW, HIGH)[number % 7 % 4]
        self.skipped = ""
        self.did: list[str] = []

    def run(self) -> None:
        try:
            with forced(self.narrow), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", CompileWarning)
                self._record()
                for step in self._steps():
                    self.did.append(step.__name__.strip("_"))
                    step()
        except Exception as error:
            error.add_note(f"{self.name}, number {self.number}, narrow {self.narrow}, after {self.did}")
            raise

    def _record(self) -> None:
        found = eager(self.name, self.number, ())
        if self.chance.random() < 0.3:
            other = eager(self.name, self.number, moved(self.chance, found.numbers, found.made.maker.choices))
            if other.error is None:
                found = other
        self.at = found
        if found.error is not None:
            self.skipped = "no numbers to record it at"
            return
        self.made = Made(self.name, self.number, found.numbers)
        before = self.made.buffers()
        self.program = compile(lambda: self.made.root())
        if self.name in MODELS:
            self._same_buffers(before, "recording")
        self.choices = self.made.maker.choices
        below = set(topological_order(self.program.root))
        self.below = [i for i, v in enumerate(self.made.inputs) if v in below]
        self.leaves = [
            i
            for i, v in enumerate(self.made.inputs)
            if v in below and v._row.name != "constant" and not ag.engine.graph.is_constant(v)
        ]
        if len(self.made.inputs) != len(found.numbers):
            raise Failure("the recording has other inputs than eager code")

    def _steps(self) -> Iterator[Callable[[], None]]:
        if self.skipped:
            return
        yield self.passes
        if self.chance.random() < 0.3:
            yield self.passes_at_home
        more = (self.training, self.training, self.batches, self.batches, self.over_numpy, *[None] * 6)
        if step := self.chance.choice(more):
            yield step

    def _set(self, numbers: Sequence[float]) -> None:
        for v, x in zip(self.made.inputs, numbers, strict=False):
            v.data = x
            v.zero_grad()

    def _same_buffers(self, expected: list[Any], what: str) -> None:
        for k, (new, old) in enumerate(zip(self.made.buffers(), expected, strict=True)):
            with np.errstate(all="ignore"):
                slack = 1e-11 * (np.max(np.abs(np.where(np.isfinite(old), old, 0.0)), initial=0.0) + np.abs(old))
                equal = (new == old) | (np.isnan(new) & np.isnan(old)) | (np.abs(new - old) <= slack)
            if new.shape != old.shape or not equal.all():
                raise Failure(f"{what}: buffer {k} is {new!r}, expected {old!r}")

    def passes(self) -> None:
        for k in range(2):
            if k and self.made.maker.modules and self.chance.random() < 0.5:
                with contextlib.suppress(AutogradError):
                    self.made.root()  # eager code goes on with the same modules in between
            self._one(moved(self.chance, self.at.numbers, self.choices))

    def passes_at_home(self) -> None:
        self._one(self.at.numbers)

    def _one(self, numbers: Sequence[float]) -> None:
        """Forward and backward at some numbers."""
        expected = eager(self.name, self.number, numbers, self.made.buffers())
        self._set(numbers)
        at = f"at {list(numbers)}, recorded at {self.at.numbers}"
        try:
            value = self.program.forward()
        except AutogradError as error:
            self._judge_error(error, expected, at)
            return
        if expected.error is not None and self._only_aside():
            return
        if expected.error is not None or expected.branches != self.at.branches:
            raise Failure(f"forward gave {value!r}, expected {expected.error!r}, branches {expected.branches}, {at}")
        self._same_buffers(expected.buffers, f"forward {at}")
        try:
            self.program.backward()
        except AutogradError as error:
            if type(error) is not type(expected.backward_error):
                raise Failure(f"backward raised {error!r}, expected {expected.backward_error!r}, {at}") from error
            return
        if expected.backward_error is not None:
            raise Failure(f"backward raised nothing, expected {expected.backward_error!r}, {at}")
        self._compare(value, [v.grad for v in self.made.inputs], expected, at)

    def _only_aside(self) -> bool:
        """Whether what raises in eager code is no part of the result, which has a value here."""
        return self.name in ASIDE and not Replay(Recorded(self.program.root, self.made.inputs)).failures()

    def _judge_error(self, error: Exception, expected: Found, at: str) -> None:
        takes_other = expected.branches != self.at.branches[: len(expected.branches)]
        if expected.error is None:
            takes_other = expected.branches != self.at.branches
        if isinstance(error, BranchError):
            if not takes_other or self.name not in BRANCHING:
                raise Failure(f"{error!r}, expected {expected.error or expected.value!r}, {at}") from error
            return
        if expected.error is None:
            if not takes_other:
                raise Failure(f"forward raised {error!r}, expected {expected.value!r}, {at}") from error
            return
        if not same(error, expected.error) and not takes_other:
            failures = Replay(Recorded(self.program.root, self.made.inputs)).failures()
            kinds = [kind for kind, _ in failures]
            is_aside = type(expected.error) not in kinds  # the loop computes what its result does not depend on
            if type(error) not in kinds or (is_aside and self.name not in ASIDE):
                raise Failure(f"forward raised {error!r}, expected {expected.error!r}, {at}") from error

    def _compare(self, value: float, gradients: list[float], expected: Found, at: str) -> None:
        if differs(value, expected.value, [expected], None):
            raise Failure(f"forward gave {value!r}, expected {expected.value!r}, {at}")
        for k, (got, want) in enumerate(zip(gradients, expected.gradients, strict=True)):
            if differs(got, want, [expected], k):
                raise Failure(f"gradient {k} is {got!r}, expected {want!r}, {at}")

    # --- over NumPy ----------------------------------------------------------------------------------------------

    def over_numpy(self) -> None:
        functions = {name: np.vectorize(getattr(ag, name), otypes=[float]) for name in ("erf", "erfc", "gelu")}
        functions["_gelu_slope"] = np.vectorize(ag.grad(ag.gelu), otypes=[float])
        self._set(self.at.numbers)
        constants = [i for i in self.below if i not in self.leaves]
        block = self.chance.sample(constants, min(len(constants), 2))
        inputs = [[self.made.inputs[i] for i in block]] if block else []
        try:
            pure = self.program.to(np, inputs=inputs, functions=functions)
        except (ArgumentError, GraphError) as error:
            self.did[-1] += f" refused: {str(error)[:30]}"
            return
        at_leaves = {v: i for i, v in enumerate(self.made.inputs)}
        for _ in range(2):
            numbers = moved(self.chance, self.at.numbers, self.choices)
            for i in range(len(numbers)):
                if i not in self.leaves and i not in block:  # a constant stays what it was when `to` was called
                    numbers[i] = self.made.inputs[i].data
            expected = eager(self.name, self.number, numbers)
            if expected.error is not None or expected.backward_error is not None:
                continue  # a pure function over arrays can't raise
            self._set(numbers)
            at = f"to(numpy, {block}) at {numbers}, recorded at {self.at.numbers}"
            with np.errstate(all="ignore"):
                value, found = pure.value_and_grad(pure.theta(), *[np.array([numbers[i] for i in block])] * len(inputs))
            gradients = [0.0] * len(numbers)
            for v, slope in zip(pure.parameters, np.asarray(found).tolist(), strict=True):
                if v in at_leaves:  # else it is made by the function
                    gradients[at_leaves[v]] = slope
            self._compare(float(value), gradients, expected, at)

    # --- batches -------------------------------------------------------------------------------------------------

    def batches(self) -> None:
        if not self.below:
            return
        inputs = self.chance.sample(self.below, self.chance.randint(1, min(4, len(self.below))))
        try:
            batch = self.program.vectorize([self.made.inputs[i] for i in inputs])
        except ArgumentError:
            if not self.at.branches:
                raise
            return
        self._set(self.at.numbers)
        count = 3 if self.number % 2 else 1
        self._one_batch(batch, inputs, count)
        rest = [i for i in self.leaves if i not in inputs]
        if not rest or self.chance.random() < 0.5:
            self._one_batch(batch, inputs, count)
            return
        data = [moved(self.chance, self.at.numbers, self.choices) for _ in range(count)]
        samples = [{i: numbers[i] for i in inputs} for numbers in data]
        batch.set([self.made.inputs[i] for i in inputs], [[sample[i] for i in inputs] for sample in samples])
        self._train(batch, rest, self.at.numbers, samples)

    def _one_batch(self, batch: Any, inputs: list[int], count: int) -> None:
        rows, found, buffers = [], [], self.made.buffers()
        for _ in range(count):
            numbers, new = list(self.at.numbers), moved(self.chance, self.at.numbers, self.choices)
            for i in inputs:
                numbers[i] = new[i]
            rows.append([numbers[i] for i in inputs])
            found.append(eager(self.name, self.number, numbers, buffers))
            if found[-1].error is not None:
                break
            buffers = found[-1].buffers
        while len(rows) < count:
            rows.append([self.at.numbers[i] for i in inputs])
        at = f"vectorize({inputs}) at {rows}, recorded at {self.at.numbers}"
        errors = [one.error for one in found if one.error is not None]
        batch.set([self.made.inputs[i] for i in inputs], rows)
        for v in self.made.inputs:
            v.zero_grad()
        try:
            value = batch.forward()
        except AutogradError as error:
            if (
                not any(type(error) is type(one) for one in errors)
                and len(errors) + sum(one.error is None for one in found) == count
            ):
                if errors and len(Replay(Recorded(found[0].root or self.program.root, [])).failures()) > 0:
                    return
                raise Failure(
                    f"forward raised {error!r}, expected {errors or [one.value for one in found]}, {at}"
                ) from error
            return
        if errors and self.name in ASIDE:
            return
        if errors:
            raise Failure(f"forward gave {value!r}, expected {errors[0]!r}, {at}")
        self._same_buffers(buffers, at)
        n = float(count)
        if not all(abs(one.value) < 1e300 for one in found):
            if math.isfinite(value) and not all(math.isfinite(one.value) for one in found):
                raise Failure(f"forward gave {value!r}, expected the mean of {[one.value for one in found]}, {at}")
            return
        wanted = math.fsum(one.value for one in found) / n
        if differs(value, wanted, found, None):
            raise Failure(f"forward gave {value!r}, expected {wanted!r}, {at}")
        backward = [one.backward_error for one in found if one.backward_error is not None]
        try:
            batch.backward()
        except AutogradError as error:
            if not any(type(error) is type(one) for one in backward):
                raise Failure(f"backward raised {error!r}, expected {backward}, {at}") from error
            return
        if backward:
            return  # the slopes that raise may be those of inputs, which a batch doesn't ask for
        for k in self.leaves:
            if k in inputs:
                continue
            slopes = [one.gradients[k] for one in found]
            if not all(abs(x) < 1e300 for x in slopes):
                if math.isfinite(self.made.inputs[k].grad) and not all(map(math.isfinite, slopes)):
                    raise Failure(f"gradient {k} is {self.made.inputs[k].grad!r}, expected the mean of {slopes}, {at}")
                continue
            want = math.fsum(slopes) / n
            if differs(self.made.inputs[k].grad, want, found, k):
                raise Failure(f"gradient {k} is {self.made.inputs[k].grad!r}, expected {want!r}, {at}")

    # --- training ------------------------------------------------------------------------------------------------

    def training(self) -> None:
        if not self.leaves:
            return
        start = self.at.numbers
        if self.chance.random() < 0.4:
            start = moved(self.chance, start, self.choices)
        self._train(self.program, self.leaves, start, [{}])

    def _train(self, program: Any, leaves: list[int], start: Sequence[float], samples: list[dict[int, float]]) -> None:
        """`run`, in two parts, against an eager loop over the samples: by place, what their numbers are."""
        trained = self.chance.sample(leaves, self.chance.randint(1, len(leaves)))
        make, steps, before = self.chance.choice(OPTIMISERS), self.chance.randint(1, 5), self.made.buffers()
        course = self._course(make, trained, start, steps, before, samples)
        if course.error_in_backward and samples != [{}]:
            return  # it may be of the slope to an input, which a batch doesn't ask for
        self._set(start)
        parameters = [self.made.inputs[i] for i in trained]
        at = f"run({steps}) from {start} over {trained}, samples {samples}, recorded at {self.at.numbers}"
        optimiser, losses = make(parameters), []
        try:
            losses += program.run(optimiser, steps // 3).tolist()
            losses += program.run(optimiser, steps - steps // 3).tolist()
        except AutogradError as error:
            if course.error is None and not course.took_other:
                raise Failure(f"{error!r}, expected {course.losses}, {at}") from error
            if isinstance(error, BranchError) and not (course.took_other and self.name in BRANCHING):
                raise Failure(f"{error!r}, expected {course.error!r}, {at}") from error
            losses = []
        else:
            if course.error is not None and self.name in ASIDE:
                return
            if course.error is not None or course.took_other:
                raise Failure(f"run gave {losses}, expected {course.error!r}, took_other {course.took_other}, {at}")
        state = [x for buffer in self.made.buffers() for x in buffer.ravel().tolist()]
        got, want = [*losses, *state, *[p.data for p in parameters]], course.numbers(bool(losses))
        if losses:
            got += [p.grad for p in parameters]
        if all(agrees(x, y, REL * abs(y)) for x, y in zip(got, want, strict=True)):
            return
        others = [self._course(make, trained, start, steps, before, samples, jitter) for jitter in (1, 2, 3)]
        if any(o.made != course.made for o in others):
            return
        moves = [o.numbers(bool(losses)) for o in others]
        for k, (x, y) in enumerate(zip(got, want, strict=True)):
            slack = 100 * REL * (abs(y) + course.largest) + 200 * spread([numbers[k] for numbers in moves], y)
            if not agrees(x, y, slack):
                raise Failure(f"number {k} of {len(got)} is {x!r}, expected {y!r} (slack {slack!r}), {at}")

    def _course(
        self, make: Any, trained: list[int], start: Sequence[float], steps: int, buffers: list[Any],
        samples: list[dict[int, float]], jitter: int = 0,
    ) -> Course:  # fmt: skip
        numbers, leaves = list(start), [Value(start[i]) for i in trained]
        optimiser, course = make(leaves), Course()
        course.buffers = buffers
        try:
            for k in range(steps):
                state, results = course.buffers, []
                for sample in samples:
                    found = eager(self.name, self.number, [sample.get(i, x) for i, x in enumerate(numbers)], state)
                    state = found.buffers
                    course.took_other = found.branches != self.at.branches
                    course.error_in_backward = found.backward_error is not None
                    if error := found.error or found.backward_error:
                        raise error
                    if course.took_other:
                        return course
                    results.append((found.value, found.gradients))
                    if jitter:
                        replay = OfSums(Recorded(found.root, found.made.inputs))  # type: ignore[arg-type]
                        results[-1] = replay.run(random.Random(1000 * jitter + k))[:2]
                value = sum([value for value, _ in results]) / len(samples)
                gradients = [sum([slopes[i] for _, slopes in results]) / len(samples) for i in trained]
                for p, slope in zip(leaves, gradients, strict=True):
                    p.grad = slope
                optimiser.step()
                course.add(value, gradients, [p.data for p in leaves], state)
                for i, p in zip(trained, leaves, strict=True):
                    numbers[i] = p.data
        except UNDEFINED as error:
            course.error = error
        finally:
            course.weights = [p.data for p in leaves]
        return course


class Course:
    """What an eager loop of training meets."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.gradients: list[float] = []
        self.weights: list[float] = []
        self.buffers: list[Any] = []
        self.error: Exception | None = None
        self.error_in_backward = False
        self.took_other = False
        self.made = 0
        self.largest = 0.0

    def add(self, loss: float, gradients: list[float], weights: list[float], buffers: list[Any]) -> None:
        self.losses.append(loss)
        self.gradients, self.weights, self.buffers = gradients, weights, buffers
        self.largest = max([self.largest, *[abs(x) for x in gradients if math.isfinite(x)]])
        self.made += 1

    def numbers(self, whole: bool) -> list[float]:
        """Losses, buffers, weights and the last gradients; if it was not the whole course, buffers and weights."""
        ends = [*[x for buffer in self.buffers for x in buffer.ravel().tolist()], *self.weights]
        return [*self.losses, *ends, *self.gradients] if whole else ends


def check(number: int) -> Check:
    """Check the program of a number.

    Raises:
        Failure: it gives what eager code does not.
    """
    one = Check(number)
    one.run()
    return one
