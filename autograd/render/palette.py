"""The colours of a picture, light, dark, and for paper.

Blue and red tell the sign of what flows; they are apart for every kind of colour-blindness, and a number stands beside
each. No two entries of the light palette are the same colour, so that a style sheet can turn each into its dark one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, TypeAlias

__all__ = ["DARK", "LIGHT", "PRINT", "STEPS", "Palette", "Theme", "dark_style", "flow_colour", "palette_of"]

Theme: TypeAlias = Literal["auto", "light", "dark", "print"]

STEPS = 6  # of saturation, from the weakest message to the strongest


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they are for; `weak_...` is the palest end of each scale."""

    paper: str
    ink: str
    grey: str
    line: str
    pale: str
    leaf_fill: str
    leaf_line: str
    op_fill: str
    op_line: str
    group_fill: str
    group_line: str
    root_fill: str
    root_line: str
    waiting_fill: str
    waiting_line: str
    reached_fill: str
    reached_line: str
    current_fill: str
    current_line: str
    current_edge: str
    cluster_fill: str
    inner_fill: str
    cluster_line: str
    badge: str
    alarm: str
    positive: str
    weak_positive: str
    negative: str
    weak_negative: str


LIGHT = Palette(
    paper="#fffffe",
    ink="#1a1a1a",
    grey="#636363",
    line="#4d4d4d",
    pale="#a8a8a8",
    leaf_fill="#e6f0fa",
    leaf_line="#1f5f99",
    op_fill="#fdfdfd",
    op_line="#4c4c4c",
    group_fill="#efeaf6",
    group_line="#5b4a86",
    root_fill="#fff3d6",
    root_line="#7a4b00",
    waiting_fill="#fefefe",
    waiting_line="#8c8c8c",
    reached_fill="#e3f5e1",
    reached_line="#2e7d32",
    current_fill="#ffc24d",
    current_line="#191919",
    current_edge="#a35200",
    cluster_fill="#f7f7f7",
    inner_fill="#f0f0f0",
    cluster_line="#c4c4c4",
    badge="#5e35b1",
    alarm="#a34700",
    positive="#2166ac",
    weak_positive="#8fa3b8",
    negative="#b2182b",
    weak_negative="#c09a9d",
)

DARK = Palette(
    paper="#15181c",
    ink="#ececec",
    grey="#a3a8ae",
    line="#b8bcc2",
    pale="#6a7078",
    leaf_fill="#1b3047",
    leaf_line="#7cb5ec",
    op_fill="#22262b",
    op_line="#b9bdc3",
    group_fill="#2c2640",
    group_line="#b9a6ec",
    root_fill="#41320f",
    root_line="#f0c060",
    waiting_fill="#16191d",
    waiting_line="#767c84",
    reached_fill="#1c3a20",
    reached_line="#84d08a",
    current_fill="#7a5200",
    current_line="#ffe0a0",
    current_edge="#ffb347",
    cluster_fill="#1b1f24",
    inner_fill="#20252b",
    cluster_line="#4a5058",
    badge="#c7b0ff",
    alarm="#ffb074",
    positive="#6cb2f5",
    weak_positive="#4d6075",
    negative="#ff8577",
    weak_negative="#7d5653",
)

PRINT = Palette(
    **{
        field.name: "#ffffff" if field.name == "paper" or field.name.endswith("fill") else "#000000"
        for field in fields(Palette)
    }
    | {"grey": "#404040", "pale": "#808080", "cluster_line": "#909090", "current_fill": "#d8d8d8"}
    | {"weak_positive": "#8c8c8c", "weak_negative": "#8c8c8c"}
)


def palette_of(theme: Theme) -> Palette:
    """The palette that a theme is written with; "auto" is light, and a style sheet turns it dark where that is wanted.

    Example:
        >>> palette_of("auto") is LIGHT
        True
    """
    return {"auto": LIGHT, "light": LIGHT, "dark": DARK, "print": PRINT}[theme]


def flow_colour(palette: Palette, positive: bool, step: int) -> str:
    """The colour of a message: its sign, and how saturated it is, from 0 to STEPS.

    Example:
        >>> flow_colour(LIGHT, True, STEPS), flow_colour(LIGHT, False, 0)
        ('#2166ac', '#c09a9d')
    """
    weak, strong = (palette.weak_positive, palette.positive) if positive else (palette.weak_negative, palette.negative)
    parts = [(int(weak[i : i + 2], 16), int(strong[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{a + (b - a) * step // STEPS:02x}" for a, b in parts)


def dark_style(scope: str) -> str:
    """A style sheet that turns the light palette into the dark one where the reader prefers that.

    Args:
        scope: a selector that only this kind of picture matches.
    """
    pairs = {getattr(LIGHT, f.name): getattr(DARK, f.name) for f in fields(Palette)}
    for positive in (True, False):
        pairs |= {flow_colour(LIGHT, positive, i): flow_colour(DARK, positive, i) for i in range(STEPS + 1)}
    rules = [
        f'{scope} [{attribute}="{light}"]{{{attribute}:{dark}}}'
        for light, dark in pairs.items()
        for attribute in ("fill", "stroke")
    ]
    default = f"{scope} text:not([fill]){{fill:{DARK.ink}}}"
    return "@media (prefers-color-scheme:dark){" + "".join([*rules, default]) + "}"
