"""A line that tells how far a long loop has come."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

from ..errors import shown

__all__ = ["progress"]

T = TypeVar("T")


def progress(
    iterable: Iterable[T], every: float = 0.1, total: int | None = None, text: Callable[[], Any] | None = None
) -> Iterator[T]:
    """Go through `iterable`, with a line on stderr that tells how many rounds are done, how fast, and what is left.

    The line is written in a terminal only, and is gone when the loop ends, by whatever way. It never disturbs the
    loop: a text that raises, or a terminal that has gone away, only ends the line.

    Args:
        iterable: what to go through.
        every: at least so many seconds between two versions of the line.
        total: how many rounds there are; None: ``len(iterable)`` if it has one.
        text: called when the line is written; what it returns is added, such as the loss so far.

    Returns:
        An iterator over the same things.

    Example:
        >>> sum(progress(range(5)))  # writes nothing: this is no terminal
        10
    """
    stream = sys.stderr
    if not _is_terminal(stream):
        return iter(iterable)
    return _told(iterable, stream, every, _length(iterable) if total is None else total, text)


def _told(
    iterable: Iterable[T], stream: Any, every: float, total: int | None, text: Callable[[], Any] | None
) -> Iterator[T]:
    start = last = time.monotonic()
    done = width = 0
    try:
        for item in iterable:
            yield item
            done += 1
            now = time.monotonic()
            if width >= 0 and now - last >= every:
                last = now
                width = _write(stream, lambda d=done, s=now - start: progress_line(d, total, s, text), width)  # type: ignore[misc]
    finally:
        if width > 0:
            _write(stream, lambda: "", width)


def progress_line(done: int, total: int | None, seconds: float, text: Callable[[], Any] | None = None) -> str:
    """The line itself.

    Args:
        done: rounds that are over.
        total: how many there are; None: nobody knows.
        seconds: since the start.
        text: what else to say.

    Example:
        >>> progress_line(50, 200, 10.0, lambda: "loss 0.25")
        '50/200 (25%), 5.0 per second, 30 s left, loss 0.25'
        >>> progress_line(3, None, 6.0)
        '3, 2.0 s each'
    """
    known = total is not None and total >= done
    parts = [f"{done}/{total} ({100 * done // max(1, total or 0)}%)" if known else f"{done}"]
    if seconds > 0 and done > 0:
        rate = done / seconds
        parts.append(f"{rate:.1f} per second" if rate >= 1 else f"{1 / rate:.1f} s each")
        if known:
            parts.append(f"{_duration(((total or 0) - done) / rate)} left")
    if text is not None:
        parts.append(str(text()))
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    """Seconds as one reads them.

    >>> _duration(59.6), _duration(3700)
    ('1 min 0 s', '1 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def _write(stream: Any, line: Callable[[], str], width: int) -> int:
    """Put a line over the one that stood there; returns its width, -1 if there can be no more lines."""
    try:
        columns = max(10, shutil.get_terminal_size().columns - 1)  # the last column would wrap
        text = line()
        text = (text if text.isprintable() else shown(text))[:columns]
        stream.write(f"\r{text}{' ' * (width - len(text))}" + ("" if text else "\r"))
        stream.flush()
    except Exception:  # what a loop shows must never end the loop
        with suppress(Exception):
            stream.write("\r" + " " * width + "\r")
        return -1
    return len(text)


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except Exception:  # stderr may be None, closed, or something that someone put in its place
        return False


def _length(iterable: Any) -> int | None:
    try:
        return len(iterable)
    except Exception:  # a generator has none
        return None
