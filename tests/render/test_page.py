"""The page without a browser: what stands in the file, and what the script is given."""

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, lessons, primitive, steps
from autograd import dot as weighted_sum
from autograd.errors import ArgumentError, GraphError, OperandError
from autograd.reading.trace import Trace
from autograd.render import to_html
from autograd.render.page.data import json_text

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
    assert [a["data-node"] for t, a in page.elements if t == "input" and "data-node" in a] == ["n0", "n1"]


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
    for step in steps(two_paths()):
        for line in str(step).split("\n")[1:]:
            for message in line.strip().split("; to "):
                assert message in written


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
    assert nodes["v3"]["parents"] == [2, 4]
    assert nodes["v3"]["locals"] == [2.0, 3.0]
    assert nodes["v2"]["sends"] == [0]  # nothing to the plain number
    assert nodes["1"]["kind"] == "number"
    assert nodes["v3"]["formula"] == [[0, True], " * ", [1, True]]


def test_a_plain_number_has_a_box_for_each_use(dot: Path) -> None:
    x = Value(3.0, "x")
    nodes = data_of(to_html(2 * x + 2))["nodes"]
    assert [node["ids"] for node in nodes if node["kind"] == "number"] == [["n0", "n3"]]


def test_an_operand_used_twice_has_two_arrows(dot: Path) -> None:
    x = Value(3.0, "x")
    assert data_of(to_html(x * x))["nodes"][1]["edges"] == ["n0_n1_0", "n0_n1_1"]


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
    assert [node["value"] for node in data_of(page)["nodes"]][:2] == ["inf", "-inf"]
    assert "not finite: x is the first node" in Reader(page).text["equations"]


def test_inputs_before_an_operation_without_javascript_are_read_only(dot: Path) -> None:
    @primitive(partials=lambda out, x: (2.0 * x,))
    def square(x: float) -> float:
        return x * x

    page = Reader(to_html(square(Value(3.0, "x")) * Value(2.0, "w")))
    fields = {a["data-node"]: a for t, a in page.elements if t == "input" and "data-node" in a}
    assert [name for name, field in fields.items() if "readonly" in field] == ["n0"]
    assert "square" in (fields["n0"]["title"] or "")


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
