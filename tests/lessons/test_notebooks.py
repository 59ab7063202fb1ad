"""The notebooks under `demos/`: they are what the generator makes, they run, and they show what is stored in them."""

from __future__ import annotations

import html
import importlib.util
import math
import re
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest

from autograd import lessons
from autograd.errors import ArgumentError
from autograd.lessons import Table
from autograd.lessons.claims import Claim, exactly, shown

DEMOS = Path(__file__).resolve().parents[2] / "demos"
NUMBERS = [lesson.number for lesson in lessons.all()]
A_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d[\d,]*\.?\d*(?:e[-+]?\d+)?)(?!\w)")
LARGEST = 1_000_000


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_notebooks", DEMOS / "make_notebooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = generator()


def stored(n: int) -> Any:
    return nbformat.read(make.stored(n), as_version=4)


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


@pytest.fixture(scope="module")
def executed() -> dict[int, Any]:
    """All of them, each run by a kernel of its own."""
    return dict(zip(NUMBERS, make.executed(NUMBERS), strict=True))


# --- stored and made -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", NUMBERS)
def test_the_stored_notebook_is_what_the_generator_makes(n: int) -> None:
    made = [(cell.cell_type, cell.id, cell.source) for cell in make.built(n).cells]
    assert [(cell.cell_type, cell.id, cell.source) for cell in stored(n).cells] == made, "run demos/make_notebooks.py"


@pytest.mark.parametrize("n", NUMBERS)
def test_a_notebook_runs_and_shows_what_is_stored(n: int, executed: dict[int, Any]) -> None:
    cells = [(cell, again) for cell, again in zip(stored(n).cells, executed[n].cells, strict=True)]
    for cell, again in cells:
        for before, now in zip(cell.get("outputs", ()), again.get("outputs", ()), strict=True):
            assert before.output_type == now.output_type, cell.source
            assert set(before.get("data", ())) == set(now.get("data", ())), cell.source
            assert alike(text_of(before), text_of(now)), f"{cell.source}\n\n{text_of(before)}\n\n{text_of(now)}"


@pytest.mark.parametrize("n", NUMBERS)
def test_every_claim_has_its_heading_and_its_figures(n: int) -> None:
    sources = [cell.source for cell in stored(n).cells]
    for claim in lessons.get(n).claims:
        assert any(source.startswith(f"## {claim.id} ") for source in sources)
        assert f'lessons.table("{claim.id}")' in sources
    assert sources[0].startswith(f"# Lesson {n}: ")
    assert "## Exercises" in sources
    links = re.findall(r"\]\(#(.*)\)", sources[2])
    headings = [re.sub(r"\\(.)", r"\1", source.split("\n")[0][3:]) for source in sources if source.startswith("## ")]
    assert links == [heading.replace(" ", "-") for heading in headings]


# --- what is stored is fit for others ------------------------------------------------------------------------------


@pytest.mark.parametrize("n", NUMBERS)
def test_nothing_stored_depends_on_when_or_where_it_ran(n: int) -> None:
    notebook = stored(n)
    nbformat.validate(notebook)
    assert make.stored(n).stat().st_size < LARGEST
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in notebook.cells:
        assert not cell.metadata
        assert cell.get("execution_count") is None
    for output in outputs(notebook):
        assert output.output_type != "error"
        assert output.get("name") != "stderr"
        assert output.get("execution_count") is None
    text = make.stored(n).read_text("utf-8")
    assert str(DEMOS.parent) not in text
    assert not re.search(r" at 0x[0-9a-f]{6}", text)


@pytest.mark.parametrize("n", NUMBERS)
def test_pictures_survive_export(n: int) -> None:
    shown_as = [output.data for output in outputs(stored(n)) if "data" in output]
    assert all("text/plain" in bundle for bundle in shown_as)
    pictures = [bundle["image/svg+xml"] for bundle in shown_as if "image/svg+xml" in bundle]
    assert pictures
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        for element in root.iter():
            assert element.tag.rpartition("}")[2] not in ("script", "foreignObject", "iframe", "image")
            for name, value in element.attrib.items():
                assert not name.startswith("on")
                assert not name.endswith("href") or value.startswith("#")
    for page in [bundle["text/html"] for bundle in shown_as if "text/html" in bundle]:
        ElementTree.fromstring(f"<div>{page}</div>")
        assert "<script" not in page


