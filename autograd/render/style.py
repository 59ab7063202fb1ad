"""How a picture looks: the options that every kind of picture takes, its colours, and the scale of its arrows."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias, get_args

from ..errors import ArgumentError
from ..reading.text import number_text
from .rows import Rows

__all__ = [
    "BACK",
    "DARK",
    "DIRECTIONS",
    "LIGHT",
    "PARTS",
    "PRINT",
    "STEPS",
    "THEMES",
    "Look",
    "Palette",
    "Scale",
    "Theme",
    "class_of",
    "dark_style",
    "flow_colour",
    "look_of",
    "scale_of",
    "sign_of",
]

Theme: TypeAlias = Literal["auto", "light", "dark", "print"]

THEMES: tuple[Theme, ...] = get_args(Theme)

PARTS = ("values", "gradients", "locals", "messages")
BACK = {"LR": "←", "TB": "↑", "RL": "→", "BT": "↓"}  # where gradients go, by the direction of the forward arrows
DIRECTIONS = tuple(BACK)

_FORMAT = re.compile(r"[+ ]?,?(\.\d{1,2})?[eEfFgG]")

STEPS = 6  # of saturation, from the weakest message to the strongest

_THINNEST, _THICKEST = 1.0, 5.0  # points
_FEWEST, _MOST = 2.0, 6.0  # decades that the scale spans


@dataclass(frozen=True, slots=True)
class Look:
    """The looks of a picture.

    Args:
        show: any of "values" and "gradients" (in the boxes), "locals" (the local derivatives) and "messages" (what
            flowed back), the last two on dashed arrows. None: all, but no dashed arrows before a backward has run.
        direction: where the forward arrows point: "LR" (left to right), "TB", "RL" or "BT"; "": from left to right
            where that fits a page, else from the top down.
        number_format: how numbers are written, as in ``format(x, ".4g")``.
        theme: "light", "dark", "print" (black on white), or "auto": as the viewer prefers, light or dark.
        legend: whether a legend explains colours and widths, where there are any.

    Raises:
        ArgumentError: there is no such choice; the message names those there are.

    Example:
        >>> Look().number(1 / 3), Look(number_format=".1e").number(1 / 3), Look().number(None)
        ('0.3333', '3.3e-01', 'not computed')
        >>> Look(theme="sepia")
        Traceback (most recent call last):
        ...
        autograd.errors.ArgumentError: theme is one of auto, light, dark, print, not 'sepia'
    """

    show: Collection[str] | None = None
    direction: str = ""
    number_format: str = ".4g"
    theme: Theme = "auto"
    legend: bool = True

    def __post_init__(self) -> None:
        if self.show is not None:
            parts = (self.show,) if isinstance(self.show, str) else self.show
            if not isinstance(parts, Collection) or not set(PARTS).issuperset(parts):
                raise ArgumentError(f"show is any of {', '.join(PARTS)}, not {self.show!r}")
            object.__setattr__(self, "show", tuple(part for part in PARTS if part in parts))
        if self.direction not in (*DIRECTIONS, ""):
            raise ArgumentError(f"direction is one of {', '.join(DIRECTIONS)}, not {self.direction!r}")
        if self.theme not in THEMES:
            raise ArgumentError(f"theme is one of {', '.join(THEMES)}, not {self.theme!r}")
        if not isinstance(self.number_format, str) or not _FORMAT.fullmatch(self.number_format):
            raise ArgumentError(
                "number_format is a format of Python's with e, f or g, such as '.4g', '.2f' or '+.3e', not "
                f"{self.number_format!r}"
            )
        if not isinstance(self.legend, bool):
            raise ArgumentError(f"legend is True or False, not {self.legend!r}")

    @property
    def palette(self) -> Palette:
        return _PALETTES[self.theme]

    def shows(self, part: str) -> bool:
        return self.show is None or part in self.show

    def number(self, x: float | None, missing: str = "not computed") -> str:
        """A number, or what stands in place of one."""
        return number_text(x, missing, self.number_format)

    def backward(self, rows: Rows) -> bool:
        """Whether dashed arrows are drawn: gradients are known, or they were asked for, or it is a moment."""
        if not (self.shows("locals") or self.shows("messages")):
            return False
        return self.show is not None or any(e.message is not None or e.state for e in rows.edges)


def look_of(rankdir: str | None = None, **options: Any) -> Look:
    """The look for a function's keywords; `rankdir` is `direction` by the name that Graphviz has for it."""
    if rankdir is not None:
        if rankdir not in DIRECTIONS:
            raise ArgumentError(f"rankdir is one of {', '.join(DIRECTIONS)}, not {rankdir!r}")
        if options.get("direction", rankdir) != rankdir:
            raise ArgumentError(f"rankdir={rankdir!r} and direction={options['direction']!r} contradict each other")
        options["direction"] = rankdir
    known = [f.name for f in fields(Look)]
    for name in options:
        if name not in known:
            raise ArgumentError(f"a picture has no option {name!r}; it has {', '.join(known)}")
    return Look(**options)


def _shade(light: str, dark: str) -> Any:
    """A colour on light paper, and on dark."""
    return field(default=light, metadata={"dark": dark})


