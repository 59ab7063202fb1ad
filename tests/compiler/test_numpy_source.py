"""The source over NumPy: messages of a backward pass are stored, added or scattered; its header names what it uses."""

from __future__ import annotations

import keyword
import re
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile
from autograd.compiler.arrays import Arrays, Scratch
from autograd.compiler.numpy_source import _KEY, Targets, header, quick, wanted_places
from autograd.compiler.plan import Plan
from autograd.compiler.steps import Alike, Window
from tests.helpers.programs import KINDS
from tests.helpers.replaying import LOW, forced, seeded
from tests.helpers.second_looks import run_source

COUNT = 40


def leaves(letter: str, count: int, constant: bool = False) -> list[Value]:
    return [Value(0.5 + k, f"{letter}{k}", constant=constant) for k in range(count)]


class Pass:
    """The targets of a graph sum(exp(x)), of which the leaves have the places 0 to 39."""

    def __init__(self) -> None:
        self.plan = Plan([ag.sum([x.exp() for x in leaves("x", COUNT)])])
        self.arrays = Arrays(self.plan)
        self.scratch = Scratch(self.arrays.names)
        everything = np.ones(self.plan.size, dtype=bool)
        self.targets = Targets(self.plan, self.arrays, self.scratch, everything)

    def window(self, *places: Any) -> Window:
        return Window(np.array(places, dtype=np.int64))

    def run(self, lines: list[str], **arrays: Any) -> np.ndarray[Any, Any]:
        """The leaves' gradients after these lines, where the last pass has left a 7 everywhere."""
        self.arrays.gradients.fill(7.0)
        first = self.targets.first_lines()
        self.scratch.allocate()
        exec("\n".join([*first, *lines]), self.arrays.names | arrays)
        return self.arrays.gradients[:COUNT]


def send(to: Pass, name: str, *places: Any, source: str = "m") -> list[str]:
    return to.targets.send(to.window(*places), name, f"np.copyto({{}}, {source})")


def test_the_first_message_is_stored_where_it_belongs() -> None:
    to = Pass()
    assert send(to, "d1", 0, 1, 2) == ["np.copyto(d1, m)"]
    assert to.targets.first_lines() == []
    assert to.run(["np.copyto(d1, m)"], m=np.arange(3.0)).tolist()[:4] == [0.0, 1.0, 2.0, 7.0]


def test_a_second_message_is_added() -> None:
    to = Pass()
    lines = send(to, "d1", 0, 1, 2) + send(to, "d2", 0, 1, 2)
    assert len(lines) == 3
    assert lines[2].startswith("np.add(")
    assert to.targets.first_lines() == []
    assert to.run(lines, m=np.arange(3.0)).tolist()[:4] == [0.0, 2.0, 4.0, 7.0]


def test_what_only_was_reached_in_part_is_set_to_zero_before() -> None:
    to = Pass()
    lines = send(to, "d1", 0, 1) + send(to, "d2", 1, 2, 3, source="n")
    assert to.targets.first_lines() == ["G[2:4].fill(0.0)"]
    found = to.run(lines, m=np.array([1.0, 2.0]), n=np.array([10.0, 20.0, 30.0]))
    assert found.tolist()[:5] == [1.0, 12.0, 20.0, 30.0, 7.0]


def test_one_place_alone_is_set_to_zero_by_itself() -> None:
    to = Pass()
    send(to, "d1", 0, 1)
    send(to, "d2", 1, 2)
    assert to.targets.first_lines() == ["G[2] = 0.0"]


def test_a_message_that_is_not_contiguous_goes_through_an_array_that_is() -> None:
    to = Pass()
    lines = send(to, "d1", 0, 2, 4)
    assert len(lines) == 2
    assert to.run(lines, m=np.arange(3.0)).tolist()[:5] == [0.0, 7.0, 1.0, 7.0, 2.0]


def test_one_place_for_all_gets_the_sum() -> None:
    to = Pass()
    lines = send(to, "d1", 3, 3, 3)
    assert [line.split("(")[0] for line in lines] == ["np.copyto", "np.add.reduce"]
    assert to.run(lines, m=np.array([1.0, 10.0, 100.0]))[3] == 111.0


