"""The colours of a page: those of the pictures, and a few that only a page has."""

from __future__ import annotations

from dataclasses import fields

from ..palette import DARK, LIGHT, Palette

__all__ = ["style_variables"]

_EXTRA = {  # what a page has beyond a picture
    LIGHT: {
        "page": "#f4f5f7", "border": "#d5d8dc", "control": "#ffffff", "control-line": "#7d848c",
        "accent": "#1c5fa8", "on-accent": "#ffffff",
    },
    DARK: {
        "page": "#0e1114", "border": "#333941", "control": "#242a31", "control-line": "#7d8792",
        "accent": "#7cb5ec", "on-accent": "#0e1114",
    },
}  # fmt: skip


def style_variables() -> str:
    """The colours as variables of a style sheet, light, and dark where the reader asks for dark.

    Example:
        >>> "--paper: #fffffe;" in style_variables(), "--accent: #1c5fa8;" in style_variables()
        (True, True)
    """

    def listed(palette: Palette) -> str:
        named = {f.name.replace("_", "-"): getattr(palette, f.name) for f in fields(palette)} | _EXTRA[palette]
        return " ".join(f"--{name}: {colour};" for name, colour in named.items())

    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {listed(DARK)} }} }}"
    return f"\n:root {{ {listed(LIGHT)} }}\n{dark}\n"
