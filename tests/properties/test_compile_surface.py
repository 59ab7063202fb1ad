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
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile
from autograd.engine.graph import adjoints, local_partials, topological_order
from autograd.errors import AutogradError, RangeError
from tests.helpers.surface import Case, cases, summed, surface

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of slopes; NumPy's of inf in arrays of objects

CASES = list(cases())
SPECIAL = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.25, 1.5, 5e-324, 1e-300, -(2.0**-43), 1.0 - 2.0**-43, 30.0, -40.0, 1000.0, -1000.0,
    1e300, -1e300, math.inf, -math.inf, math.nan,
]  # fmt: skip
POINTS = 90  # of several numbers
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
    found += [(*case.at[:i], x, *case.at[i + 1 :]) for i in range(n) for x in SPECIAL]
    found += list(itertools.permutations(case.at))[1:6]
    rest = POINTS - len(found) if n < 4 else POINTS // 2
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
    """Numbers to record a case at: its own, and the first and last others at which it has a value."""
    others = [one.point for one in found if math.isfinite(one.value)]
    return list(dict.fromkeys([case.at, *others[:1], *others[-1:]]))


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

    def __init__(self, number: int, found: Sequence[Found]) -> None:
        case = CASES[number]
        found = found[:: len(found) // LANES + 1]
        self.found = [found[k % len(found)] for k in range(LANES)]
        self.xs = [[Value(x) for x in case.at] for _ in range(LANES)]
        self.factors = [Value(1.0) for _ in range(LANES)]
        self.program = compile(
            lambda: ag.sum([s * summed(case.function(xs)) for s, xs in zip(self.factors, self.xs, strict=True)])
        )
        for xs, one in zip(self.xs, self.found, strict=True):
            for x, now in zip(xs, one.point, strict=True):
                x.data = now

    def check(self, slope_of: Callable[[Value], float], least: float = 0.0) -> None:
        """Hold the slopes to all leaves against eager code."""
        said = []
        for s, xs, one in zip(self.factors, self.xs, self.found, strict=True):
            value, expected = slope_of(s), repr(one.error or one.value)
            if not math.isfinite(one.value):
                # Where eager code raises there is no error here, and no number. (After an overflow there may be one:
                # inf goes on as IEEE 754 has it, and 1 / inf is 0.)
                if math.isfinite(value) and not isinstance(one.error, RangeError):
                    said.append(f"at {one.point}: {value!r}, expected {expected}")
                continue
            if differs(value, one.value, one.size, least):
                said.append(f"at {one.point}: {value!r}, expected {expected}")
            for i, (x, slope, size) in enumerate(zip(xs, one.slopes, one.sizes, strict=False)):
                if math.isfinite(slope) and differs(slope_of(x), slope, size, least):
                    said.append(f"at {one.point}: slope {i} is {slope_of(x)!r}, expected {slope!r}")
        assert not said, f"{len(said)} complaints, the first:\n" + "\n".join(said[:4])

    def check_over(self, xp: Any, functions: dict[str, Any], jit: Any, least: float = 0.0) -> None:
        pure = self.program.to(xp, functions=functions)
        with np.errstate(all="ignore"):
            _, slopes = jit(pure.value_and_grad)(pure.theta())
        found = dict(zip(pure.parameters, np.asarray(slopes).tolist(), strict=True))
        self.check(lambda leaf: found.get(leaf, 0.0), least)


def as_it_is(function: Any) -> Any:
    return function


@each_case
def test_points_side_by_side(number: int) -> None:
    tame = [one for one in found_at(number) if one.slopes and all(abs(x) < 1e290 for x in (one.value, *one.slopes))]
    lanes = Lanes(number, tame)
    lanes.program.forward()
    lanes.program.backward()
    lanes.check(lambda leaf: leaf.grad)


@each_case
def test_over_numpy(number: int) -> None:
    functions = {name: np.vectorize(getattr(ag, name), otypes=[float]) for name in ("erf", "erfc", "gelu")}
    Lanes(number, found_at(number)).check_over(np, functions, as_it_is)


@pytest.mark.skipif(
    importlib.util.find_spec("jax") is None and not os.environ.get("CI"),  # there it must run
    reason="jax is not installed: pip install -e '.[interop]'",
)
@each_case
def test_over_jax(number: int) -> None:
    import jax

    functions = {
        "erf": jax.scipy.special.erf, "erfc": jax.scipy.special.erfc,
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    }  # fmt: skip
    found = [one for one in found_at(number) if 5e-324 not in one.point]  # JAX has no denormal numbers
    with jax.enable_x64(True):
        Lanes(number, found).check_over(jax.numpy, functions, as_it_is if number % 32 else jax.jit, 1e-290)
