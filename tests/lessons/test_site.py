"""The site: pages that link to each other, hold every figure, escape every text and are the same in every run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from autograd import Value, cli, lessons, tanh
from autograd.errors import GraphError, GraphvizMissingError
from autograd.lessons.claims import Claim, Figure, Graph, Lesson, exactly, holds, printed, shown
from autograd.lessons.examples import named
from autograd.lessons.report import cells
from autograd.lessons.signs import signs
from autograd.lessons.site import Page, apart, document, figure_table, pages, picture, table
from autograd.render import drawing

HOSTILE = "</script><img src=x onerror=\"alert(1)\"> & 'quoted'"
VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}


class Reader(HTMLParser):
    """Reads a page strictly: every element that opens is closed, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.words = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.words += data
        if self.rows and {"th", "td"} & set(self.open):
            self.rows[-1][-1] += data

    def all(self, name: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(name)) is not None]


def squared(name: str = "x") -> Graph:
    x = Value(3.0, name)
    return named(x * x)


def lesson_of(*claims: Claim, title: str = "Planted", about: str = "What it is about.") -> Lesson:
    return Lesson(9, title, "nowhere.txt", claims, about=about)


def made(*several: Lesson) -> dict[str, str]:
    """The pages of lessons, by name."""
    written = pages([(lesson, [(claim, claim.run()) for claim in lesson.claims]) for lesson in several])
    return {page.name: page.make() for page in written}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reader]:
    """The real site, as the command writes it."""
    where = tmp_path_factory.mktemp("site") / "new" / "directory"
    assert cli.main(["site", str(where)]) == 0
    return {path.name: Reader(path.read_text("utf-8")) for path in where.iterdir()}


# --- what is there -----------------------------------------------------------------------------------------------


def test_a_page_for_every_lesson_graph_and_picture(site: dict[str, Reader]) -> None:
    expected = {"index.html"}
    for lesson in lessons.all():
        expected |= {f"lesson-{lesson.number}.html"}
        expected |= {f"claim-{claim.id}.html" for claim in lesson.claims if claim.graph is not None}
        expected |= {f"picture-{claim.id}.html" for claim in lesson.claims if claim.picture is not None}
    assert set(site) == expected
    assert {"claim-1.8.html", "claim-5.3.html"} <= expected


def test_every_link_leads_to_a_page_and_a_place_on_it(site: dict[str, Reader]) -> None:
    for name, reader in site.items():
        for address in reader.all("href"):
            page, _, anchor = address.partition("#")
            assert page == "" or page in site, f"{name} links to {address}"
            if anchor and not anchor.startswith("step="):
                assert anchor in site[page or name].all("id"), f"{name} links to {address}"


def test_every_page_can_be_reached_and_leads_back(site: dict[str, Reader]) -> None:
    seen, waiting = set[str](), ["index.html"]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [page for address in site[name].all("href") if (page := address.partition("#")[0])]
    assert seen == set(site)
    for name, reader in site.items():
        if name != "index.html":
            assert "index.html" in reader.all("href"), name


def test_ids_are_unique_on_each_page(site: dict[str, Reader]) -> None:
    for name, reader in site.items():
        ids = reader.all("id")
        assert len(set(ids)) == len(ids), name


def test_nothing_is_loaded_and_the_policy_says_so(site: dict[str, Reader]) -> None:
    for name, reader in site.items():
        assert reader.all("src") == [], name
        assert not any(tag in ("link", "iframe", "object", "embed", "base") for tag, _ in reader.elements), name
        policies = [a["content"] for tag, a in reader.elements if a.get("http-equiv") == "Content-Security-Policy"]
        assert len(policies) == 1, name
        assert str(policies[0]).startswith("default-src 'none'"), name