# Blue and red tell the sign of what flows; they are apart for every kind of colour-blindness, and a number stands
# beside each. No two entries of the light palette are the same colour, so that a style sheet can turn each into its
# dark one.
@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they are for; `weak_...` is the palest end of each scale."""

    paper: str = _shade("#fffffe", "#15181c")
    ink: str = _shade("#1a1a1a", "#ececec")
    grey: str = _shade("#636363", "#a3a8ae")
    line: str = _shade("#4d4d4d", "#b8bcc2")
    pale: str = _shade("#a8a8a8", "#6a7078")
    leaf_fill: str = _shade("#e6f0fa", "#1b3047")
    leaf_line: str = _shade("#1f5f99", "#7cb5ec")
    op_fill: str = _shade("#fdfdfd", "#22262b")
    op_line: str = _shade("#4c4c4c", "#b9bdc3")
    group_fill: str = _shade("#efeaf6", "#2c2640")
    group_line: str = _shade("#5b4a86", "#b9a6ec")
    root_fill: str = _shade("#fff3d6", "#41320f")
    root_line: str = _shade("#7a4b00", "#f0c060")
    waiting_fill: str = _shade("#fefefe", "#16191d")
    waiting_line: str = _shade("#8c8c8c", "#767c84")
    reached_fill: str = _shade("#e3f5e1", "#1c3a20")
    reached_line: str = _shade("#2e7d32", "#84d08a")
    current_fill: str = _shade("#ffc24d", "#7a5200")
    current_line: str = _shade("#191919", "#ffe0a0")
    current_edge: str = _shade("#a35200", "#ffb347")
    cluster_fill: str = _shade("#f7f7f7", "#1b1f24")
    inner_fill: str = _shade("#f0f0f0", "#20252b")
    cluster_line: str = _shade("#c4c4c4", "#4a5058")
    badge: str = _shade("#5e35b1", "#c7b0ff")
    alarm: str = _shade("#a34700", "#ffb074")
    positive: str = _shade("#2166ac", "#6cb2f5")
    weak_positive: str = _shade("#8fa3b8", "#4d6075")
    negative: str = _shade("#b2182b", "#ff8577")
    weak_negative: str = _shade("#c09a9d", "#7d5653")

    def look_of(self, what: str) -> dict[str, str]:
        """The fill and the outline of a kind of box, or of one in a state."""
        return {"fillcolor": getattr(self, f"{what}_fill"), "color": getattr(self, f"{what}_line")}

    def of_sign(self, message: float | None) -> str:
        """Of a number in a text: as strong as the colour of its sign goes, since a pale number is hard to read."""
        if not message:
            return self.grey
        if not math.isfinite(message):
            return self.alarm
        return self.positive if message > 0 else self.negative


LIGHT = Palette()
DARK = Palette(**{shade.name: shade.metadata["dark"] for shade in fields(Palette)})
PRINT = Palette(
    **{
        shade.name: "#ffffff" if shade.name == "paper" or shade.name.endswith("fill") else "#000000"
        for shade in fields(Palette)
    }
    | {"grey": "#404040", "pale": "#808080", "cluster_line": "#909090", "current_fill": "#d8d8d8"}
    | {"weak_positive": "#8c8c8c", "weak_negative": "#8c8c8c"}
)


_PALETTES = {"auto": LIGHT, "light": LIGHT, "dark": DARK, "print": PRINT}  # "auto" gets a style sheet for the dark


def flow_colour(palette: Palette, positive: bool, step: int) -> str:
    """The colour of a message: its sign, and how saturated it is, from 0 to STEPS."""
    weak, strong = (palette.weak_positive, palette.positive) if positive else (palette.weak_negative, palette.negative)
    parts = [(int(weak[i : i + 2], 16), int(strong[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{a + (b - a) * step // STEPS:02x}" for a, b in parts)


def dark_style(scope: str) -> str:
    """A style sheet that turns what `scope` selects from light to dark where the reader prefers that."""
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


def sign_of(message: float | None) -> str:
    """The class of what carries a message."""
    return "" if not message else "positive" if message > 0 else "negative" if message < 0 else ""


def class_of(*names: str) -> str:
    """The class attribute of an element; a name that is "" is left out."""
    return " ".join(name.replace(" ", "-") for name in names if name)


@dataclass(frozen=True, slots=True)
class Scale:
    """From a message's size to its strength: 1 is the largest of the picture, 0 is `decades` powers of ten below."""

    largest: float
    decades: float

    def strength(self, message: float) -> float:
        """From 0 to 1; inf and nan are as strong as anything."""
        if not math.isfinite(message):
            return 1.0
        if message == 0:
            return 0.0
        below = math.log10(self.largest) - math.log10(abs(message))
        return min(1.0, max(0.0, 1 - below / self.decades))

    def width(self, message: float) -> str:
        """In points, as DOT has it."""
        return f"{_THINNEST + (_THICKEST - _THINNEST) * self.strength(message):.3g}"

    def colour(self, palette: Palette, message: float) -> str:
        """Blue or red by its sign, as saturated as it is strong; 0 has no sign, and nan none either."""
        if not math.isfinite(message):
            return palette.alarm
        if message == 0:
            return palette.grey
        return flow_colour(palette, message > 0, round(STEPS * self.strength(message)))

    def samples(self) -> list[float]:
        """Sizes for a legend, from the largest down."""
        return [self.largest / 10 ** (self.decades * i / 2) for i in range(3)]


def scale_of(messages: Iterable[float | None]) -> Scale | None:
    """The scale for the messages of a picture; None: nothing flows in it."""
    sizes = [abs(message) for message in messages if message and math.isfinite(message)]
    if not sizes:
        return None
    span = math.log10(max(sizes)) - math.log10(min(sizes))
    return Scale(max(sizes), min(_MOST, max(_FEWEST, math.ceil(span))))