def test_repeats_along_one_axis_are_summed_along_it() -> None:
    to = Pass()
    lines = send(to, "d1", [0, 1], [0, 1], [0, 1])
    found = to.run(lines, m=np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]]))
    assert found.tolist()[:3] == [111.0, 222.0, 7.0]
    assert to.targets.flush(1) == []


@pytest.mark.parametrize("places", [([0, 1], [1, 2]), ([2, 0], [2, 2])], ids=["overlap", "no order"])
def test_other_repeats_are_scattered_at_the_end_of_the_level(places: tuple[list[int], ...]) -> None:
    to = Pass()
    lines = send(to, "d1", *places)
    scatter = to.targets.flush(5)
    assert [line.split("(")[0] for line in scatter] == ["np.add.at"]
    m = np.array([[1.0, 10.0], [100.0, 1000.0]])
    found = to.run(lines + scatter, m=m)
    for place in np.unique(places).tolist():
        assert found[place] == m[np.array(places) == place].sum()
    assert to.targets.flush(6) == []


def test_a_level_is_scattered_at_once() -> None:
    to = Pass()
    lines = send(to, "d1", 5, 0, 7) + send(to, "d2", 7, 0, 9)
    scatter = to.targets.flush(5)
    assert len(scatter) == 1
    found = to.run(lines + scatter, m=np.array([1.0, 2.0, 3.0]))
    assert found[[0, 5, 7, 9]].tolist() == [4.0, 1.0, 4.0, 3.0]


def test_a_later_message_is_added_to_what_was_scattered() -> None:
    to = Pass()
    lines = [*send(to, "d1", 2, 0), *to.targets.flush(5), *send(to, "d2", 0, 1, 2, source="n")]
    found = to.run(lines, m=np.array([1.0, 2.0]), n=np.array([10.0, 20.0, 30.0]))
    assert found[:4].tolist() == [12.0, 20.0, 31.0, 7.0]


def test_what_no_message_has_reached_is_not_reached() -> None:
    to = Pass()
    assert not to.targets.reached(to.window(0, 1))
    send(to, "d1", 0)
    assert to.targets.reached(to.window(0, 1))
    assert to.targets.first_lines() == ["G[1] = 0.0"]


def alike(plan: Plan) -> list[Alike]:
    return [step for level in plan.levels for step in level if isinstance(step, Alike)]


def test_a_gradient_that_is_handed_on_unchanged_is_not_copied() -> None:
    xs = leaves("x", COUNT)
    plan = Plan([ag.sum([(x.exp() + 1.0).tanh() for x in xs])])
    arrays = Arrays(plan)
    targets = Targets(plan, arrays, Scratch(arrays.names), np.ones(plan.size, dtype=bool))
    exp, add, _ = alike(plan)
    assert targets.alias(exp.out, targets.upstream(add, "dy2"))
    assert targets.reached(exp.out)
    assert targets.upstream(exp, "dy1") == "dy2"
    assert not targets.alias(Window(np.arange(COUNT)), "dy1")  # leaves have to have theirs


def test_a_gradient_that_is_a_sum_of_two_is_its_own() -> None:
    made = [x.exp() for x in leaves("x", COUNT)]
    plan = Plan([ag.sum([*[(y + 1.0).tanh() for y in made], *[y.sin() for y in made]])])
    arrays = Arrays(plan)
    targets = Targets(plan, arrays, Scratch(arrays.names), np.ones(plan.size, dtype=bool))
    exp = next(step for step in alike(plan) if step.op.name == "exp")
    assert not targets.alias(exp.out, "dy2")