def test_the_index_tells_of_every_lesson_and_claim(site: dict[str, Reader]) -> None:
    index = site["index.html"]
    rows = {row[0]: row for row in index.rows}
    for lesson in lessons.all():
        assert lesson.teaches
        assert signs(lesson.teaches) in index.words
        assert f"Lesson {lesson.number}: {lesson.title}" in index.words
        for claim in lesson.claims:
            _, learnt, verdict, _ = rows[signs(f"{claim.id} {claim.title}")]
            assert learnt == signs(claim.idea)
            assert signs(claim.errs) in verdict
            assert signs(claim.omits) in verdict
            assert "computed" not in verdict


def test_a_lesson_shows_every_figure_as_the_text_report_does(site: dict[str, Reader]) -> None:
    for lesson in lessons.all():
        reader = site[f"lesson-{lesson.number}.html"]
        written = [tuple(row) for row in reader.rows]
        for claim in lesson.claims:
            for text in (claim.says, claim.idea, claim.errs, claim.omits):
                assert signs(text) in reader.words
            for figure in claim.run():
                name, said, computed, verdict = map(signs, cells(figure))
                computed = "(measured anew in each run)" if figure.measured else computed
                assert any(
                    (row[0].startswith(name), row[1:]) == (True, (said, computed, verdict)) for row in written
                ), figure
                assert signs(figure.note) in reader.words


def test_numbers_that_differ_from_run_to_run_are_left_out() -> None:
    html = figure_table("t", [shown("time", 0.123456, measured=True)])
    assert "0.123456" not in html
    assert "(measured anew in each run)" in html


# --- the pages themselves ----------------------------------------------------------------------------------------


def test_verdicts_are_words_not_colours_alone() -> None:
    figures = [
        printed("a", "1", 1.0),
        printed("b", "2", 3.0),
        holds("c", "3", 4.0, False, should_agree=False),
        exactly("d", None, 1.0, 1.0),
        shown("e", 5),
    ]
    rows = Reader(figure_table("Five", figures)).rows[1:]
    assert [row[3] for row in rows] == ["agrees", "FAILS", "differs", "ours", "shown"]


def test_a_table_says_what_each_cell_belongs_to() -> None:
    reader = Reader(table("Two", ("name", "one"), [("a", "1"), ("b", "<b>2</b>")]))
    assert reader.rows == [["name", "one"], ["a", "1"], ["b", "2"]]
    assert reader.all("scope") == ["col", "col", "row", "row"]
    assert reader.all("data-column") == ["one", "one"]


def test_hostile_texts_stay_text() -> None:
    figure = Figure(HOSTILE, HOSTILE, HOSTILE, True, HOSTILE, reference=HOSTILE + ".")
    claim = Claim("9.1", HOSTILE, HOSTILE, lambda: [figure], lambda: squared(HOSTILE), omits=HOSTILE)
    drawn = Claim("9.2", HOSTILE, HOSTILE, lambda: [], picture=lambda: "<svg xmlns='http://www.w3.org/2000/svg'/>")
    written = made(lesson_of(claim, drawn, title=HOSTILE, about=HOSTILE))
    assert set(written) == {"index.html", "lesson-9.html", "claim-9.1.html", "picture-9.2.html"}
    for name, html in written.items():
        assert "<img" not in html, name
        reader = Reader(html)
        assert HOSTILE in reader.words, name
        assert not any(attribute.startswith("on") for _, found in reader.elements for attribute in found), name


def test_a_graph_too_large_for_a_page_gets_its_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(root: Value, **options: Any) -> str:
        raise GraphError("too large")

    monkeypatch.setattr("autograd.lessons.site.to_html", refused)
    html = made(lesson_of(Claim("9.1", "Large", "It is large.", lambda: [], squared)))["claim-9.1.html"]
    assert "<svg" in html
    assert "autograd step 9.1" in html
    assert "not computed" not in html
    assert "lesson-9.html#claim-9.1" in Reader(html).all("href")


