import re
from dataclasses import fields

from autograd.render.style import DARK, LIGHT, STEPS, Palette, dark_style, flow_colour


def test_every_light_colour_has_one_dark_one() -> None:
    light = [getattr(LIGHT, field.name) for field in fields(Palette)]
    assert len(set(light)) == len(light)
    style = dark_style(".autograd")
    for field in fields(Palette):
        assert f'.autograd [fill="{getattr(LIGHT, field.name)}"]{{fill:{getattr(DARK, field.name)}}}' in style
    selectors = re.findall(r'\[stroke="(#\w+)"\]', style)
    assert len(set(selectors)) == len(selectors)
    assert {flow_colour(LIGHT, sign, i) for sign in (True, False) for i in range(STEPS + 1)} <= set(selectors)
