"""Numbers in the browser: written as Python writes them, and computed again as Python computed them."""

from __future__ import annotations

import random

import pytest

from autograd import Value, lessons
from autograd.render import to_html
from tests.browser.conftest import Opener

DRAWN = [(lesson.number, claim.id) for lesson in lessons.all() for claim in lesson.claims if claim.graph is not None]

# Halfway between two candidates, at the edges of a notation, and at the ends of the range of doubles.
AWKWARD = [
    0.0, -0.0, 0.5, 100000.5, 100001.5, 1234.5, 1235.5, 0.125, 2.5, 999999.5, 99999.95, 1e6, 1e-4, 1e-5, 0.1 + 0.2,
    5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, 123456.5, 123457.5, -99995.0, 0.00012345, -1e22,
]  # fmt: skip


def test_numbers_are_written_as_python_writes_them(open_page: Opener) -> None:
    draw = random.Random(0)
    numbers = [draw.uniform(-1, 1) * 10 ** draw.randint(-320, 308) for _ in range(3000)]
    numbers += [draw.randint(-(10**8), 10**8) / 2 ** draw.randint(0, 6) for _ in range(5000)]
    page = open_page(to_html(Value(2.0) * Value(3.0)))
    written = page.evaluate("texts => texts.map(text => [short(Number(text)), brief(Number(text))])", [
        repr(x) for x in AWKWARD + numbers
    ])  # fmt: skip
    assert written == [[f"{x:.6g}", f"{x + 0.0:.4g}"] for x in AWKWARD + numbers]
    assert page.evaluate("[NaN, Infinity, -Infinity].map(short)") == ["nan", "inf", "-inf"]


@pytest.mark.parametrize(("number", "claim"), DRAWN, ids=[claim for _, claim in DRAWN])
def test_every_input_put_in_again_gives_the_same_bits(number: int, claim: str, open_page: Opener) -> None:
    page = open_page(to_html(lessons.get(number).graph(claim)[0]))
    different = page.evaluate(
        """() => {
          const first = given(nodes);
          const inputs = nodes.flatMap((node, i) => (node.kind === "leaf" || node.kind === "constant") ? [i] : []);
          return inputs.flatMap((i) => {
            const again = edited(nodes, first, i, first.values[i]);
            return nodes.filter((node, k) =>
              !Object.is(again.values[k], first.values[k]) ||
              again.locals[k].some((local, n) => !Object.is(local, first.locals[k][n]))
            ).map((node) => node.name);
          });
        }"""
    )
    assert different == []
