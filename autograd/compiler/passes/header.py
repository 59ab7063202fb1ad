"""The first lines of a program's source: what its names stand for."""

from __future__ import annotations

import re

__all__ = ["header"]

_KEY = (  # what a name of the source looks like, and what it stands for
    (
        r"[VG]|d?[WXZwxzAyb]\w*\d\w*",
        "V holds every node's number, G every node's gradient. Most names are views of V; with a d in front, of G.",
    ),
    (
        r"[WZA]\d+",
        "W2, Z2, A2: the matrices of layer 2, as on paper, with a column for each sample; X: the inputs of layer 1.\n"
        "Where no line adds b2, it is the last column of W2, and a row of ones lies below the inputs; W2_ is without.",
    ),
    (r"[za]\d+", "z2, a2: Z2 and A2 as one row of numbers, or the layer of a single neuron and sample."),
    (
        r"d?[WwXxZzb]_\d+",
        "W_5, Z_5, x_5, ...: of step 5, where a layer's number would not be clear. Steps count from 1.",
    ),
    (
        r"d?x\d+_\d+|d?y\d+|d\d+_\d+",
        "x5_0, x5_1, y5: the operands of step 5 and its results; d5_0, d5_1, dy5: their gradients.",
    ),
    (r"[vg]\d+", "v7, g7: V[7] and G[7] as plain floats."),
    (r"c\d+", "c0, c1, ...: numbers that never change."),
    (
        r"t\d+(_\d+)*|m\d+",
        "t1_100, m1, ...: room for what is needed for a moment, t1_100 for 100 numbers; steps share it.",
    ),
    (r"at_\d+", "at_5: places in V and G."),
    (r"(at|to)\d+|T\d+", "at5, to5: places in V and G; T5: the numbers of V that were fetched from there."),
    (
        r"M\d+(_\d+)?",
        "M5: messages to places that lie scattered, added to G at the end of a level; M0_0, ...: parts of it.",
    ),
    (r"s", "s: the partial derivatives of one node."),
    (r"(each|rule)_\w+", "each_f: f, number by number; rule_f: its partial derivatives."),
    (r"user_\w+", "user_f: a function of yours."),
    (r"loop\d+\w*", "loop3, loop3_back: the nodes of step 3, one after the other in Python."),
)


def header(source: str) -> str:
    """Comments that say what the names in a source stand for; of those that occur in it.

    Args:
        source: the code.

    Example:
        >>> print(header("v2 = v0 * v1"), end="")
        # v7, g7: V[7] and G[7] as plain floats.
    """
    words = set(re.findall(r"[A-Za-z_]\w*", re.sub(r"#.*", "", source)))
    told = [meaning for name, meaning in _KEY if any(re.fullmatch(name, word) for word in words)]
    return "".join(f"# {line}\n" for meaning in told for line in meaning.split("\n"))
