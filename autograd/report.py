"""The text of a check: short enough for a failing test, long enough to learn from."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["report_text"]

_MOST_ENTRIES = 3


def report_text(report: Any) -> str:
    """The text of a report, at most 25 lines.

    Example:
        >>> from autograd import check_derivative
        >>> print(check_derivative(lambda x: x**3, lambda x: 3 * x**2, at=2.0))
        pass: 1 derivative of <lambda> checked
    """
    entries = report.entries
    bad = [e for e in entries if e.verdict != "pass"]
    many = f"{len(entries)} derivative{'s' if len(entries) != 1 else ''}"
    if not bad:
        notes = sorted({e.note for e in entries if e.note})
        return "\n".join([f"pass: {many} of {report.function} checked", *(f"  note: {n}" for n in notes[:3])])
    lines = [f"{report.verdict}: {len(bad)} of {many} of {report.function}"]
    for entry in bad[:_MOST_ENTRIES]:
        lines += entry_lines(entry)
    if len(bad) > _MOST_ENTRIES:
        lines.append(f"  ... and {len(bad) - _MOST_ENTRIES} more")
    if report.diagnosis is not None:
        lines.append(f"  the slip: {report.diagnosis.text.splitlines()[0]} ({report.diagnosis.kind})")
        lines += [f"    {line}" for line in report.diagnosis.text.splitlines()[1:4]]
    point = ", ".join(f"{x!r}" for x in bad[0].point.values())
    lines = lines[:24]
    lines.append(f"  to reproduce: check_derivative(f, df, at=[{f'({point})' if len(bad[0].point) > 1 else point}])")
    return "\n".join(line if len(line) <= 160 else line[:157] + "..." for line in lines[:25])


def entry_lines(entry: Any) -> list[str]:
    """The lines of one partial derivative."""
    shown = list(entry.point.items())[:4]
    where = ", ".join(f"{name} = {x!r}" for name, x in shown) + (", ..." if len(entry.point) > 4 else "")
    measured = entry.numeric
    lines = [f"  d/d{entry.variable} at {where}: {entry.verdict}", f"    yours    {entry.yours!r}"]
    if measured.both is not None:
        lines.append(f"    numeric  {measured.both.slope!r} +- {measured.both.error:.1e}")
    else:
        lines.append(f"    slopes   left {_side(measured.left)}, right {_side(measured.right)}")
    if entry.exact is not None:
        lines.append(f"    engine   {entry.exact!r}")
    truth = measured.value if entry.exact is None or not math.isfinite(entry.exact) else entry.exact
    if truth and math.isfinite(entry.yours):
        lines.append(f"    ratio    yours / right = {entry.yours / truth:.10g}")
    if entry.note:
        lines.append(f"    {entry.note}")
    return lines


def _side(side: Any) -> str:
    return f"{side.slope:.6g}" if side.settled else side.kind
