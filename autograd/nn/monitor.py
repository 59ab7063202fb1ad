"""What goes on in a training run: the gradients and weights of each layer, the loss, and what is wrong with them.

>>> from autograd.nn import MLP
>>> from autograd import monitor
>>> model = MLP(2, [3, 1])
>>> loss = (model([1.0, 2.0]) - 1) ** 2
>>> loss.backward()
>>> report = monitor.report(model, root=loss)
>>> report["W1"].size
6
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..engine.graph import local_partials, topological_order
from ..engine.messages import name_of
from ..engine.op import number, plain
from ..engine.value import Value
from ..errors import ArgumentError, OperandError, shown
from ..reading.grouping import Grouping
from ..render.charts import norms_svg
from ..render.style import Theme
from .module import expanded

__all__ = ["CURES", "Finding", "History", "Limits", "Report", "Row", "Statistics", "report", "snapshot"]

# --- what counts as trouble, and what to do about it --------------------------------------------------------------

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


# --- the loss of a run, step by step ------------------------------------------------------------------------------


class History:
    """The losses of a run, and what is wrong with them.

    Where an epoch has many mini-batches, record the mean of their losses: single batches bounce by nature.

    Args:
        limits: from where on something counts as trouble.

    Example:
        >>> history = History()
        >>> for step in range(20):
        ...     history.record(1.0 + 0.5 * (-1) ** step)
        >>> history.verdict, history.findings[0].cure
        ('oscillating', 'lower the learning rate')
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.losses: list[float] = []
        self.norms: list[float] = []  # of the gradient, for every step recorded with a model
        self._first_bad = ""
        self._before: dict[Any, float] = {}
        self._now: dict[Any, float] = {}

    def record(self, loss: Any, model: Any = None) -> None:
        """Note down the loss of a step, once a step, behind ``optimizer.step()``.

        Args:
            loss: a number or a Value.
            model: as :func:`report` takes it: the size of its gradient tells a run that crawls from one that has
                arrived, and its weights tell the size of a step.

        Raises:
            OperandError: `loss` is no number.
        """
        self.losses.append(number(loss._data if isinstance(loss, Value) else loss))
        if not self._first_bad and not math.isfinite(self.losses[-1]):
            self._first_bad = f"the loss is {self.losses[-1]} in step {len(self.losses)}"
        if model is None:
            return
        members = _parameters(model)
        gradients = [0.0 if p._grad is None else plain(p._grad) for p in members]
        self.norms.append(math.hypot(*gradients))
        self._before, self._now = self._now, {p: p._data for p in members}
        found = [(p, x) for p, g in zip(members, gradients, strict=True) for x in (g, p._data) if not math.isfinite(x)]
        if found and not self._first_bad:
            bad, x = found[0]
            names = {p: name for group in _groups(model) for name, p in group.members}
            self._first_bad = f"{shown(names[bad])} or its gradient is {x} in step {len(self.losses)}"

    @property
    def before(self) -> dict[Any, float] | None:
        """The weights at the record before the last; None: there is none."""
        return self._before or None

    @property
    def verdict(self) -> str:
        """ "not finite", "exploding", "oscillating", "crawling", "converged" or "healthy"."""
        return self._judged()[0]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong; empty where nothing is, or where there are too few losses to tell."""
        verdict, why = self._judged()
        return (Finding(verdict, why),) if why else ()

    def _judged(self) -> tuple[str, str]:
        """The verdict, and what was seen if something is wrong."""
        if self._first_bad:
            return "not finite", self._first_bad
        recent, limits = self.losses[-self.limits.window :], self.limits
        smallest = min(self.losses, default=0.0)
        if len(recent) > 1 and recent[-1] > recent[0] and recent[-1] > limits.blown * smallest > 0:
            return "exploding", f"the loss is {recent[-1]:.2e}, and was {smallest:.2e}"
        if len(recent) < limits.window:
            return "healthy", ""
        if bounce := _bounce(recent, limits):
            return "oscillating", bounce
        if (fall := _fall(recent)) >= limits.slow:
            return "healthy", ""
        # It stands still: there is nothing left to gain, or it crawls.
        if recent[-1] == 0 or (len(self.norms) > 1 and self.norms[-1] <= limits.converged * max(self.norms)):
            return "converged", ""
        return "crawling", f"the loss falls by {fall:.2e} of itself in a step"

    def __repr__(self) -> str:
        last = f", the last loss {self.losses[-1]:.6g}" if self.losses else ""
        return f"History of {len(self.losses)} steps{last}: {self.verdict}"


def _bounce(losses: Sequence[float], limits: Limits) -> str:
    """In words, how the loss goes up and down without getting anywhere; "" if it doesn't."""
    steps = [b - a for a, b in pairwise(losses)]
    turns = [a * b < 0 for a, b in pairwise(steps)]
    size = math.fsum(map(abs, steps)) / len(steps)
    middle = math.fsum(losses) / len(losses)
    half = len(losses) // 2
    progress = abs(math.fsum(losses[:half]) - math.fsum(losses[-half:])) / half
    if sum(turns) < limits.turns * len(turns) or size <= limits.bounce * abs(middle) or progress > size:
        return ""
    return (
        f"the loss turned round in {sum(turns)} of its last {len(turns)} steps, by {size / abs(middle):.1%} of itself"
    )