def test_a_claim_has_its_verdict_and_leads_to_its_neighbours() -> None:
    claims = [Claim(f"9.{n}", f"Claim {n}", "Says.", lambda: [exactly("a", "1", 1.0, 1.0)], squared) for n in (1, 2, 3)]
    written = made(lesson_of(claims[0], Claim("9.5", "Nothing to see", "Says.", lambda: []), *claims[1:]))
    middle = Reader(written["claim-9.2.html"])
    assert {"claim-9.1.html", "claim-9.3.html"} <= set(middle.all("href"))
    assert "The engine agrees." in middle.words
    assert "claim-9.2.html" in Reader(written["claim-9.1.html"]).all("href")


def test_a_picture_has_a_page_without_its_xml_prolog() -> None:
    svg = "<?xml version='1.0' encoding='utf-8'?>\n<svg xmlns='http://www.w3.org/2000/svg'><title>norms</title></svg>"
    html = document("A", [picture(svg, "Norms")])
    assert "<?xml" not in html
    assert "<title>norms</title></svg>" in html


def test_a_lesson_alone_has_no_links_to_others() -> None:
    written = made(lesson_of(Claim("9.1", "One", "One.", lambda: [])))
    assert set(Reader(written["lesson-9.html"]).all("href")) == {"index.html"}


def test_pages_come_one_at_a_time() -> None:
    def broken() -> Graph:
        raise AssertionError("asked for too early")

    claim = Claim("9.1", "One", "One.", lambda: [], broken)
    first = next(pages([(lesson_of(claim), [(claim, [])])]))
    assert isinstance(first, Page)
    assert first.name == "index.html"
    assert first.make() == first.make()


def test_pictures_of_one_page_keep_their_ids_apart() -> None:
    svg = '<svg aria-labelledby="t d"><title id="t">A</title><use href="#n0"/><path clip-path="url(#c)"/></svg>'
    assert apart(svg, "p-") == (
        '<svg aria-labelledby="p-t p-d"><title id="p-t">A</title><use href="#p-n0"/><path clip-path="url(#p-c)"/></svg>'
    )
    svg = '<svg id="f1"><style>@media screen{#f1 .ink{fill:#fff}#f1 .rim{fill:#000}}</style><text>{#f1</text></svg>'
    assert apart(svg, "p-") == svg.replace('"f1"', '"p-f1"').replace("#f1 ", "#p-f1 ")


def test_a_lesson_shows_the_formulas_and_pictures_of_its_claims_and_leads_to_their_pages(
    site: dict[str, Reader],
) -> None:
    for lesson in lessons.all():
        page = site[f"lesson-{lesson.number}.html"]
        drawn = [claim for claim in lesson.claims if claim.graph is not None]
        figures = sum(tag == "figure" for tag, _ in page.elements)
        assert figures == len(drawn) + sum(claim.picture is not None for claim in lesson.claims)
        assert sum(tag == "math" for tag, _ in page.elements) >= len(drawn)
        assert {f"claim-{claim.id}.html" for claim in drawn} <= set(page.all("href"))


def test_the_same_in_every_run(tmp_path: Path) -> None:
    code = (
        "import sys; from autograd import lessons; from autograd.lessons.site import pages\n"
        "lesson = lessons.get(4)\n"
        "some = [(claim, claim.run()) for claim in lesson.claims if claim.id in ('4.1', '4.3', '4.6', '4.9')]\n"
        "sys.stdout.reconfigure(encoding='utf-8'); print(*[page.make() for page in pages([(lesson, some)])])"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


# --- the command -------------------------------------------------------------------------------------------------


def few(monkeypatch: pytest.MonkeyPatch, *claims: Claim) -> None:
    monkeypatch.setattr(lessons, "all", lambda: (lesson_of(*claims),))


def test_the_command_says_how_many_pages_and_how_to_open_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few(monkeypatch, Claim("9.1", "One", "One.", lambda: [], squared))
    assert cli.main(["site", str(tmp_path / "out")]) == 0
    done = capsys.readouterr()
    assert done.out == f"wrote 3 pages; open {tmp_path / 'out' / 'index.html'} in a browser\n"
    assert done.err == ""
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"index.html", "lesson-9.html", "claim-9.1.html"}


