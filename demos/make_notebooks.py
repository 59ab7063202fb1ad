"""Make the notebooks of the lessons, `demos/lesson-1.ipynb` to `lesson-5.ipynb`: `python demos/make_notebooks.py`.

What a document says comes from the lessons themselves, so it is written once. The cells that a learner reads and
changes are in `demos/cells/lesson_N.py`, a plain script whose comments divide it:

    # %% introduction           text before the first claim, and the cell of imports
    # %% 5.3                    text and code for one claim; a line `# %%` begins another cell
    # %% exercises              text at the end

Comments right behind a divider are text in Markdown, up to the first line that is none. A claim that the script leaves
out gets its figures, and its graph if it has one. Every notebook is executed, and stored with what its cells show.

    pip install -e '.[test]'    # brings nbclient, nbformat and ipykernel
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from traitlets.config import Config

from autograd import lessons
from autograd.lessons.signs import signs

HERE = Path(__file__).resolve().parent
SECONDS = 120


class Part(NamedTuple):
    """A piece of a script: text in Markdown, or code."""

    kind: str
    text: str


def script(n: int) -> dict[str, list[Part]]:
    """The parts of a lesson's script by the heading they stand under."""
    sections: dict[str, list[Part]] = {}
    heading = ""
    for block in re.split(r"^# %%", (HERE / "cells" / f"lesson_{n}.py").read_text("utf-8"), flags=re.MULTILINE)[1:]:
        first, _, rest = block.partition("\n")
        heading = first.strip() or heading
        lines = rest.split("\n")
        code = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
        text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines[:code])
        parts = (Part("markdown", text), Part("code", "\n".join(lines[code:])))
        sections.setdefault(heading, []).extend(Part(kind, text.strip()) for kind, text in parts if text.strip())
    return sections


def built(n: int) -> NotebookNode:
    """The notebook of a lesson, not executed."""
    lesson, sections = lessons.get(n), script(n)
    known = {"introduction", "exercises", *(claim.id for claim in lesson.claims)}
    if not set(sections) <= known:
        raise ValueError(f"lesson_{n}.py has sections {sorted(set(sections) - known)}, and the lesson no such claims")
    parts = [Part("markdown", f"# Lesson {n}: {lesson.title}\n\n{plain_text(lesson.about)} (`{lesson.source}`)")]
    introduction = sections.get("introduction", [])
    parts += [part for part in introduction if part.kind == "markdown"] + [contents(lesson)]
    parts += [part for part in introduction if part.kind == "code"]
    for claim in lesson.claims:
        said = [f"## {heading_of(claim)}", f"The document: {plain_text(claim.says)}", plain_text(claim.idea)]
        parts.append(Part("markdown", "\n\n".join(filter(None, said))))
        parts += [*(sections.get(claim.id) or default(claim)), *pictured(claim)]
        parts.append(Part("code", f'lessons.table("{claim.id}")'))
    parts += [Part("markdown", "## Exercises"), *sections.get("exercises", [])]
    make = {"markdown": new_markdown_cell, "code": new_code_cell}
    cells = [make[kind](text, id=f"lesson-{n}-cell-{i}") for i, (kind, text) in enumerate(parts, 1)]
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})


KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def heading_of(claim: lessons.Claim) -> str:
    """A claim's heading."""
    return f"{claim.id} {plain_text(claim.title)}"


def contents(lesson: lessons.Lesson) -> Part:
    """Links to all claims; a notebook's anchors are its headings with hyphens."""
    links = [(heading_of(c), f"{c.id} {signs(c.title)}".replace(" ", "-")) for c in lesson.claims]
    links.append(("Exercises", "Exercises"))
    return Part("markdown", "\n".join(f"- [{text}](#{anchor})" for text, anchor in links))


def plain_text(text: str) -> str:
    """Text in the signs of mathematics, whose asterisks, underscores, brackets and so on are no Markdown."""
    return re.sub(r"([\\`*_\[\]<>$|])", r"\\\1", signs(text))


def default(claim: lessons.Claim) -> list[Part]:
    """What a claim gets that the script leaves out: its graph after a backward pass."""
    if claim.graph is None:
        return []
    number = claim.id.partition(".")[0]
    return [Part("code", f'root, node = lessons.get({number}).graph("{claim.id}")\nroot.backward()\nroot')]


def pictured(claim: lessons.Claim) -> list[Part]:
    """The picture of a claim that has one of its own."""
    if claim.picture is None:
        return []
    drawn = f'lessons.get({claim.id.partition(".")[0]}).claim("{claim.id}").picture()'
    return [Part("code", f"from IPython.display import SVG\n\nSVG({drawn})")]


def executed(numbers: Iterable[int]) -> list[NotebookNode]:
    """The notebooks with what their cells show, each run by a new kernel, all at the same time.

    Raises:
        CellExecutionError: a cell raised.
    """

    async def run() -> list[NotebookNode]:
        return await asyncio.gather(*[_executed(n, folder) for n in numbers])

    with clean_kernels() as folder:
        return asyncio.run(run())


async def _executed(n: int, folder: str) -> NotebookNode:
    """One of them; nothing in it depends on when or where it ran."""
    notebook = built(n)
    metadata = notebook.metadata.copy()
    # A kernel on TCP warns that others on the machine can listen; Windows has nothing else.
    sockets = {} if os.name == "nt" else {"transport": "ipc", "ip": f"{folder}/{n}"}
    config = Config({"KernelManager": sockets})
    # Text may come in one piece or in several, as the kernel finds time: coalesced it is the same in each run.
    plain = {"coalesce_streams": True, "record_timing": False, "store_widget_state": False}
    await NotebookClient(notebook, config=config, timeout=SECONDS, **plain).async_execute()
    notebook.metadata = metadata  # the kernel writes its Python's version there
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = None
    nbformat.validate(notebook)
    return notebook


@contextmanager
def clean_kernels() -> Iterator[str]:
    """A folder for kernels of this Python: none of the user's start-up files and settings, no trace in the home."""
    with tempfile.TemporaryDirectory() as folder:
        ours = {
            "IPYTHONDIR": folder,
            "JUPYTER_DATA_DIR": folder,
            "JUPYTER_RUNTIME_DIR": folder,
            "JUPYTER_CONFIG_DIR": folder,
            "JUPYTER_PREFER_ENV_PATH": "1",
            "PYTHONPATH": str(HERE.parent),
        }
        before = {name: os.environ.get(name) for name in ours}
        os.environ.update(ours)
        try:
            yield folder
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def stored(n: int) -> Path:
    """Where a lesson's notebook is."""
    return HERE / f"lesson-{n}.ipynb"


def main(arguments: list[str] | None = None) -> None:
    """Write the notebooks of the lessons given, or of all."""
    parser = argparse.ArgumentParser(description="Make the notebooks of the lessons.")
    parser.add_argument("lessons", nargs="*", type=int, help="numbers; none: all")
    numbers = parser.parse_args(arguments).lessons or [lesson.number for lesson in lessons.all()]
    for n, notebook in zip(numbers, executed(numbers), strict=True):
        nbformat.write(notebook, stored(n))
        sys.stdout.write(f"{stored(n).name}: {stored(n).stat().st_size / 1024:.0f} kB\n")


if __name__ == "__main__":
    main()
