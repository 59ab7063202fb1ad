"""The page: what stands in the file, what the script is given, and the op table as JavaScript in a browser."""

from __future__ import annotations

import base64
import concurrent.futures
import dataclasses
import hashlib
import itertools
import json
import math
import os
import random
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import Value, lessons, ops, primitive
from autograd import dot as weighted_sum
from autograd.engine.op import Op
from autograd.errors import ArgumentError, GraphError, OperandError
from autograd.reading.formulas import LATEX, made_by
from autograd.reading.trace import Trace
from autograd.render import to_html
from autograd.render.page.data import js_op, json_text
from autograd.render.page.mathml import mathml
from tests.helpers.oracle import form_of, row_id, rows

VOID = {"meta", "input", "path", "rect"}


class Reader(HTMLParser):
    """Elements by id, and the text inside each; whether tags close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = tag, dict(attrs)
        self.elements.append(element)
        if tag not in VOID or (tag in ("path", "rect") and "/" not in (self.get_starttag_text() or "")):
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for tag, attributes in self.open:
            for key in (tag, attributes.get("id") or ""):
                self.text[key] = self.text.get(key, "") + data

    def having(self, name: str, value: str | None = None) -> list[dict[str, str | None]]:
        return [a for _, a in self.elements if name in a and (value is None or a[name] == value)]


def two_paths() -> Value:
    a, b = Value(2.0, "a"), Value(1.0, "b")
    return (a + b) * (b + 1)


def data_of(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Reader(page).text["data"])
    return found


def test_ids_that_others_rely_on(dot: Path) -> None:
    page = Reader(to_html(two_paths()))
    ids = [a["id"] for a in page.having("id")]
    assert len(ids) == len(set(ids))
    wanted = """first back play forward last step sentence numbers equations sums predict guess check verdict paths
        inputs problem reset graph n0 n1 n2 n3 n4 n5 n0_n2_0 n1_n2_1"""
    assert set(wanted.split()) <= set(ids)
    assert page.having("id", "step")[0]["max"] == "10"
    places = {a["id"]: a["data-of"] for t, a in page.elements if "data-of" in a and a.get("id")}
    assert places == {
        "n0": "0", "n1": "1", "n2": "3", "n3": "2", "n4": "4", "n5": "5",
        "n0_n2_0": "3.0", "n1_n2_1": "3.1", "n1_n4_0": "4.0", "n3_n4_1": "4.1", "n2_n5_0": "5.0", "n4_n5_1": "5.1",
    }  # fmt: skip


def test_ids_are_unique_where_neurons_share_weights(dot: Path) -> None:
    w, x, b = [Value(0.5, "w1"), Value(-1.0, "w2")], [Value(1.0, "x1"), Value(2.0, "x2")], Value(0.1, "b")
    first = [ag.tanh(weighted_sum(w, x, b)), ag.tanh(weighted_sum([w[0], 2.0], x, b))]
    ids = [a["id"] for a in Reader(to_html(weighted_sum([2.0, 2.0], first) ** 2)).having("id")]
    assert len(ids) == len(set(ids))


def test_landmarks_and_live_regions(dot: Path) -> None:
    page = Reader(to_html(two_paths(), title="T", description="D", links=[("All", "index.html"), ("Here", "")]))
    tags = [tag for tag, _ in page.elements]
    assert [tags.count(tag) for tag in ("main", "header", "nav", "h1")] == [1, 1, 1, 1]
    assert page.text["h1"] == "T"
    assert page.text["description"] == "D"
    assert page.having("id", "sentence")[0]["aria-live"] == page.having("id", "verdict")[0]["aria-live"] == "polite"
    assert page.having("id", "problem")[0]["role"] == "alert"
    assert page.having("aria-current", "page")[0]["href"] == "#step=0"
    for box in [a for a in page.having("class") if "node" in (a["class"] or "").split()]:
        assert (box["tabindex"], box["role"]) == ("0", "button")
        assert box["aria-label"]


def test_without_a_script_every_record_is_there(dot: Path) -> None:
    written = Reader(to_html(two_paths())).text["equations"]
    print(written)
    assert "v1=a+b=2+1=3" in written
    assert "so far" in written  # b gets a second contribution


def test_policy_allows_exactly_the_script_and_the_style_of_the_page(dot: Path) -> None:
    page = to_html(two_paths())
    policy = Reader(page).having("http-equiv", "Content-Security-Policy")[0]["content"] or ""
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    scripts, styles = re.findall(r"<script>(.*?)</script>", page, re.S), re.findall(r"<style>(.*?)</style>", page, re.S)
    assert len(scripts) == len(styles) == 1
    for text, directive in [(scripts[0], "script-src"), (styles[0], "style-src")]:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert "://" not in page.replace('"http://www.w3.org/2000/svg"', "")
    assert not re.search(r"\s(on\w+|style|src)=", page.split("<body>")[1].split("<script")[0])


def test_same_page_in_every_run(dot: Path) -> None:
    assert to_html(two_paths()) == to_html(two_paths())


def test_the_graph_keeps_what_it_stores(dot: Path) -> None:
    root = two_paths()
    root.backward()
    before = [(node.data, node.grad) for node in Trace(root).order]
    to_html(root)
    assert [(node.data, node.grad) for node in Trace(root).order] == before


def test_what_the_script_is_given(dot: Path) -> None:
    nodes = {node["name"]: node for node in data_of(to_html(two_paths()))["nodes"]}
    assert nodes["v3"]["parents"] == [3, 4]
    assert nodes["v3"]["locals"] == [2.0, 3.0]
    assert nodes["v2"]["sends"] == [0]  # nothing to the plain number
    assert nodes["1"]["kind"] == "number"
    assert nodes["v3"]["formula"] == [[0, True], " * ", [1, True]]


def test_a_plain_number_has_a_box_for_each_use(dot: Path) -> None:
    x = Value(3.0, "x")
    page = to_html(2 * x + 2)
    (place,) = (i for i, node in enumerate(data_of(page)["nodes"]) if node["kind"] == "number")
    assert [a["id"] for a in Reader(page).having("data-of", str(place)) if "id" in a] == ["n0", "n3"]


def test_an_operand_used_twice_has_two_arrows(dot: Path) -> None:
    x = Value(3.0, "x")
    page = Reader(to_html(x * x))
    arrows = [*page.having("data-of", "1.0"), *page.having("data-of", "1.1")]
    assert [a["id"] for a in arrows if "id" in a] == ["n0_n1_0", "n0_n1_1"]


def test_a_dot_sends_to_each_weight_with_its_input(dot: Path) -> None:
    w, x = [Value(1.0, "w1"), Value(2.0, "w2")], [Value(3.0, "x1"), Value(4.0, "x2")]
    assert data_of(to_html(weighted_sum(w, x, Value(5.0, "b"))))["nodes"][-1]["sends"] == [0, 2, 1, 3, 4]


def test_brackets_around_negative_numbers_only_where_they_come(dot: Path) -> None:
    x = Value(3.0, "x")
    nodes = data_of(to_html((x**2).sin() - x))["nodes"]
    assert [node["formula"] for node in nodes if node["parents"]] == [
        [[0, True], " ** 2"],
        ["sin(", [0, False], ")"],
        [[0, True], " - ", [1, True]],
    ]


def test_numbers_that_json_has_no_name_for(dot: Path) -> None:
    x = Value(float("inf"), "x")
    page = to_html(x * float("-inf") + Value(float("nan"), "y"))
    assert [node["value"] for node in data_of(page)["nodes"]][:3] == ["inf", "nan", "-inf"]
    assert "not finite: x is the first node" in Reader(page).text["equations"]


def test_inputs_before_an_operation_without_javascript_are_read_only(dot: Path) -> None:
    @primitive(partials=lambda out, x: (2.0 * x,))
    def square(x: float) -> float:
        return x * x

    nodes = data_of(to_html(square(Value(3.0, "x")) * Value(2.0, "w")))["nodes"]
    assert {node["name"]: node.get("fixed") for node in nodes if not node["parents"]} == {"x": "square", "w": None}


@pytest.mark.parametrize(
    "address", ["https://a.b", "//a.b", "/etc", "javascript:x()", "java\tscript:x()", " a", "a\n", "\\\\a"]
)
def test_links_are_relative(address: str, dot: Path) -> None:
    with pytest.raises(ArgumentError, match="an address is relative"):
        to_html(two_paths(), links=[("out", address)])


def test_links_go_where_they_say(dot: Path) -> None:
    addresses = ["index.html", "../a/b-2.html#step=3", "1.8.html?x=1"]
    page = Reader(to_html(two_paths(), links=[(f"<{a}>", a) for a in addresses]))
    assert [a["href"] for a in page.having("href")][1:] == addresses
    assert page.text["nav"] == "".join(f"<{a}>" for a in addresses)


def test_what_has_no_page(dot: Path) -> None:
    with pytest.raises(OperandError):
        to_html(3.0)  # type: ignore[arg-type]
    with pytest.raises(GraphError, match="nothing to step through"):
        to_html(Value(1.0))
    with pytest.raises(ArgumentError, match="another node"):
        to_html(two_paths(), trace=Trace(two_paths()))
    y = Value(1.0, "x")
    for _ in range(400):
        y = y.sin()
    with pytest.raises(GraphError, match=r"401 nodes.*a page plays up to 400 nodes.*a part of it"):
        to_html(y)


def test_a_trace_is_played_with_its_own_seed_and_numbers(dot: Path) -> None:
    root = two_paths()
    trace = Trace(root, seed=-2.0)
    trace.order[0].data = 50.0
    data = data_of(to_html(root, trace=trace))
    assert (data["seed"], data["nodes"][0]["value"]) == (-2.0, 2.0)


def test_the_largest_lesson_has_a_page(dot: Path) -> None:
    root, _ = lessons.get(5).graph("5.4")
    assert len(data_of(to_html(root))["nodes"]) == len(Trace(root).order)


any_text = st.text(st.characters(exclude_categories=()))
nasty = st.sampled_from(
    ["</script>", "<!--", "]]>", '"', "'", "<b>", "&lt;", "{{data}}", "\x00", "\ud800", "\u2028", "\u202e", "${x}"]
)
labels = st.lists(any_text | nasty, max_size=4).map("".join)


@given(labels, labels)
@settings(max_examples=25, deadline=None)
def test_any_label_and_title(label: str, title: str) -> None:
    root = Value(2.0, label) * Value(3.0, label, constant=True)
    root.label = label
    page = to_html(root, title=title, description=title, links=[(title, "a.html")])
    page.encode()
    read = Reader(page)
    assert [tag for tag, _ in read.elements].count("script") == 2
    assert not {"b", "img"} & {tag for tag, _ in read.elements}
    assert json.loads(read.text["data"])["nodes"][0]["name"] == Trace(root)[0].name
    svg = page[page.index('<svg xmlns="') : page.index("</svg>", page.index('<svg xmlns="')) + 6]
    ET.fromstring(svg)


def test_json_cannot_end_its_element() -> None:
    text = json_text({"a": ["</script><!--&\u2028\u2029", float("-inf"), -0.0]})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"a": ["</script><!--&\u2028\u2029", "-inf", -0.0]}


# === mathematics, tables, size ========================================================================================


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"x_{1}^{2}", "<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>"),
        (r"\hat{y} - 1", '<mover accent="true"><mi>y</mi><mo stretchy="false">^</mo></mover><mo>−</mo><mn>1</mn>'),
        (r"\sqrt[3]{a}", "<mroot><mi>a</mi><mn>3</mn></mroot>"),
        (r"\Lambda \delta", "<mi>Λ</mi><mi>δ</mi>"),
        (r"\text{<b>}\&", "<mtext>&lt;b&gt;</mtext><mo>&amp;</mo>"),
        (r"\data{3}{\frac{a}{b}}", '<mfrac data-of="3"><mi>a</mi><mi>b</mi></mfrac>'),
        (r"\slot{v1}{-2}", '<mn data-slot="v1">-2</mn>'),
    ],
)
def test_latex_becomes_mathml(latex: str, expected: str) -> None:
    assert mathml(latex) == expected


def test_every_row_can_be_typeset() -> None:
    for op in rows():
        for count in {len(point) for point in form_of(op).points}:
            names = [f"x{i}" for i in range(count)]
            tree = ET.fromstring(f"<math>{mathml(made_by(op, names, LATEX))}</math>")
            assert "\\" not in "".join(tree.itertext())


def test_an_unknown_command_is_refused() -> None:
    with pytest.raises(ArgumentError, match="no MathML here for the command"):
        mathml(r"\unknown{x}")


def network() -> Value:
    return (ag.nn.MLP(3, [4, 4, 1])([Value(x, f"x{i}") for i, x in enumerate((2.0, 3.0, -1.0), 1)]) - 1.0) ** 2


def test_neurons_are_tables_in_order_and_nothing_overlaps(dot: Path) -> None:
    page = Reader(to_html(network()))
    rows_of = [a for a in page.having("class") if {"node", "row"} <= set((a["class"] or "").split())]
    assert len(rows_of) == 4 * (3 + 1 + 2) + 4 * (4 + 1 + 2) + (4 + 1 + 1)
    svg = to_html(network())
    tree = ET.fromstring(svg[svg.index('<svg xmlns="') : svg.index("</svg>", svg.index('<svg xmlns="')) + 6])
    name = "{http://www.w3.org/2000/svg}"
    frames = [g for g in tree.iter(f"{name}g") if g.get("class") == "table"]
    places = {}
    for frame in frames:
        rect, title = frame.find(f"{name}rect"), frame.find(f"{name}text")
        assert rect is not None
        assert title is not None
        places[title.text or ""] = [float(rect.get(key, "")) for key in ("x", "y", "width", "height")]
    for layer in (1, 2):
        column = [places[f"layer {layer}, neuron {n}"] for n in range(1, 5)]
        for above, below in itertools.pairwise(column):
            assert above[0] == below[0]
            assert above[1] + above[3] < below[1]
    assert places["layer 1, neuron 1"][0] + places["layer 1, neuron 1"][2] < places["layer 2, neuron 1"][0]


def recurrent() -> Value:
    w, b, state = [Value(0.3, "w1"), Value(0.7, "w2")], Value(0.1, "b"), Value(0.0, "h0")
    for k in range(4):
        state = ag.tanh(weighted_sum(w, [state, Value(0.2 * k, f"x{k}")], b))
    return (state - 1.0) ** 2


def normalised() -> Value:
    model = ag.nn.Sequential(ag.nn.Linear(2, 3), ag.nn.BatchNorm(3))
    return ag.losses.mse([list(row) for row in model([[0.1, 0.2], [0.4, -0.2], [0.9, 0.5]])], [[0.0, 1.0, 0.0]] * 3)


def bias_added() -> Value:
    W, x, b = ag.array([[0.1, 0.2], [0.3, 0.4]], "W"), ag.array([1.0, 2.0], "x"), ag.array([0.1, 0.1], "b")
    return ag.sum(list((W @ x + b) ** 2))


@pytest.mark.parametrize("make", [recurrent, normalised, bias_added, network])
def test_every_node_has_a_box(make: Callable[[], Value], dot: Path) -> None:
    page = to_html(make())
    shown = {of for a in Reader(page).having("data-of") for of in (a["data-of"] or "").split()}
    missing = [node["name"] for i, node in enumerate(data_of(page)["nodes"]) if str(i) not in shown]
    assert not [name for name in missing if re.search("[a-z]", name)]  # plain numbers stand in formulas


def test_a_page_of_a_small_network_is_small(dot: Path) -> None:
    assert len(to_html(network()).encode()) < 300_000


# === the op table as JavaScript: what is written, and what a browser computes with it =================================


INF, NAN = math.inf, math.nan
EDGES = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 1.5, -3.5, 20.0, -20.0, 710.0, -710.0, 746.0, 1e-320, 1e308),
    *(0.125, -2.675, 25.0, -0.004, 1234567.895, 12345678901234565.0, 99999999999999995.0),  # what rounding stumbles on
    *(-0.75, 1.77, -1.8, 2.5, -5.9, -26.5, -37.9, 27.2),  # where the forms of the error function take turns, or end
    *(INF, -INF, NAN),
)
ENDS = (0.0, -0.0, 1.0, -1.0, -2.0, 0.5, 3.0, 1e16, -1e16, 1e200, -1e-200, INF, -INF, NAN)
REL = 1e-13
GELU_SLOPE = 2e-16  # near its zero the browser's sum cancels, which the engine's series does not


class Kind(NamedTuple):
    """A row at a number of operands."""

    op: Op
    count: int

    def __str__(self) -> str:
        return f"{row_id(self.op)}/{self.count}"


def kinds() -> list[Kind]:
    counts = {op: sorted({len(point) for point in form_of(op).points}) for op in rows()}
    return [Kind(op, count) for op in counts for count in counts[op]]


KINDS = kinds()
PRELUDE = (Path(ag.__file__).parent / "render" / "page" / "arithmetic.js").read_text("utf-8")
every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


def source(kind: Kind) -> str:
    text = js_op(kind.op, kind.count)
    assert text is not None
    return text


# --- what is written ---------------------------------------------------------------------------------------------


def test_every_row_has_a_form_in_javascript() -> None:
    without = {op.name for op in rows() if not op.js}
    assert without == set(), "a page could not compute a graph with these again"


@every_kind
def test_source_is_one_balanced_line_and_always_the_same(kind: Kind) -> None:
    text = source(kind)
    assert text == source(kind)
    assert "\n" not in text
    bare = re.sub(r'"[^"]*"', "", text)
    for opening, closing in ("()", "[]", "{}"):
        assert bare.count(opening) == bare.count(closing)
    assert not re.search(r"--|\+\+|\b(nan|inf|None|True|False)\b", bare)


@every_kind
def test_every_line_of_a_rule_is_written_once(kind: Kind) -> None:
    lines = re.findall(r"const t\d+ = (.*?);", source(kind))
    assert len(lines) == len(set(lines))


def test_functions_that_the_sources_call_are_in_the_prelude() -> None:
    called = set(re.findall(r"\bag\.(\w+)", " ".join(map(source, KINDS))))
    offered = PRELUDE.split("Object.freeze({")[1].split("})")[0]
    assert called == set(re.findall(r"\w+", offered))


def test_prelude_and_sources_stay_inside_a_script_element() -> None:
    for text in (PRELUDE, *map(source, KINDS)):
        assert "</" not in text
        assert "<!--" not in text


def test_parameters_are_written_with_all_their_digits() -> None:
    third = 1.0 / 3.0
    assert repr(third) in str(js_op(ops.leaky_relu(third), 1))
    assert "(-Infinity)" in str(js_op(ops.clip(-INF, 0.5), 1))
    assert js_op(ops.power(-0.5), 1) == js_op(ops.power(-0.5), 1)


def test_a_rule_that_doubles_at_every_step_stays_short() -> None:
    def doubling(out: Any, a: Any) -> tuple[Any]:
        for _ in range(200):
            a = a * a + a
        return (a,)

    text = js_op(dataclasses.replace(ops.EXP, partials=doubling), 1)
    assert text is not None
    assert text.count("const") == 400


def test_leaves_and_primitives_have_no_form() -> None:
    @ag.primitive(partials=lambda out, x: (3 * x**2,))
    def cube(x: float) -> float:
        return x * x * x

    for op in (ops.LEAF, ops.CONSTANT, ops.LITERAL, cube.op):
        assert js_op(op, 1) is None


def test_a_row_whose_rule_needs_one_without_a_form_has_none() -> None:
    formless = dataclasses.replace(ops.COS, js="")
    assert js_op(dataclasses.replace(ops.SIN, partials=lambda out, a: (2.0 * formless(a),)), 1) is None


def test_operands_of_a_row_that_takes_any_number_are_counted() -> None:
    assert str(js_op(ops.SUM, 3)).startswith("{f: (x1, x2, x3) => ag.sum(x1, x2, x3), ")


# --- what a browser computes with it -------------------------------------------------------------------------------

HARNESS = """
([sources, cases]) => {
  const attempt = (run) => {
    try { return run(); } catch (e) { return e instanceof RangeError ? e.message : "!" + e; }
  };
  const table = new Function(PRELUDE + "; return [" + sources.join(",") + "];")();
  return cases.map(([i, out, point]) => [
    attempt(() => table[i].f(...point)),
    out === null ? null : attempt(() => table[i].d(out, ...point)),
  ]);
}
"""


def points(kind: Kind) -> list[tuple[float, ...]]:
    """The points of the row's form, the ends of the number line, and 200 at random, small and large."""
    draw = random.Random(str(kind))

    def anything() -> float:
        x = draw.choice((draw.gauss(0.0, 3.0), draw.uniform(-1.0, 1.0), draw.uniform(0.0, 40.0)))
        return draw.choice((x, x, x, float(round(x)), x * 10.0 ** draw.randint(-8, 8)))

    own = [point for point in form_of(kind.op).points if len(point) == kind.count]
    if kind.count == 1:
        ends = [(x,) for x in EDGES]
    elif kind.count == 2:
        ends = list(itertools.product(ENDS, repeat=2))
    else:
        ends = [tuple(draw.choices(ENDS, k=kind.count)) for _ in range(100)]
    return own + ends + [tuple(anything() for _ in range(kind.count)) for _ in range(200)]