def test_a_wrong_figure_makes_the_exit_status_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch, Claim("9.1", "One", "One.", lambda: [printed("one", "2", 1.0)]))
    assert cli.main(["site", str(tmp_path)]) == 1
    assert ">FAILS<" in (tmp_path / "lesson-9.html").read_text("utf-8")


def test_without_dot_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(root: Value, **options: Any) -> str:
        raise GraphvizMissingError("no dot: install graphviz-pure")

    few(monkeypatch, Claim("9.1", "One", "One.", lambda: [], squared))
    monkeypatch.setattr("autograd.lessons.site.to_html", missing)
    assert cli.main(["site", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "autograd: no dot: install graphviz-pure\n"


@pytest.mark.parametrize(
    ("directory", "says"),
    [("", "the name is empty"), ("file/below", "cannot make the directory"), ("taken", "cannot write")],
)
def test_a_directory_that_cannot_be_written(
    directory: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few(monkeypatch, Claim("9.1", "One", "One.", lambda: []))
    (tmp_path / "file").write_text("")
    (tmp_path / "taken" / "index.html").mkdir(parents=True)
    try:
        status: Any = cli.main(["site", directory and str(tmp_path / directory)])
    except SystemExit as leaving:
        status = leaving.code
    assert status == 2
    done = capsys.readouterr()
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert says in done.err


# --- one page from the command -----------------------------------------------------------------------------------


def test_a_lesson_and_a_claim_as_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, one = tmp_path / "whole.html", tmp_path / "one.html"
    assert cli.main(["lesson", "5", "--html", str(whole)]) == 0
    assert f"wrote {whole}" in capsys.readouterr().out
    assert "Lesson 5: Two weights by hand" in Reader(whole.read_text("utf-8")).words
    assert cli.main(["lesson", "5", "5.2", "--html", str(one), "--svg", str(tmp_path / "one.svg"), "--json"]) == 0
    assert re.findall("wrote (.*)", capsys.readouterr().err) == [str(tmp_path / "one.svg"), str(one)]
    assert "Claim 5.2: Two layers of one node each" in Reader(one.read_text("utf-8")).words


def test_a_claim_with_a_picture_and_no_graph_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Claim("9.1", "Drawn", "It is drawn.", lambda: [], picture=lambda: "<svg>drawn</svg>\n")
    monkeypatch.setattr(lessons, "get", lambda n: lesson_of(claim))
    few(monkeypatch, claim)
    assert cli.main(["lesson", "9", "9.1", "--svg", str(tmp_path / "x.svg")]) == 0
    assert (tmp_path / "x.svg").read_text("utf-8") == "<svg>drawn</svg>\n"
    assert cli.main(["lessons", "--pictures", str(tmp_path / "all")]) == 0
    assert [path.name for path in (tmp_path / "all").iterdir()] == ["lesson-9.1.svg"]
    assert cli.main(["lesson", "9", "9.1", "--html", str(tmp_path / "x.html")]) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lesson", "1", "1.10", "--html", "x.html"], "claim 1.10 has a figure, and no graph"),
        (["lesson", "5", "--html", "no/such/directory/x.html"], "cannot write"),
        (["lesson", "5", "--step", "--html", "x.html"], "--step takes no --json, --svg or --html"),
    ],
)
def test_bad_input_for_a_page(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    done = capsys.readouterr()
    assert done.out == ""
    assert says in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_graph_too_large_to_play_is_said_and_the_lesson_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(root: Value, **options: Any) -> str:
        raise GraphError("too large to play")

    monkeypatch.setitem(drawing._TEXTS, "html", refused)
    assert cli.main(["lesson", "5", "5.4", "--html", str(tmp_path / "x.html")]) == 1
    done = capsys.readouterr()
    assert "too large to play" in done.err
    assert "5.4  Ten nodes to ten nodes" in done.out


def test_making_a_page_leaves_the_graph_as_it_was() -> None:
    x = Value(0.5, "x")
    made(lesson_of(Claim("9.1", "One", "One.", lambda: [], lambda: named(tanh(x)))))
    assert x.grad == 0.0