def _fall(losses: Sequence[float]) -> float:
    """By which part of itself the loss falls in a step, on average; a negative loss counts by its size."""
    first, last = losses[0], losses[-1]
    if first > 0 and last > 0:
        return 1 - math.exp(math.log(last / first) / (len(losses) - 1)) if last / first > 0 else 1.0
    return (first - last) / (max(abs(first), abs(last)) or 1.0) / (len(losses) - 1)


# --- the parameters of a model, gathered into weight matrices and bias vectors ------------------------------------


class _Group(NamedTuple):
    """A weight matrix or a bias vector: its parameters, each with its own name."""

    name: str
    bias: bool
    members: list[tuple[str, Value]]

    @property
    def parameters(self) -> list[Value]:
        return [p for _, p in self.members]

    @property
    def gradients(self) -> list[float]:
        """The gradients that a backward pass has brought."""
        return [plain(p._grad) for _, p in self.members if p._grad is not None]


def snapshot(model: Any) -> dict[Any, float]:
    """The weights as they stand, for a report after the next step: ``report(model, before=snapshot(model))``.

    Example:
        >>> w = Value(2.0, "w")
        >>> list(snapshot([w]).values())
        [2.0]
    """
    return {p: p._data for p in _parameters(model)}


def _parameters(model: Any) -> list[Value]:
    """Every parameter without its name, which takes a module longer to tell."""
    return [p for _, p in _named(model.parameters() if callable(getattr(model, "parameters", None)) else model)]


def _groups(model: Any, grouping: Grouping | None = None) -> list[_Group]:
    """The groups of a model, from its inputs to its outputs.

    Names that differ in what stands in brackets alone belong together ("W1[2,1]" is of W1), or in numbers at the end.
    Parameters without a name are told apart by the layers of the graph, if there is one.
    """
    found: dict[tuple[str, bool], list[tuple[str, Value]]] = {}
    for name, p in _named(model):
        head = _head(name)
        bias = head.rpartition(".")[2][:1] in ("b", "B")
        part = grouping.of(p) if grouping is not None and not head else None
        if part is not None:
            bias = part.role == "bias"
            head = f"layer {part.layer}, {'biases' if bias else 'weights'}"
            name = f"{'a bias' if bias else 'a weight'} of layer {part.layer}, neuron {part.neuron}"
        found.setdefault((head or "parameters", bias), []).append((name or f"an unnamed parameter ({p._data!r})", p))
    groups = [_Group(name, bias, members) for (name, bias), members in found.items()]
    if hasattr(model, "named_parameters"):
        # A module's groups are called as its nodes are labelled, where labels tell them apart: W1, not layers.0.weight.
        labels = [{_head(p.label) for p in group.parameters} for group in groups]
        for i, (group, own) in enumerate(zip(groups, labels, strict=True)):
            if len(own) == 1 and labels.count(own) == 1 and (name := min(own)):
                groups[i] = _Group(name, group.bias, [(p.label, p) for p in group.parameters])
    return groups


