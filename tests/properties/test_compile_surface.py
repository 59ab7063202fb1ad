"""A function that was recorded at some numbers and runs at others, for every public name: eager's number, or its error.

What a library function reads while it is recorded is the program's for ever. So each is recorded on one side of its
branches and run on the other sides, at ties, at the ends of the doubles, at inf and nan.
"""

from __future__ import annotations

import functools
import importlib.util
import itertools
import math
import os
import random
import subprocess
import sys
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile
from autograd.engine.graph import adjoints, local_partials, topological_order
from autograd.errors import AutogradError, BranchError, RangeError
from tests.helpers.surface import Case, cases, steered_cases, summed, surface

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of slopes; NumPy's of inf in arrays of objects

CASES = list(cases())
SPECIAL = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.25, 1.5, 5e-324, 1e-300, -(2.0**-43), 1.0 - 2.0**-43, 30.0, -40.0, 1000.0, -1000.0,
    1e300, -1e300, math.inf, -math.inf, math.nan,
]  # fmt: skip
POINTS = 60  # of several numbers
LANES = 32  # points side by side


@pytest.mark.parametrize("part", surface())
def test_every_public_name_has_a_case(part: str) -> None:
    names, known = surface()[part]
    assert names <= known, "a name without a case in tests/helpers/surface.py"


def points(case: Case) -> list[tuple[float, ...]]:
    """Where a case is run: all special numbers one by one, all alike, in one place each, and at random."""
    n, chance = len(case.at), random.Random(case.name)
    if n == 1:
        return [(x,) for x in SPECIAL]
    found = [(x,) * n for x in SPECIAL]
    found += [(*case.at[:i], x, *case.at[i + 1 :]) for i in range(n) for x in SPECIAL[i :: n - 1]]
    found += list(itertools.permutations(case.at))[1:6]
    rest = max(POINTS - len(found), 12)
    finite = [x for x in SPECIAL if abs(x) <= 1000.0]
    return found + [tuple(chance.choices(SPECIAL if k % 4 == 0 else finite, k=n)) for k in range(rest)]


# --- eager -------------------------------------------------------------------------------------------------------


class Found(NamedTuple):
    """What eager code finds: a number and gradients, each with the size of what was added up for it; or an error."""

    point: tuple[float, ...]

    value: float = math.nan
    size: float = math.nan
    slopes: Sequence[float] = ()
    sizes: Sequence[float] = ()
    error: Exception | None = None
    backward_error: Exception | None = None


def eager(case: Case, point: tuple[float, ...]) -> Found:
    xs = [Value(x) for x in point]
    try:
        root = summed(case.function(xs))
    except AutogradError as error:
        return Found(point, error=error)
    order = topological_order(root)
    sizes = dict.fromkeys(order, 0.0)
    magnitudes: dict[Any, Any] = {root: 1.0}
    try:
        for node in order:
            if node.parents:
                slopes = zip(local_partials(node), node.parents, strict=True)
                sizes[node] = abs(node.data) + sum_of([abs(s) * sizes[p] for s, p in slopes if sizes[p]])
        magnitudes = adjoints(order, magnitudes, slopes=lambda node: [abs(s) for s in local_partials(node)])
        root.backward()
    except AutogradError as error:
        return Found(point, root.data, sizes[root], backward_error=error)
    reached = [float(magnitudes.get(x, 0.0)) for x in xs]
    return Found(point, root.data, sizes[root], [x.grad for x in xs], reached)


@functools.cache
def found_at(number: int) -> list[Found]:
    """What eager code finds for a case at all its points."""
    return [eager(CASES[number], point) for point in points(CASES[number])]


def sum_of(numbers: Sequence[float]) -> float:
    total = 0.0
    for x in numbers:
        total += x
    return total


def differs(got: float, expected: float, size: float, least: float = 0.0) -> bool:
    """Whether two numbers differ by more than 1e-12 of what was added up to get them, and by more than `least`."""
    if not math.isfinite(expected) or not math.isfinite(got):
        return not (got == expected or (got != got and expected != expected))
    size = abs(expected) if not math.isfinite(size) else max(size, abs(expected))
    return abs(got - expected) > 1e-12 * size + 5e-324 + least


def same(error: Exception, other: Exception) -> bool:
    """Whether errors are of one kind, and have the same to say; what a message calls an operand may differ."""
    return type(error) is type(other) and str(error).split(" ")[0] == str(other).split(" ")[0]


# --- compiled ------------------------------------------------------------------------------------------------------