def python(function: Callable[..., Any], *inputs: float) -> Any:
    """What a row's function gives, None where it raises."""
    try:
        return function(*inputs)
    except (ArithmeticError, ValueError):
        return None


def missing(component: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"CI has to open pages: {component} is not installed")
    pytest.skip(f"{component} is not installed")


def in_a_browser(work: list[Any]) -> list[Any]:
    """The harness's answer. In a thread of its own: another test's browser may hold this thread's event loop."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("Playwright")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        missing("Chromium")

    def visit() -> list[Any]:
        with sync_playwright() as session:
            browser = session.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page()
            page.evaluate("text => { window.PRELUDE = text; }", PRELUDE)
            answer: list[Any] = page.evaluate(HARNESS, work)
            browser.close()
            return answer

    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        return threads.submit(visit).result()


@pytest.fixture(scope="module")
def answers() -> dict[str, list[tuple[tuple[float, ...], Any, Any]]]:
    """For each kind its points, each with the value and the partials (or the message) that the browser gave."""
    cases = [
        (kind, i, point, python(kind.op.forward, *point)) for i, kind in enumerate(KINDS) for point in points(kind)
    ]
    sources = [source(kind) for kind in KINDS]
    got = in_a_browser([sources, [[i, out, list(point)] for _, i, point, out in cases]])
    found: dict[str, list[tuple[tuple[float, ...], Any, Any]]] = {str(kind): [] for kind in KINDS}
    for (kind, _, point, _), (value, slopes) in zip(cases, got, strict=True):
        found[str(kind)].append((point, value, slopes))
    return found


def agree(got: float, expected: float, floor: float = 0.0) -> bool:
    if expected == 0.0:
        return got == 0.0 and math.copysign(1.0, got) == math.copysign(1.0, expected)
    if math.isnan(expected):
        return math.isnan(got)
    return math.isclose(got, expected, rel_tol=REL, abs_tol=max(floor, 1e-315))  # below it doubles have no 13 digits


def test_agreement_is_strict() -> None:
    assert agree(1.0 + 1e-15, 1.0)
    for got, expected in ((1.0 + 1e-12, 1.0), (0.0, -0.0), (1e-300, 0.0), (NAN, 1.0), (INF, 1e308), (-INF, INF)):
        assert not agree(got, expected)


@every_kind
def test_browser_gives_the_value_and_raises_where_python_raises(kind: Kind, answers: Any) -> None:
    for point, got, _ in answers[str(kind)]:
        expected = python(kind.op.forward, *point)
        if expected is None:
            assert isinstance(got, str), f"{kind} at {point}: {got!r}, Python raises"
            assert got.startswith(f"{kind.op.name} with "), got
        else:
            assert not isinstance(got, str), f"{kind} at {point}: {got}; Python {expected!r}"
            floor = GELU_SLOPE if kind.op is ops.GELU_SLOPE else 0.0
            assert agree(got, expected, floor), f"{kind} at {point}: {got!r}, Python {expected!r}"


@every_kind
def test_browser_gives_the_partials_of_the_rows_rule(kind: Kind, answers: Any) -> None:
    for point, value, got in answers[str(kind)]:
        if isinstance(value, str):
            continue
        expected = python(kind.op.float_partials, kind.op.forward(*point), *point)
        if expected is None:
            assert isinstance(got, str), f"{kind} at {point}: {got!r}, Python's rule raises"
            assert " with " in got
        else:
            assert not isinstance(got, str), f"{kind} at {point}: {got}; Python {expected!r}"
            floor = GELU_SLOPE if kind.op is ops.GELU else 0.0
            agreed = [agree(g, e, floor) for g, e in zip(got, expected, strict=True)]
            assert all(agreed), f"{kind} at {point}: {got!r}, Python {expected!r}"


@pytest.mark.parametrize(
    ("kind", "point", "message"),
    [
        ("log/1", (-1.0,), "log with x = -1: log is defined for x > 0"),
        ("exp/1", (746.0,), "exp with x = 746: the result is too large for a double"),
        ("//2", (1.0, -0.0), "/ with x1 = 1, x2 = -0: / is defined for a divisor other than 0"),
        ("floor/1", (INF,), "floor with x = Infinity: floor is defined for finite x"),
    ],
)
def test_refusal_names_the_operation_the_numbers_and_the_domain(
    kind: str, point: tuple[float, ...], message: str, answers: Any
) -> None:
    given = {repr(at): value for at, value, _ in answers[kind]}
    assert given[repr(point)] == message
