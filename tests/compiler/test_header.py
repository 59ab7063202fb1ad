"""The first lines of a source: every name that is in the code is told, and no other."""

from __future__ import annotations

import keyword
import re

import pytest

from autograd import compile
from autograd.compiler.numpy_source import _KEY, header
from tests.helpers.programs import KINDS
from tests.helpers.replaying import LOW, forced, seeded

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