class Tried:
    """A program of a case, recorded at some numbers."""

    def __init__(self, case: Case, at: Sequence[float]) -> None:
        self.xs = [Value(x) for x in at]
        self.program = compile(lambda: summed(case.function(self.xs)))
        below = set(topological_order(self.program.root))
        self.inputs = [i for i, x in enumerate(self.xs) if x in below]
        self.leaves = [self.xs[i] for i in self.inputs]
        self.batch = self.program.vectorize(self.leaves)  # it is refused where something was compared

    def complaint(self, expected: Found) -> str:
        """What is wrong with the program at a point; empty: nothing."""
        for x, number in zip(self.xs, expected.point, strict=True):
            x.data = number
            x.zero_grad()
        return self._run(self.program, expected, self.xs) or self._on_batch(expected)

    def _run(self, program: Any, expected: Found, xs: Sequence[Value]) -> str:
        try:
            value = program.forward()
        except AutogradError as error:
            if expected.error is None:
                return f"forward raised {error!r}, expected {expected.value!r}"
            return "" if same(error, expected.error) else f"forward raised {error!r}, expected {expected.error!r}"
        if expected.error is not None:
            return f"forward gave {value!r}, expected {expected.error!r}"
        if differs(value, expected.value, expected.size):
            return f"forward gave {value!r}, expected {expected.value!r}"
        try:
            program.backward()
        except AutogradError as error:
            if expected.backward_error is None:
                return f"backward raised {error!r}, expected {expected.slopes}"
            return "" if type(error) is type(expected.backward_error) else f"backward raised {error!r}"
        if expected.backward_error is not None:
            return f"backward raised nothing, expected {expected.backward_error!r}"
        for i, (x, slope, size) in enumerate(zip(xs, expected.slopes, expected.sizes, strict=False)):
            if differs(x.grad, slope, size):
                return f"slope {i} is {x.grad!r}, expected {slope!r}"
        return ""

    def _on_batch(self, expected: Found) -> str:
        """The same with the point as the one sample of a batch, where the inputs are constants."""
        self.batch.set(self.leaves, [[expected.point[i] for i in self.inputs]])
        complaint = self._run(self.batch, expected._replace(slopes=(), sizes=(), backward_error=None), ())
        return complaint and f"vectorize: {complaint}"

    def on_all(self, found: Sequence[Found]) -> str:
        """What is wrong with a batch of all points that have a number."""
        found = [one for one in found if math.isfinite(one.value)]
        self.batch.set(self.leaves, [[one.point[i] for i in self.inputs] for one in found])
        try:
            value = self.batch.forward()
        except AutogradError as error:
            return f"raised {error!r}"
        expected = sum_of([one.value / len(found) for one in found])
        size = sum_of([max(one.size, abs(one.value)) / len(found) for one in found])
        return f"mean {value!r}, expected {expected!r}" if differs(value, expected, size) else ""


def recordings(case: Case, found: Sequence[Found]) -> list[tuple[float, ...]]:
    """Numbers to record a case at: its own, and the first others at which it has a value: ties, mostly of zeros."""
    others = [one.point for one in found if math.isfinite(one.value)]
    return list(dict.fromkeys([case.at, *others[:1]]))


each_case = pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: CASES[number].name)


@each_case
def test_a_program_gives_the_numbers_and_the_errors_of_eager_code(number: int) -> None:
    case, found = CASES[number], found_at(number)
    complaints = []
    for at in recordings(case, found):
        tried = Tried(case, at)
        for expected in found:
            complaint = tried.complaint(expected)
            if complaint:
                complaints.append(f"recorded at {at}, run at {expected.point}: {complaint}")
        complaint = tried.on_all(found)
        if complaint:
            complaints.append(f"recorded at {at}, run on all points as one batch: {complaint}")
    assert not complaints, f"{len(complaints)} complaints, the first:\n" + "\n".join(complaints[:4])


# --- many points side by side, which are computed as arrays -----------------------------------------------------------