# --- the comparison itself -------------------------------------------------------------------------------------------


def text_of(output: Any) -> str:
    found: str = output.get("text", "") or output.get("data", {}).get("text/plain", "")
    return found


def alike(a: str, b: str) -> bool:
    """Whether two texts say the same, whatever the last digits of a number, which another C library may change.

    Such a digit may also wrap a line elsewhere, so words and numbers are compared in sorted order.
    """
    words = [sorted(re.findall(r"\S+", A_NUMBER.sub(" ", text))) for text in (a, b)]
    values = [sorted([float(number.replace(",", "")) for number in A_NUMBER.findall(text)]) for text in (a, b)]
    return words[0] == words[1] and len(values[0]) == len(values[1]) and all(map(near, *values))


def near(x: float, y: float) -> bool:
    return math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-9)


def test_the_comparison_sees_a_number_and_a_word_and_no_last_digit() -> None:
    assert alike("a = 0.30000000000000004 and\n b", "a =   0.3 and b")
    assert alike("[1e-17, 2,000.0]", "[0.0, 2000.0]")
    assert not alike("a = 0.3", "a = 0.31")
    assert not alike("a = 0.3", "b = 0.3")
    assert not alike("a1 = 0.3", "a2 = 0.3")
    assert not alike("x = 1", "x = -1")


# --- the table of figures --------------------------------------------------------------------------------------------


def test_a_table_escapes_and_leaves_out_what_is_measured() -> None:
    figures = [
        exactly("<b>&", "a < b", 1.0, 1.0, note="<script>alert(1)</script>"),
        shown("time", "9 times", measured=True),
    ]
    claim = Claim("9.1", "t", "s", lambda: figures, omits="more & more")
    table = Table.of(claim)
    page = table._repr_html_()
    assert [figure.name for figure in table.figures] == ["<b>&"]
    assert "&lt;b&gt;&amp;" in page
    assert "<script" not in page
    assert "more &amp; more" in page
    assert "9 times" not in page + repr(table)
    assert 'lessons.table("9.1", measured=True)' in html.unescape(page)
    assert 'lessons.table("9.1", measured=True)' in repr(table)
    assert "9 times" in Table.of(claim, measured=True)._repr_html_()
    rows = ElementTree.fromstring(f"<div>{page}</div>").findall(".//tr")
    assert [cell.get("scope") for cell in rows[0]] == ["col"] * 4
    assert rows[1][0].get("scope") == "row"


@pytest.mark.parametrize("wrong", [5, 5.3, "", "x", "5.30", "9.1", "٥.3", None])
def test_a_table_needs_the_id_of_a_claim(wrong: Any) -> None:
    with pytest.raises(ArgumentError):
        lessons.table(wrong)


# --- the generator ---------------------------------------------------------------------------------------------------


def test_the_script_is_cut_into_text_and_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "lesson_5.py").write_text(
        '"""Not part of it."""\n\n# %% 5.1\n# A text,\n#\n#     indented.\nx = 1\n# a comment\nx\n\n# %%\ny = 2\n'
        "\n# %% exercises\n# Predict.\n"
    )
    monkeypatch.setattr(make, "HERE", tmp_path)
    assert make.script(5) == {
        "5.1": [("markdown", "A text,\n\n    indented."), ("code", "x = 1\n# a comment\nx"), ("code", "y = 2")],
        "exercises": [("markdown", "Predict.")],
    }
    sources = [cell.source for cell in make.built(5).cells]
    assert any('lessons.get(5).graph("5.3")' in source for source in sources)  # what a claim without a section gets


def test_a_section_of_no_claim_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "lesson_5.py").write_text("# %% 5.99\nx = 1\n")
    monkeypatch.setattr(make, "HERE", tmp_path)
    with pytest.raises(ValueError, match=r"5\.99"):
        make.built(5)


def test_a_claim_with_a_picture_of_its_own_shows_it() -> None:
    (cell,) = make.pictured(Claim("9.1", "t", "s", list, picture=lambda: "<svg/>"))
    assert cell.text.endswith('SVG(lessons.get(9).claim("9.1").picture())')
    assert make.pictured(Claim("9.1", "t", "s", list)) == []


def test_titles_are_no_markdown() -> None:
    assert make.plain_text("a*b_c [d] <e> `f` $g$") == r"a\*b\_c \[d\] \<e\> \`f\` \$g\$"
