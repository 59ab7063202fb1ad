"""How pictures of graphs that are no networks lie on the page: measured in the SVG, as somebody would look at it."""

import random
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from autograd import Value, lessons
from autograd.reading.trace import Trace
from autograd.render import to_svg
from autograd.render.rows import graph_rows
from tests.helpers.layout import Layout, layout_of

SMALLEST, PIXELS = 10.0, 1280  # of the letters in a picture, in points; of a page
FREE_CLAIMS = [  # the worked examples that are no networks, or networks of single neurons
    "1.1", "1.3", "1.6", "1.7", "1.13", "3.1", "3.3", "4.1", "4.2", "4.4", "4.8", "4.10", "4.11", "4.14", "5.1", "5.2",
    "5.3",
]  # fmt: skip


def chain(n: int) -> Value:
    found = Value(1.0, "a")
    for _ in range(n):
        found = (found * 1.1).tanh()
    return found


def random_graph(seed: int) -> Value:
    """Thirty operations, each on two of the nodes made last."""
    chosen = random.Random(seed)
    nodes = [Value(chosen.uniform(0.5, 2.0), name) for name in "abcdef"]
    ways: list[Callable[[Value, Value], Value]] = [
        lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a.tanh(), lambda a, b: a - b, lambda a, b: a * 0.5,
    ]  # fmt: skip
    while len(nodes) < 36:
        nodes.append(chosen.choice(ways)(chosen.choice(nodes[-8:]), chosen.choice(nodes[-8:])))
    return sum(nodes[-6:-1], nodes[-1])


def expression() -> Value:
    a, b, c, d, e = (Value(float(i), name) for i, name in enumerate("abcde", start=1))
    return (a * b + c).relu() * d + e * a


def layout(root: Value, **level: Any) -> Layout:
    root.backward()
    return layout_of(to_svg(root, **level))


def check(found: Layout) -> None:
    assert found.overlapping_nodes() == []
    assert found.arrows_through_nodes() == []
    assert found.labels_on_something() == []
    assert found.width <= 3 * found.height


@pytest.mark.parametrize("claim", FREE_CLAIMS)
def test_worked_examples_are_clear_and_can_be_read_on_a_page(dot: Path, claim: str) -> None:
    found = layout(lessons.get(int(claim[0])).graph(claim)[0], level="node")  # networks have tests of their own
    check(found)
    scale = min(1.0, PIXELS / (found.width * 4 / 3))  # a point is 4/3 of a pixel, until there is no more room
    assert SMALLEST * 4 / 3 * scale >= 9


@pytest.mark.parametrize("lesson", range(1, 6))
def test_the_picture_of_every_claim_fits_and_can_be_read_on_a_page(dot: Path, lesson: int) -> None:
    for claim in [claim.id for claim in lessons.get(lesson).claims if claim.graph is not None]:
        root = lessons.get(lesson).graph(claim)[0]
        root.backward()
        svg = to_svg(root)
        found = layout_of(svg)
        assert found.overlapping_nodes() == []
        assert found.width <= 1800, claim
        assert found.height <= 1400, claim
        smallest = min(map(float, re.findall(r'font-size="([\d.]+)"', svg)))
        assert smallest * min(4 / 3, PIXELS / found.width) >= 9, claim


@pytest.mark.parametrize("n", [1, 2, 5, 20, 150, 500])
def test_chains_are_clear_and_fit(dot: Path, n: int) -> None:
    found = layout(chain(n))
    check(found)
    assert found.width <= 1800
    assert found.height <= 1400


def test_a_chain_is_read_as_text_is_and_its_leaves_stand_above_it(dot: Path) -> None:
    x = Value(0.5, "x")
    for k in range(8):
        x = (x * Value(0.9, f"w{k}") + Value(0.1, f"b{k}")).tanh()
    found = layout(x)
    check(found)
    boxes = [found.nodes[row.id] for row in graph_rows(x).nodes if row.kind == "op"]
    for before, after in pairwise(boxes):
        assert after.left > before.right or after.top > before.bottom
    above = {row.label: found.nodes[row.id] for row in graph_rows(x).nodes if row.label[:1] in "wb" and row.label}
    for k in range(8):
        assert above[f"w{k}"].bottom < boxes[3 * k].top
        assert above[f"b{k}"].bottom < boxes[3 * k + 1].top


def test_a_chain_keeps_its_places_from_moment_to_moment(dot: Path) -> None:
    root = chain(5)
    trace = Trace(root)
    moments = [layout_of(to_svg(root, trace=trace, at_step=k)) for k in (0, 8, 15, len(trace))]
    assert all(moment.nodes == moments[0].nodes for moment in moments)


@pytest.mark.parametrize("seed", [0, 1, 3, 5, 6])
def test_random_graphs_are_clear_and_fit(dot: Path, seed: int) -> None:
    found = layout(random_graph(seed))
    check(found)
    assert found.width <= 1800
    assert found.height <= 1400


def test_a_dense_picture_keeps_its_places_from_moment_to_moment(dot: Path) -> None:
    root = random_graph(0)
    trace = Trace(root)
    early, late = (layout_of(to_svg(root, trace=trace, at_step=k)) for k in (40, len(trace)))
    assert (early.width, early.height) == (late.width, late.height)
    for name, box in early.nodes.items():  # a badge is wider when it is there, by less than anybody sees
        assert late.nodes[name] == pytest.approx(box, abs=4.01)


def test_expressions_are_clear(dot: Path) -> None:
    check(layout(expression()))


def test_who_asks_for_a_direction_gets_it(dot: Path) -> None:
    root = chain(5)
    root.backward()
    found = layout_of(to_svg(root, rankdir="LR"))
    assert found.width > 3 * found.height


def test_operands_stand_in_their_order(dot: Path) -> None:
    names = "dbca"
    inputs = [Value(1.0 + i, name) for i, name in enumerate(names)]
    found = layout((inputs[0] * inputs[1]) + (inputs[2] * inputs[3]))
    boxes = [found.nodes[id_] for id_ in ("n0", "n1", "n3", "n4")]
    across = [box.left for box in boxes]
    down = [box.top for box in boxes]
    assert sorted(across) == across or sorted(down) == down


def test_a_picture_fits_its_room(dot: Path) -> None:
    svg = to_svg(expression())
    assert 'style="max-width:100%;height:auto"' in svg
    found = layout_of(svg)
    assert f'width="{found.width:.0f}pt"' in svg
