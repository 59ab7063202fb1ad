"""A function that was recorded at some numbers and runs at others, for every public name: eager's number, or its error.

What a library function reads while it is recorded is the program's for ever. So each is recorded on one side of its
branches and run on the other sides, at ties, at the ends of the doubles, at inf and nan.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from autograd import Value, compile
from autograd.engine.graph import adjoints, local_partials, topological_order
from autograd.errors import AutogradError
from tests.helpers.surface import Case, cases, summed, surface

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of slopes; NumPy's of inf in arrays of objects

CASES = list(cases())
SPECIAL = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.25, 1.5, 5e-324, 1e-300, -1e-13, 1.0 - 1e-13, 30.0, -40.0, 1000.0, -1000.0,
    1e300, -1e300, math.inf, -math.inf, math.nan,
]  # fmt: skip
POINTS = 90  # of several numbers


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


def sum_of(numbers: Sequence[float]) -> float:
    total = 0.0
    for x in numbers:
        total += x
    return total


def differs(got: float, expected: float, size: float) -> bool:
    """Whether two numbers differ by more than 1e-12 of what was added up to get them."""
    if not math.isfinite(expected) or not math.isfinite(got):
        return not (got == expected or (got != got and expected != expected))
    size = abs(expected) if not math.isfinite(size) else max(size, abs(expected))
    return abs(got - expected) > 1e-12 * size + 5e-324


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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_program_gives_the_numbers_and_the_errors_of_eager_code(case: Case) -> None:
    found = [eager(case, point) for point in points(case)]
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