def _named(model: Any) -> list[tuple[str, Value]]:
    """The parameters of whatever a user calls a model, with their names or ""."""
    if callable(getattr(model, "named_parameters", None)):
        things: Iterable[Any] = model.named_parameters()
    elif callable(getattr(model, "parameters", None)):
        things = model.parameters()
    elif isinstance(model, Mapping):
        things = model.items()
    elif isinstance(model, Value):
        things = [model]
    elif isinstance(model, Iterable) and not isinstance(model, str):
        things = model
    else:
        raise OperandError(f"give a module, or names with Values, got {type(model).__name__}")
    named: list[tuple[str, Value]] = []
    for thing in things:
        pair = isinstance(thing, tuple) and len(thing) == 2 and isinstance(thing[0], str)
        start, it = thing if pair else ("", thing)
        for name, p in expanded(start, it):
            if not isinstance(p, Value):
                raise OperandError(
                    f"a monitor looks at Values, got {type(p).__name__}; autograd.array makes them of numbers"
                )
            named.append(((start and name) or p.label, p))
    if not named:
        raise ArgumentError("there are no parameters to look at; give a module, or names with Values")
    return named


def _head(name: str) -> str:
    """What the names of a group have in common: W1 of W1[2,1], and layers.1.w of layers.1.neurons.4.w.2."""
    head = re.sub(r"(\.\d+)+$", "", name.partition("[")[0])
    return re.sub(r"(?<![^.])neurons\.\d+\.", "", head)


# --- the report: a table of all groups, a verdict for each, and the cure ------------------------------------------

