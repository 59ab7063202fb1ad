"""Networks, neuron by neuron: what stands in the boxes, what flows between them, and that all of it can be read."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from autograd import Value, datasets, dot, lessons, losses, mean
from autograd.nn import MLP, Linear, Neuron, Residual, Sequential, Tanh
from autograd.reading.trace import Trace
from autograd.render import to_dot, to_svg
from autograd.render.rows import Graph, graph_rows
from autograd.render.style import Look
from autograd.render.tables import HIGHEST, WIDEST, NetworkPicture, network_picture


def network(sizes: tuple[int, ...], activation: str = "tanh", plain: bool = False) -> Value:
    """The loss of a network on one sample: half the squared error, or cross entropy of several outputs."""
    r = random.Random(5)
    numbers = [r.uniform(-2, 2) for _ in range(sizes[0])]
    model = MLP(sizes[0], list(sizes[1:]), seed=5, activation=activation)
    out = model(numbers if plain else [Value(x, f"x{j}") for j, x in enumerate(numbers, 1)])
    loss: Value = losses.cross_entropy(out, 1) if isinstance(out, list) else (out - 0.8) ** 2 / 2
    loss.label = "L"
    return loss


def residual() -> Value:
    inner = Sequential(Linear(3, 3, seed=2), Tanh())
    model = Sequential(Linear(2, 3, seed=1), Tanh(), Residual(inner), Linear(3, 1, seed=3))
    loss: Value = (model([Value(0.5, "x1"), Value(-1.0, "x2")]) - 1.0) ** 2
    return loss


def batch(sizes: tuple[int, ...] = (3, 1), activation: str = "tanh") -> Value:
    x, y = datasets.xor()
    loss: Value = losses.mse(MLP(2, list(sizes), seed=4, activation=activation)(x), y)
    loss.label = "loss"
    return loss


NETWORKS: dict[str, Callable[[], Value]] = {
    "2-2-1": lambda: network((2, 2, 1)),
    "3-4-4-1": lambda: network((3, 4, 4, 1)),
    "3-4-4-1, plain numbers, ReLU": lambda: network((3, 4, 4, 1), "relu", plain=True),
    "8-6-3": lambda: network((8, 6, 3)),
    "2-16-16-1": lambda: network((2, 16, 16, 1)),
    "64-32-10": lambda: network((64, 32, 10)),
    "784-30-10": lambda: network((784, 30, 10)),
    "opened": lambda: network((2, 16, 16, 1)),
    "with targets": lambda: lessons.get(1).graph("1.4")[0],
    "with a target that skips": lambda: lessons.get(4).graph("4.5")[0],
    "residual": residual,
    "batch": batch,
    "batch of a wide one": lambda: batch((16, 16, 1), "relu"),
    "two rows of lanes": lambda: skipping(),
}


def skipping() -> Value:
    """Inputs that go past two layers."""
    x = [Value(0.5, "x1"), Value(-0.5, "x2")]
    r = random.Random(1)

    def layer(inputs: list[Value], count: int) -> list[Value]:
        weights = [[Value(r.uniform(-1, 1)) for _ in inputs] for _ in range(count)]
        return [dot(row, inputs, Value(0.1)).tanh() for row in weights]

    first = layer(x, 3)
    second = layer(first, 3)
    return layer([*second, *x, first[0]], 1)[0]


def picture_of(root: Value, trace: Trace | None = None, at_step: int | None = None, **more: Any) -> NetworkPicture:
    picture = network_picture(Graph(root, trace, at_step), Look(), **more)
    assert picture is not None
    return picture


# --- that it can be read -----------------------------------------------------------------------------------------


class Drawn:
    """What `dot` makes of a picture: boxes as left, bottom, right, top; arrows as points close together."""

    def __init__(self, source: Any) -> None:
        made = json.loads(source.pipe(format="json0", quiet=True, encoding="utf-8"))
        self.boxes = {each["name"]: self._box(each) for each in made["objects"]}
        self.ends = {
            e["id"]: (made["objects"][e["tail"]]["name"], made["objects"][e["head"]]["name"]) for e in made["edges"]
        }
        self.ways = {each["id"]: self._points(each["pos"]) for each in made["edges"]}
        self.labels = [(e["label"], *map(float, e["lp"].split(","))) for e in made["edges"] if "lp" in e]
        left, low, right, top = map(float, made["bb"].split(","))
        self.width, self.height = right - left, top - low

    @staticmethod
    def _box(each: dict[str, str]) -> tuple[float, float, float, float]:
        x, y = map(float, each["pos"].split(","))
        w, h = 36 * float(each["width"]), 36 * float(each["height"])
        return x - w, y - h, x + w, y + h

    @staticmethod
    def _points(pos: str) -> list[tuple[float, float]]:
        ends = {word[0]: tuple(map(float, word[2:].split(","))) for word in pos.split() if word[0] in "es"}
        given = [tuple(map(float, word.split(","))) for word in pos.split() if word[0] not in "es"]
        points = [ends["s"]] if "s" in ends else []
        for k in range(0, len(given) - 1, 3):
            a, b, c, d = given[k : k + 4]
            for t in (i / 40 for i in range(41)):
                u = 1 - t
                points.append(
                    tuple(u**3 * a[i] + 3 * u * u * t * b[i] + 3 * u * t * t * c[i] + t**3 * d[i] for i in (0, 1))
                )
        return [*points, ends["e"]] if "e" in ends else points  # type: ignore[return-value]


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] - 0.5 and b[0] < a[2] - 0.5 and a[1] < b[3] - 0.5 and b[1] < a[3] - 0.5


@pytest.fixture(scope="module", params=list(NETWORKS))
def drawn(request: pytest.FixtureRequest, dot: Path) -> tuple[NetworkPicture, Drawn]:
    root = NETWORKS[request.param]()
    root.backward()
    picture = picture_of(root, expand=["layer 2, neuron 4", "layer 3"] if request.param == "opened" else ())
    return picture, Drawn(picture.drawing())


def test_boxes_do_not_overlap_and_are_as_large_as_they_were_taken_to_be(drawn: tuple[NetworkPicture, Drawn]) -> None:
    picture, made = drawn
    shift = next((made.boxes[id_][0] - spot.left, made.boxes[id_][3] - spot.top) for id_, spot in picture.spots.items())
    for id_, spot in picture.spots.items():
        left, low, right, top = made.boxes[id_]
        assert (right - left, top - low) == pytest.approx((spot.width, spot.height), abs=1.5), id_
        assert (left - spot.left, top - spot.top) == pytest.approx(shift, abs=1.5), id_
    for (a, one), (b, other) in itertools.combinations(made.boxes.items(), 2):
        assert not overlap(one, other), (a, b)


def test_no_arrow_touches_a_foreign_box(drawn: tuple[NetworkPicture, Drawn]) -> None:
    _, made = drawn
    for id_, points in made.ways.items():
        for name, (left, low, right, top) in made.boxes.items():
            margin = 1.0 if name in made.ends[id_] else 0.0
            for x, y in points:
                inside = left + margin < x < right - margin and low + margin < y < top - margin
                assert not inside, (id_, name)


def test_no_two_arrows_leave_or_enter_at_one_place(drawn: tuple[NetworkPicture, Drawn]) -> None:
    picture, _ = drawn
    if not picture.as_tables:
        return  # among cells there are too many
    ends = [way[k] for way in (link.way for link in picture.links.values()) for k in (0, -1)]
    for one, other in itertools.combinations(ends, 2):
        assert math.dist(one, other) > 5.0


def test_labels_of_arrows_touch_no_box_and_no_arrow(drawn: tuple[NetworkPicture, Drawn]) -> None:
    _, made = drawn
    for label, x, y in made.labels:
        widths = [float(w) for w in re.findall(r'WIDTH="(\d+)"', label)]
        half = (max(widths) / 2, 6.0 * len(widths))
        box = (x - half[0], y - half[1], x + half[0], y + half[1])
        assert not any(overlap(box, other) for other in made.boxes.values())
        for points in made.ways.values():
            assert not any(box[0] < px < box[2] and box[1] < py < box[3] for px, py in points)


def test_columns_stand_in_order(drawn: tuple[NetworkPicture, Drawn]) -> None:
    picture, made = drawn
    layers: dict[int, list[tuple[float, float]]] = {}
    for box in picture.final.neurons:
        left, _, _, top = made.boxes[box.id]
        layers.setdefault(box.address[0], []).append((left, top))
    for places in layers.values():
        assert max(left for left, _ in places) - min(left for left, _ in places) < 1.0
        assert [top for _, top in places] == sorted((top for _, top in places), reverse=True)
    lefts = [places[0][0] for _, places in sorted(layers.items())]
    assert lefts == sorted(lefts)
    inputs = [made.boxes[b.id] for b in picture.final.boxes.values() if b.kind == "input" and b.id in made.boxes]
    assert all(right < lefts[0] for _, _, right, _ in inputs)
    assert [top for *_, top in inputs] == sorted((top for *_, top in inputs), reverse=True)


def test_what_only_the_loss_needs_stands_beside_its_users() -> None:
    ranks = {box.name: box.rank for box in picture_of(lessons.get(4).graph("4.5")[0]).final.boxes.values()}
    assert ranks["v3"] == ranks["v6"] - 1  # v3 = 1 - y, v6 = v3 * v5
    assert ranks["y"] == ranks["v3"] - 1 == ranks["v2"] - 1


def test_a_long_loss_goes_on_below_the_neurons() -> None:
    root = lessons.get(4).graph("4.6")[0]
    root.backward()
    picture = picture_of(root)
    assert picture.as_tables
    assert picture.fits
    lowest = min(picture.spots[box.id].y for box in picture.final.neurons)
    assert all(picture.spots[box.id].top < lowest for box in picture.final.boxes.values() if box.kind == "op")


def test_size_and_aspect(drawn: tuple[NetworkPicture, Drawn]) -> None:
    _, made = drawn
    assert made.width <= WIDEST
    assert made.height <= HIGHEST
    assert 0.5 < made.width / made.height < 5


# --- which picture ----------------------------------------------------------------------------------------------


def test_tables_up_to_six_neurons_and_eight_inputs_and_cells_beyond() -> None:
    for sizes, as_tables in (((8, 6, 1), True), ((9, 6, 1), False), ((8, 7, 1), False)):
        assert picture_of(network(sizes)).as_tables is as_tables


def test_too_large_for_cells_are_layers() -> None:
    root = network((2, 100, 100, 1))
    assert not picture_of(root).fits
    assert "g_layer_2 " in to_dot(root).source


def test_an_expression_is_no_network(expression: Value, lesson_5: Value) -> None:
    a, b, c = Value(1.0, "a"), Value(2.0, "b"), Value(3.0, "c")
    for root in (expression, lesson_5, (a * b + c).relu() * a + b * c, a):
        assert network_picture(Graph(root), Look()) is None


def test_a_recurrent_network_is_drawn_operation_by_operation() -> None:
    w, h = [Value(0.5), Value(0.3)], Value(0.0, "h")
    for x in (1.0, 2.0, 3.0):
        h = dot(w, [h, x]).tanh()
    assert network_picture(Graph(h), Look()) is None
    assert "layout=nop2" not in to_dot(h).source


def test_every_operation_has_its_box_where_that_is_asked_for() -> None:
    root = network((2, 2, 1))
    assert len(re.findall(r"^\s*n\d+ \[", to_dot(root, level="node").source, re.M)) == len(graph_rows(root).nodes)
    assert "g_layer_1_neuron_2 [" in to_dot(root, level="neuron").source
    assert "g_layer_1 [" in to_dot(root, level="layer").source


def test_other_directions_are_drawn_operation_by_operation() -> None:
    assert "rankdir=TB" in to_dot(network((2, 2, 1)), direction="TB").source


def test_expand_opens_the_table_of_a_neuron_and_a_node_all_operations() -> None:
    root = network((2, 16, 16, 1))
    assert ">\u00a0W2[3,1]" not in to_dot(root).source
    opened = to_dot(root, expand="layer 2, neuron 3").source
    assert ">\u00a0W2[3,1]" in opened
    assert ">\u00a0W2[4,1]" not in opened
    assert "cluster_" in to_dot(network((2, 2, 1)), expand="z1[2]").source


# --- what stands in it --------------------------------------------------------------------------------------------


def texts(svg: str) -> list[str]:
    return [
        "".join(e.itertext()).strip("\u00a0 ") for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")
    ]


def titles(svg: str) -> dict[str, str]:
    groups = [g for g in ElementTree.fromstring(svg).iter() if g.tag.endswith("}g") and g.find("{*}title") is not None]
    return {g.get("id", ""): str(g.findtext("{*}title")) for g in groups}


def test_a_neuron_lists_its_weights_bias_sum_and_activation(dot: Path) -> None:
    root = network((2, 2, 1))
    root.backward()
    shown = texts(to_svg(root))
    for name in ("W1[1,1]", "W1[2,2]", "b1[2]", "z1[1]", "a1[2] = tanh", "W2[1,2]", "z2[1]", "x1", "x2", "L"):
        assert shown.count(name) == 1
    nodes = {node.label: node for node in Trace(root).order}
    for name in ("W1[1,1]", "b1[2]", "z1[1]", "z2[1]"):
        at = shown.index(name)
        assert shown[at + 1 : at + 3] == [f"{nodes[name].data:.4g}", f"{nodes[name].grad:.4g}"]


@pytest.mark.parametrize("name", ["3-4-4-1", "residual", "2-16-16-1"])
def test_messages_are_those_of_the_single_uses(name: str) -> None:
    root = NETWORKS[name]()
    root.backward()
    rows = graph_rows(root)
    expected = sorted(
        e.message for e in rows.edges if e.message is not None
        if not next(n for n in rows.nodes if n.id == e.source).label.startswith(("W", "b"))
        and next(n for n in rows.nodes if n.id == e.target).op not in ("tanh",)
    )  # fmt: skip
    found = sorted(flow.message for flow in picture_of(root).final.flows.values() if flow.message is not None)
    assert found == expected


def test_a_batch_is_one_network_with_the_sums() -> None:
    x, y = [[0.5, 1.0], [-1.0, 2.0], [0.0, 0.3]], [[1.0], [0.0], [1.0]]
    model = MLP(2, [2, 1], seed=3, activation="tanh")
    root = losses.mse(model(x), y)
    root.backward()
    network_ = picture_of(root).final
    assert network_.samples == 3
    assert [(box.name, len(box.nodes)) for box in network_.boxes.values() if box.kind == "input"] == [
        ("input 1", 3),
        ("input 2", 3),
    ]
    hidden = next(box for box in network_.neurons if box.address == (1, 2))
    flow = next(flow for flow in network_.flows.values() if flow.source is hidden)
    outputs = [node for node in Trace(root).order if node.label == "z2[1]"]
    weight = outputs[0].parents[1]
    assert flow.message == math.fsum(z.grad * weight.data for z in outputs)
    assert [line.name for line in hidden.lines] == ["W1[2,1]", "W1[2,2]", "b1[2]", "z1[2]", "a1[2]"]


def test_a_running_sum_of_errors_is_one_box() -> None:
    model = MLP(1, [2, 1], seed=3)
    total: Any = 0.0
    for k in range(5):
        total = total + (model([float(k)]) - 1.0) ** 2
    total.backward()
    boxes = [box for box in picture_of(total).final.boxes.values() if box.kind == "op"]
    assert [box.nodes[0].op for box in boxes] == ["-", "^2", "+"] or len(boxes) <= 4


def test_what_is_wrong_is_seen_at_once() -> None:
    model = MLP(2, [3, 1], seed=1)
    model.layers[0].neurons[1].b.data = -9.0
    root = (model([Value(0.5, "x1"), Value(-1.0, "x2")]) - 1.0) ** 2
    root.backward()
    final = picture_of(root).final
    notes = {box.address: final.notes[box] for box in final.neurons}
    assert notes[1, 2] == ("dead",)
    assert notes[2, 1] == ()
    svg = to_svg(root)
    assert "dead" in texts(svg)
    assert titles(svg)["g_layer_1_neuron_2"].endswith("; dead")
    assert "stroke-dasharray" in svg

    model.layers[1].neurons[0].w[2].data = math.inf
    root = (model([0.5, -1.0]) - 1.0) ** 2
    root.backward()
    assert ("not finite",) in picture_of(root).final.notes.values()

    root = dot([Value(1e-9, "w")], [Neuron(1, activation="tanh", seed=1)([0.5])], Value(0.0, "b")) * 1.0
    root.backward()
    final = picture_of(root).final
    assert [final.notes[box] for box in final.neurons] == [("vanishing",), ()]
    root = (Neuron(1, activation="tanh", seed=1)([0.5]) * 1e9) + 1.0
    root.backward()
    final = picture_of(root).final
    assert final.notes[final.neurons[0]] == ("exploding",)


def test_words_for_who_can_not_see_it(dot: Path) -> None:
    root = network((2, 2, 1))
    before = titles(to_svg(root))
    assert "; a network with layers of 2, 1 neurons" in "".join(ElementTree.fromstring(to_svg(root)).itertext())
    root.backward()
    nodes = {node.label: node for node in Trace(root).order}
    id_ = next(id_ for id_ in before if id_.endswith("g_layer_2_neuron_1_1"))
    w, z = nodes["W2[1,2]"], nodes["z2[1]"]
    assert titles(to_svg(root))[id_] == (
        f"a1[2] goes into z2[1] by W2[1,2] = {w.data:.4g}; dz2[1]/da1[2] = {w.data:.4g}; "
        f"back: message = local x upstream: {z.grad * w.data:.4g} = {w.data:.4g} * {z.grad:.4g}"
    )


def test_before_a_backward_the_arrows_point_forward_and_carry_nothing() -> None:
    source = to_dot(network((2, 2, 1))).source
    assert "dir=back" not in source
    assert "legend" not in source
    assert " e,"[1:] in source


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_at_a_moment_nothing_moves(share: float) -> None:
    root = network((2, 2, 1))
    trace = Trace(root)
    end = picture_of(root, trace=trace)
    now = picture_of(root, trace=trace, at_step=int(share * len(trace)))
    places = [[(s.x, s.y, s.width, s.height) for s in picture.spots.values()] for picture in (now, end)]
    assert places[0] == places[1]
    assert [link.way for link in now.links.values()] == [link.way for link in end.links.values()]
    known = [flow.message is not None for flow in now.now.flows.values()]
    assert any(known) is (share > 0.6)
    assert all(known) is (share == 1.0)


def test_what_to_show_can_be_chosen() -> None:
    root = network((2, 2, 1))
    root.backward()
    assert ">grad" not in to_dot(root, show=["values"]).source.replace("\u00a0", "")
    assert "dir=back" not in to_dot(root, show=["values"]).source
    assert ">value" not in to_dot(root, show=["gradients", "messages"], legend=False).source.replace("\u00a0", "")


def test_an_error_shared_by_many_samples_takes_little_time(dot: Path) -> None:
    import time

    random.seed(1)
    model = MLP(2, (16, 16, 1))
    root = mean([(model([random.uniform(-1, 1), random.uniform(-1, 1)]) - 1.0) ** 2 for _ in range(735)])
    root.backward()
    start = time.process_time()
    to_svg(root)
    assert time.process_time() - start < 8.0