def test_wanted_is_what_depends_on_the_leaves() -> None:
    x, y = leaves("x", COUNT), leaves("y", COUNT)
    a, b = [v.exp() for v in x], [v.exp() for v in y]
    both = [ag.hypot(u, v) for u, v in zip(a, b, strict=True)]
    plan = Plan([*a, *b, ag.sum(both)])
    leaf = np.zeros(plan.size, dtype=bool)
    leaf[[plan.place_of(v) for v in x]] = True
    wanted = wanted_places(plan, leaf)
    assert wanted[[plan.place_of(v) for v in (*x, *a)]].all()
    assert not wanted[[plan.place_of(v) for v in (*y, *b)]].any()
    assert wanted.sum() == 3 * COUNT + 1


def test_wanted_among_nodes_one_by_one() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    inner, other = x * 2.0, y * 2.0
    plan = Plan([inner, other, inner * other])
    leaf = np.zeros(plan.size, dtype=bool)
    leaf[plan.place_of(x)] = True
    wanted = wanted_places(plan, leaf)
    assert (wanted[plan.place_of(inner)], wanted[plan.place_of(other)], wanted[plan.root]) == (True, False, True)
    assert wanted.sum() == 3


@pytest.mark.parametrize("count", [60, 280])
def test_what_waits_and_the_rest_of_its_level_scatter_apart(count: int) -> None:
    """A convolution over leaves waits for the end; other nodes of its level scatter to leaves before."""
    x, c = leaves("x", 60), leaves("c", 60, constant=True)
    for k, v in enumerate(x):
        v.data = np.sin(k)
    kernels = [[Value(np.cos(3 * i + j)) for j in range(5)] for i in range(3)]
    windows = [ag.dot(w, x[i : i + 5]) for w in kernels for i in range(56)]
    products = [x[7 * k * k % 60] * c[11 * k * k % 60] for k in range(count)]
    root = ag.sum([v.tanh() for v in windows]) + ag.sum([v.sin() for v in products])
    root.backward()
    program = ag.compile(root)
    run_source(program)
    assert program.gradients(x) == pytest.approx(np.array([v.grad for v in x]), rel=1e-11)


# ---- The first lines of a source: every name that is in the code is told, and no other

# What is no array: the passes and their argument, NumPy, operations by name and keywords of its functions.
_WORDS = re.compile(r"def|forward|backward|seed|np|pass|[a-z_]+[a-z](_m?\d+)*_*|_[a-z]\w*")


@pytest.mark.parametrize("name", KINDS)
def test_every_name_in_a_source_is_told(name: str) -> None:
    for seed in range(2):
        with forced(LOW):
            source = compile(KINDS[name](seeded(name, seed)).root).source
        code = re.sub(r"#.*", "", source)
        for word in set(re.findall(r"(?<![.\w])[A-Za-z_]\w*", code)):
            known = any(re.fullmatch(pattern, word.removeprefix("d")) for pattern, _ in _KEY)
            known |= any(re.fullmatch(pattern, word) for pattern, _ in _KEY) or word in {"X", "dX", "i"}
            assert known or keyword.iskeyword(word) or _WORDS.fullmatch(word), word
        top = source.split("\n\n")[0].splitlines()
        assert all(line.startswith("# ") and len(line) <= 120 for line in top)


def test_what_does_not_occur_is_not_told() -> None:
    assert header("pass") == ""
    assert header("v2 = v0 * v1  # c0") == "# v7, g7: V[7] and G[7] as plain floats.\n"
    assert "c0, c1" in header("np.add(y1, c0, out=y1)")


def test_what_runs_names_numpys_functions_directly_and_gives_results_by_position() -> None:
    names: dict[str, Any] = {}
    lines = [
        "def run():",
        "    np.dot(W1, X.T, out=Z1)",
        "    np.maximum(z1, c0, out=a1)",  # NumPy warns of a third position here
        "    np.add.reduce(x, axis=0, out=y)",
        "    V.take(at, out=T, mode='clip')",
        "    v7 = exp(v6)",
        "",
    ]
    found = quick("\n".join(lines), names).split("\n")
    assert found[1:3] == ["    np_dot(W1, X.T, Z1)", "    np_maximum(z1, c0, out=a1)"]
    assert found[:1] + found[3:] == lines[:1] + lines[3:]
    assert names == {"np_dot": np.dot, "np_maximum": np.maximum}