_HEADINGS = ("group", "size", "of", "mean", "std", "norm", "min", "max", "zeros", "verdict")
_SIDES = "<><>>>>>><"


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a group of numbers looks like.

    Args:
        mean: their mean.
        std: their standard deviation, over n - 1; None for a single number, which has none.
        norm: the root of the sum of their squares.
        low: the smallest.
        high: the largest.
        zeros: which part of them is exactly 0.
    """

    mean: float
    std: float | None
    norm: float
    low: float
    high: float
    zeros: float

    @classmethod
    def of(cls, numbers: Iterable[float]) -> Statistics:
        """The statistics of at least one number. Large numbers don't overflow, small ones don't underflow.

        Example:
            >>> Statistics.of([3.0, -4.0]).norm, Statistics.of([0.5]).std
            (5.0, None)
        """
        x = np.array(list(numbers), dtype=np.float64)
        with np.errstate(all="ignore"):  # inf and nan are what a monitor is for
            largest = float(np.max(np.abs(x)))
            scale = math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0 < largest < math.inf else 1.0  # loses no bit
            unit = x / scale
            return cls(
                mean=float(np.mean(unit)) * scale,
                std=float(np.std(unit, ddof=1)) * scale if len(x) > 1 else None,
                norm=math.hypot(*x.tolist()),
                low=float(np.min(x)),
                high=float(np.max(x)),
                zeros=float(np.mean(x == 0)),
            )


@dataclass(frozen=True, slots=True)
class Row:
    """One weight matrix or bias vector.

    Args:
        name: such as "W1".
        bias: whether it is a bias.
        size: how many parameters it has.
        gradient: statistics of their gradients; None: no backward pass has arrived at any.
        weight: statistics of the parameters themselves.
        update: the norm of the last step over the norm of the weights before it; None: not known.
        dead: the numbers, from 1, of the dead neurons of its layer; None: no graph was given.
        findings: what is wrong, the worst first.
    """

    name: str
    bias: bool
    size: int
    gradient: Statistics | None
    weight: Statistics
    update: float | None
    dead: tuple[int, ...] | None
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> str:
        """The worst finding in a word or two; "healthy" if there is none."""
        return self.findings[0].verdict if self.findings else "healthy"

    @property
    def cure(self) -> str:
        """What to do about the worst; "" if nothing is wrong."""
        return self.findings[0].cure if self.findings else ""


@dataclass(frozen=True, slots=True)
class Report:
    """What :func:`report` found. It prints as a table, and shows as one in a notebook.

    Args:
        rows: one for each group, from the inputs to the outputs.
        findings: what is wrong with the run as a whole, such as a loss that oscillates.
    """

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict of each group by its name."""
        return {row.name: row.verdict for row in self.rows}

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings and all(not row.findings for row in self.rows)

    def __getitem__(self, name: str) -> Row:
        """The row of a group; an ArgumentError lists the names."""
        rows = {row.name: row for row in self.rows}
        if name not in rows:
            raise ArgumentError(f"there is no group {name!r}; there are {', '.join(map(shown, rows))}")
        return rows[name]

    def norms(self) -> dict[str, float]:
        """The norm of each group's gradient, where there is one."""
        return {row.name: row.gradient.norm for row in self.rows if row.gradient is not None}

    def to_svg(self, *, title: str = "", theme: Theme = "auto") -> str:
        """Draw the norms of the gradients on a logarithmic scale.

        Args:
            title: of the figure.
            theme: as :func:`autograd.render.norms_svg` takes it.
        """
        return norms_svg(self.norms(), title=title or "Gradient norms by parameter group", theme=theme)

    def __str__(self) -> str:
        lines = [list(_HEADINGS)] + [line for row in self.rows for line in _lines(row)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(_HEADINGS))]
        table = [
            "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(line, _SIDES, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([*table, *self._notes()])

    __repr__ = __str__

    def _notes(self) -> list[str]:
        """What is wrong, where, and, once for each trouble, the cure."""
        found = [(shown(row.name), finding) for row in self.rows for finding in row.findings]
        found += [("the run", finding) for finding in self.findings]
        cures = dict.fromkeys((finding.verdict, finding.cure) for _, finding in found)
        return [f"{where}: {it}" for where, it in found] + [f"cure for {verdict}: {cure}" for verdict, cure in cures]

    def _repr_html_(self) -> str:
        head = "".join(f"<th scope='col'>{heading}</th>" for heading in _HEADINGS)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>"
            for row in self.rows
            for line in _lines(row)
        )
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self._notes())
        listed = f"<ul>{notes}</ul>" if notes else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{listed}"


def _lines(row: Row) -> list[list[str]]:
    """A line for the gradient and one for the weights."""
    return [
        [shown(row.name), str(row.size), "gradient", *_cells(row.gradient), row.verdict],
        ["", "", "weight", *_cells(row.weight), "" if row.update is None else f"last step {row.update:.1e} of it"],
    ]


def _cells(numbers: Statistics | None) -> list[str]:
    if numbers is None:
        return ["-"] * 6
    found = (numbers.mean, numbers.std, numbers.norm, numbers.low, numbers.high)
    return ["-" if x is None else f"{x:.2e}" for x in found] + [f"{100 * numbers.zeros:.0f}%"]