class Lanes:
    """A case once for each of some points, each with a factor of its own: what it gives is the slope to the factor."""

    def __init__(self, numbers: Sequence[int], count: int, barred: Container[float] = ()) -> None:
        self.found: list[Found] = []
        self.xs: list[list[Value]] = []
        self.names: list[str] = []
        functions = []
        for number in numbers:
            case, found = CASES[number], [one for one in found_at(number) if not any(x in barred for x in one.point)]
            self.found += [found[k * len(found) // count] for k in range(count)]
            self.xs += [[Value(x) for x in case.at] for _ in range(count)]
            functions += [case.function] * count
            self.names += [case.name] * count
        self.at = [[x.data for x in xs] for xs in self.xs]
        self.factors = [Value(1.0) for _ in self.xs]
        parts = list(zip(self.factors, functions, self.xs, strict=True))
        self.program = compile(lambda: ag.sum([s * summed(function(xs)) for s, function, xs in parts]))

    def move(self, points: Sequence[Sequence[float]]) -> None:
        for xs, point in zip(self.xs, points, strict=True):
            for x, now in zip(xs, point, strict=True):
                x.data = now

    def check(self, found: Sequence[Found], slope_of: Callable[[Value], float], least: float = 0.0) -> None:
        """Hold the slopes to all leaves against what eager code finds."""
        said = []
        for name, s, xs, one in zip(self.names, self.factors, self.xs, found, strict=True):
            value, expected, at = slope_of(s), repr(one.error or one.value), f"{name} at {one.point}"
            if not math.isfinite(one.value):
                # Where eager code raises there is no error here, and no number. (After an overflow there may be one:
                # inf goes on as IEEE 754 has it, and 1 / inf is 0.)
                if math.isfinite(value) and not isinstance(one.error, RangeError):
                    said.append(f"{at}: {value!r}, expected {expected}")
                continue
            if differs(value, one.value, one.size, least):
                said.append(f"{at}: {value!r}, expected {expected}")
            for i, (x, slope, size) in enumerate(zip(xs, one.slopes, one.sizes, strict=False)):
                if math.isfinite(slope) and differs(slope_of(x), slope, size, least):
                    said.append(f"{at}: slope {i} is {slope_of(x)!r}, expected {slope!r}")
        assert not said, f"{len(said)} complaints, the first:\n" + "\n".join(said[:4])

    def check_program(self) -> None:
        """The points that have tame numbers; the others would send the program to the scalar graph."""
        at_home = [Found(tuple(point), math.inf) for point in self.at]
        tame = [
            one if one.slopes and all(abs(x) < 1e290 for x in (one.value, *one.slopes)) else home
            for one, home in zip(self.found, at_home, strict=True)
        ]
        self.move([one.point for one in tame])
        self.program.forward()
        self.program.backward()
        kept = {s: xs for s, xs, one in zip(self.factors, self.xs, tame, strict=True) if one.value != math.inf}
        assert kept
        self.check([one if s in kept else Found(one.point, math.inf, error=RangeError()) for s, one in
                    zip(self.factors, tame, strict=True)], lambda leaf: leaf.grad)  # fmt: skip

    def check_over(self, xp: Any, functions: dict[str, Any], jit: Any, least: float = 0.0) -> None:
        """All points, as a pure function of arrays."""
        pure = self.program.to(xp, functions=functions)
        self.move([one.point for one in self.found])
        with np.errstate(all="ignore"):
            _, slopes = jit(pure.value_and_grad)(pure.theta())
        found = dict(zip(pure.parameters, np.asarray(slopes).tolist(), strict=True))
        self.check(self.found, lambda leaf: found.get(leaf, 0.0), least)


@each_case
def test_points_side_by_side_and_over_numpy(number: int) -> None:
    functions = {name: np.vectorize(getattr(ag, name), otypes=[float]) for name in ("erf", "erfc", "gelu")}
    functions["_gelu_slope"] = np.vectorize(ag.grad(ag.gelu), otypes=[float])
    lanes = Lanes([number], LANES)
    lanes.check_program()
    lanes.check_over(np, functions, lambda function: function)


# JAX takes a third of a second to compile a case, so these are the ones whose value is steered by their numbers.
STEERED = {
    "autograd": ["softmax", "logsumexp", "maximum", "clip", "where"],
    "losses": ["bce", "bce_with_logits", "hinge", "cross_entropy", "categorical_cross_entropy", "nll", "huber"],
    "nn": ["BatchNorm", "Softmax"],
}


def over_jax() -> None:
    import jax

    parts = [case.name.rsplit(maxsplit=1)[0].split(": ") for case in CASES]
    steered = [k for k, (part, name) in enumerate(parts) if name in STEERED.get(part, [])]
    assert {parts[k][1] for k in steered} == {name for names in STEERED.values() for name in names}
    # JAX has no denormal numbers, and divides by n with the factor 1 / n: the mean of 1e300 three times is another one.
    with jax.enable_x64(True):
        lanes = Lanes(steered, 12, barred={5e-324, 1e300, -1e300})
        lanes.check_over(jax.numpy, {}, jax.jit, 1e-290)


@pytest.mark.skipif(
    importlib.util.find_spec("jax") is None and not os.environ.get("CI"),  # there it must run
    reason="jax is not installed: pip install -e '.[interop]'",
)
def test_over_jax() -> None:
    """In a process of its own, since JAX has threads, and other tests fork."""
    call = "from tests.properties.test_compile_surface import over_jax; over_jax()"
    done = subprocess.run([sys.executable, "-c", call], cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


# --- what compares -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", list(steered_cases()), ids=lambda case: case.name)
def test_what_compares_gives_the_numbers_of_eager_code_or_says_what_came_out_another_way(case: Case) -> None:
    xs = [Value(x) for x in case.at]
    program = compile(lambda: summed(case.function(xs)))
    followed = 0
    for point in points(case):
        expected = eager(case, point)
        for x, number in zip(xs, point, strict=True):
            x.data = number
            x.zero_grad()
        try:
            value = program.forward()
        except BranchError:
            continue
        except AutogradError as raised:
            error: AutogradError | None = raised
        else:
            error = None
        if error is not None or expected.error is not None:
            assert type(error) is type(expected.error), (point, error, expected.error)
            continue
        followed += 1
        assert not differs(value, expected.value, expected.size), point
        if math.isfinite(value):
            program.backward()
            for x, slope, size in zip(xs, expected.slopes, expected.sizes, strict=True):
                assert not differs(x.grad, slope, size), point
    assert followed > 1
