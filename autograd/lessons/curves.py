"""Loss curves as a picture: the figure of gradient norms, with the words for a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["loss_svg"]


def loss_svg(curves: Mapping[str, Sequence[float]], steps: Sequence[int], title: str, note: str, unit: str) -> str:
    """Draw losses on a logarithmic scale, a line for each of the steps chosen.

    Args:
        curves: the losses of each run by its name, one for each step.
        steps: the steps that are drawn.
        title: of the figure.
        note: a line below the title.
        unit: what is counted, such as "step".

    Returns:
        One ``<svg>`` element.

    Example:
        >>> "size of the loss" in loss_svg({"run": [9.0, 0.1]}, [0, 1], "A run", "its loss", "step")
        True
    """
    from ..render import norms_svg  # costs time that the numbers alone need not pay

    series = {name: {f"{unit} {n}": losses[n] for n in steps} for name, losses in curves.items()}
    return norms_svg(series, title=title, note=note, what="loss")