def report(
    model: Any, *, root: Value | None = None, before: Mapping[Any, float] | None = None,
    history: History | None = None, limits: Limits | None = None,
) -> Report:  # fmt: skip
    """Look at the gradients and weights of each layer, and say what is wrong with them.

    Everything is written in scientific notation: with four decimals a gradient that vanishes reads 0.0000. A group of
    one parameter has no standard deviation, and a dash says so.

    Args:
        model: a module; or a mapping of names to Values or arrays of them, pairs of the two, or Values.
        root: the loss; its graph tells which ReLUs are dead, and which node first was inf or nan.
        before: the weights before the last step, see :func:`snapshot`: for the size of that step.
        history: of the run: its verdict on the loss is added, and it knows the size of the last step too.
        limits: from where on something counts as trouble.

    Returns:
        The report: ``print`` it, or read ``.rows``, ``.verdicts``, ``.healthy``.

    Raises:
        OperandError: `model` holds something that is no Value, or `root` is none.
        ArgumentError: there are no parameters.

    Example:
        >>> from autograd import tanh
        >>> w1, w2 = Value(1.0, "W1"), Value(0.5, "W2")
        >>> loss = (w2 * tanh(w1 * 10.0) - 1) ** 2
        >>> loss.backward()
        >>> print(report([w1, w2]))  # doctest: +NORMALIZE_WHITESPACE
        group  size  of             mean  std      norm        min        max  zeros  verdict
        W1        1  gradient  -4.12e-08    -  4.12e-08  -4.12e-08  -4.12e-08     0%  vanishing
                     weight     1.00e+00    -  1.00e+00   1.00e+00   1.00e+00     0%
        W2        1  gradient  -1.00e+00    -  1.00e+00  -1.00e+00  -1.00e+00     0%  healthy
                     weight     5.00e-01    -  5.00e-01   5.00e-01   5.00e-01     0%
        W1: vanishing: a parameter's gradient is 4.12e-08 times that of a layer behind it
        cure for vanishing: use ReLU instead of sigmoid, batch normalisation, residual connections, or a proper
        initialisation
    """
    if root is not None and not isinstance(root, Value):
        raise OperandError(f"root is the loss, a Value, got {type(root).__name__}")
    limits = limits or Limits()
    nodes = [] if root is None else topological_order(root)
    grouping = Grouping(nodes) if nodes else None
    deaths = None if grouping is None else _Deaths(grouping, limits.samples)
    if before is None and history is not None:
        before = history.before
    rows: list[Row] = []
    behind: dict[bool, list[float]] = {False: [], True: []}  # sizes of the gradients of the layers further back
    groups = _groups(model, grouping)
    for i, group in reversed([*enumerate(groups)]):
        partner = groups[i - 1] if group.bias and i and not groups[i - 1].bias else None
        row = _row(group, partner, behind[group.bias], deaths, before, limits)
        rows.append(row)
        if row.gradient is not None and math.isfinite(row.gradient.norm):
            behind[group.bias].append(row.gradient.norm / math.sqrt(row.size))
    findings = list(history.findings) if history is not None else []
    bad = next((v for v in nodes if not math.isfinite(v._data)), None)
    if bad is not None:
        why = f"{name_of(bad)} is the first node of the graph that holds such a number"
        findings.insert(0, Finding("not finite", why))
    return Report(tuple(reversed(rows)), tuple(findings))


