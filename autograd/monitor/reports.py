"""The report: a table of all groups, a verdict for each, and the cure."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine.graph import name_of, topological_order
from ..engine.value import Value
from ..errors import ArgumentError, OperandError, shown
from ..reading.grouping import Grouping
from ..render.charts import norms_svg
from ..render.style import Theme
from .groups import Group, Statistics, groups_of
from .history import History
from .limits import Finding, Limits
from .neurons import Deaths

__all__ = ["Report", "Row", "report"]

_HEADINGS = ("group", "size", "of", "mean", "std", "norm", "min", "max", "zeros", "verdict")
_SIDES = "<><>>>>>><"


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


def report(
    model: Any,
    *,
    root: Value | None = None,
    before: Mapping[Any, float] | None = None,
    history: History | None = None,
    limits: Limits | None = None,
) -> Report:
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
    deaths = None if grouping is None else Deaths(grouping, limits.samples)
    if before is None and history is not None:
        before = history.before
    rows: list[Row] = []
    behind: dict[bool, list[float]] = {False: [], True: []}  # sizes of the gradients of the layers further back
    groups = groups_of(model, grouping)
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
    group: Group,
    partner: Group | None,
    behind: list[float],
    deaths: Deaths | None,
    before: Mapping[Any, float] | None,
    limits: Limits,
) -> Row:
    weights, gradients = group.weights(), group.gradients()
    known = [g for g in gradients if g is not None]
    dead, neurons, samples = deaths.among([p for _, p in group.members]) if deaths is not None else ([], 0, 0)
    gradient = Statistics.of(known) if known else None
    findings: list[Finding] = []
    if gradient is None:
        findings.append(Finding("no gradient", "no backward pass has arrived here"))
    for what, numbers in (("the gradient of ", gradients), ("", weights.tolist())):
        bad = [i for i, x in enumerate(numbers) if x is not None and not math.isfinite(x)]
        if bad:
            findings.append(Finding("not finite", f"{what}{shown(group.members[bad[0]][0])} is {numbers[bad[0]]}"))
    if dead:
        are = "is" if len(dead) == 1 else "are"
        findings.append(Finding("dead ReLU", f"{len(dead)} of {neurons} neurons {are} off for all {samples} samples"))
    if gradient is not None and math.isfinite(gradient.norm):
        blocking = deaths.blocking([p for _, p in group.members]) if deaths is not None else None
        last_bias = group.bias and not behind  # its gradient is the mean error, which a fit brings to 0
        if gradient.norm == 0 and blocking is not None and not dead:
            findings.append(
                Finding("dead ReLU", f"its gradient is exactly 0: layer {blocking} is dead, and nothing passes it")
            )
        elif last_bias and gradient.norm <= limits.large:
            pass
        elif partner is not None and gradient.norm < limits.cancelled * _norm(partner):
            findings.append(
                Finding("cancelled", f"the norm of its gradient is {gradient.norm:.2e}, nothing but rounding")
            )
        else:
            findings += _sizes(gradient, len(known), behind, len(dead) == neurons > 0, limits)
    return Row(
        name=group.name,
        bias=group.bias,
        size=len(group.members),
        gradient=gradient,
        weight=Statistics.of(weights.tolist()),
        update=_update(group, weights, before),
        dead=None if deaths is None else tuple(dead),
        findings=tuple(findings),
    )


def _norm(group: Group) -> float:
    """The norm of a group's gradient; 0 where it has none, or none that is a number."""
    norm = math.hypot(*(g for g in group.gradients() if g is not None))
    return norm if norm < math.inf else 0.0


def _sizes(gradient: Statistics, size: int, behind: list[float], all_dead: bool, limits: Limits) -> list[Finding]:
    """Whether a gradient is too large or too small, by itself or beside those of the layers behind."""
    norm = gradient.norm
    each, largest = norm / math.sqrt(size), max(behind, default=0.0)
    last = behind[0] if behind else 0.0
    if norm > limits.large:
        return [Finding("exploding", f"the norm of its gradient is {norm:.2e}")]
    if last > 0 and each > limits.exploding * last and norm > limits.noticeable:
        return [Finding("exploding", f"a parameter's gradient is {each / last:.2e} times that in the last layer")]
    if all_dead:
        return []  # that is why
    if norm == 0:
        return [Finding("vanishing", "its gradient is exactly 0")]
    if each < limits.vanishing * largest:
        return [Finding("vanishing", f"a parameter's gradient is {each / largest:.2e} times that of a layer behind it")]
    if norm < limits.tiny:
        return [Finding("vanishing", f"the norm of its gradient is {norm:.2e}")]
    return []


def _update(group: Group, weights: Any, before: Mapping[Any, float] | None) -> float | None:
    if before is None or any(p not in before for _, p in group.members):
        return None
    old = np.array([before[p] for _, p in group.members])
    with np.errstate(all="ignore"):
        size, step = Statistics.of(old).norm, Statistics.of(weights - old).norm
    return step / size if size > 0 else None


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