def _row(
    group: _Group, partner: _Group | None, behind: list[float],
    deaths: _Deaths | None, before: Mapping[Any, float] | None, limits: Limits,
) -> Row:  # fmt: skip
    """The row of a group. `partner`: a bias's weights; `behind`: gradients of the layers behind, the last one first."""
    parameters, gradients = group.parameters, group.gradients
    gradient = Statistics.of(gradients) if gradients else None
    dead, neurons, samples = deaths.among(parameters) if deaths is not None else ([], 0, 0)
    findings: list[Finding] = []

    def found(verdict: str, why: str) -> None:
        findings.append(Finding(verdict, why))

    if gradient is None:
        found("no gradient", "no backward pass has arrived here")
    slopes = [(f"the gradient of {shown(name)}", plain(p._grad)) for name, p in group.members if p._grad is not None]
    for numbers in (slopes, [(shown(name), p._data) for name, p in group.members]):
        if bad := [f"{what} is {x}" for what, x in numbers if not math.isfinite(x)]:
            found("not finite", bad[0])
    if dead:
        are = "is" if len(dead) == 1 else "are"
        found("dead ReLU", f"{len(dead)} of {neurons} neurons {are} off for all {samples} samples")
    if gradient is not None and math.isfinite(gradient.norm):
        norm, each = gradient.norm, gradient.norm / math.sqrt(len(gradients))  # each: of one parameter, on average
        last, largest = (behind[0], max(behind)) if behind else (0.0, 0.0)
        blocking = deaths.blocking(parameters) if deaths is not None else None
        beside = math.hypot(*partner.gradients) if partner is not None else 0.0
        if norm == 0 and blocking is not None and not dead:
            found("dead ReLU", f"its gradient is exactly 0: layer {blocking} is dead, and nothing passes it")
        elif group.bias and not behind and norm <= limits.large:
            pass  # the gradient of the last bias is the mean error, which a fit brings to 0
        elif norm < limits.cancelled * beside < math.inf:
            found("cancelled", f"the norm of its gradient is {norm:.2e}, nothing but rounding")
        elif norm > limits.large:
            found("exploding", f"the norm of its gradient is {norm:.2e}")
        elif last > 0 and each > limits.exploding * last and norm > limits.noticeable:
            found("exploding", f"a parameter's gradient is {each / last:.2e} times that in the last layer")
        elif len(dead) == neurons > 0:
            pass  # that is why it is small
        elif norm == 0:
            found("vanishing", "its gradient is exactly 0")
        elif each < limits.vanishing * largest:
            found("vanishing", f"a parameter's gradient is {each / largest:.2e} times that of a layer behind it")
        elif norm < limits.tiny:
            found("vanishing", f"the norm of its gradient is {norm:.2e}")
    weight, update = Statistics.of(p._data for p in parameters), _update(parameters, before)
    off = None if deaths is None else tuple(dead)
    return Row(group.name, group.bias, len(parameters), gradient, weight, update, off, tuple(findings))


def _update(parameters: list[Value], before: Mapping[Any, float] | None) -> float | None:
    """The norm of the last step over the norm of the weights before it; None: not known."""
    if before is None or any(p not in before for p in parameters):
        return None
    size = math.hypot(*(before[p] for p in parameters))
    return math.hypot(*(p._data - before[p] for p in parameters)) / size if size > 0 else None


class _Deaths:
    """Which neurons of a graph are dead: output and slope of their activation exactly 0, for every sample."""

    def __init__(self, grouping: Grouping, samples: int) -> None:
        self._neuron: dict[Any, tuple[int, int]] = {}  # the neuron of each weight and bias: its layer and its number
        self._dead: dict[tuple[int, int], int] = {}  # for how many samples each dead neuron was off
        self._layers = []  # those that are dead as a whole
        for layer, size in enumerate(grouping.sizes, 1):
            neurons = [(layer, i) for i in range(1, size + 1)]
            for neuron in neurons:
                roles = [(part.role, v) for v in grouping.nodes(*neuron) if (part := grouping.of(v))]
                self._neuron |= {v: neuron for role, v in roles if role in ("weight", "bias")}
                activations = [v for role, v in roles if role == "a"]
                if len(activations) >= samples and all(map(_off, activations)):
                    self._dead[neuron] = len(activations)
            if all(neuron in self._dead for neuron in neurons):
                self._layers.append(layer)

    def among(self, parameters: list[Value]) -> tuple[list[int], int, int]:
        """The dead neurons that these parameters belong to, how many neurons there are, and how many samples."""
        own = sorted({self._neuron[p] for p in parameters if p in self._neuron})
        dead = [neuron for neuron in own if neuron in self._dead]
        return [number for _, number in dead], len(own), max((self._dead[neuron] for neuron in dead), default=0)

    def blocking(self, parameters: list[Value]) -> int | None:
        """The dead layer that leaves these parameters nothing: right before theirs, or anywhere behind it."""
        own = {self._neuron[p][0] for p in parameters if p in self._neuron}
        return next((n for n in self._layers if own and (n > max(own) or own == {n + 1})), None)


def _off(activation: Any) -> bool:
    """Whether an activation gives 0 and passes nothing back; a sigmoid only does so far out, where it is lost too."""
    return bool(activation._data == 0 and local_partials(activation)[0] == 0)
