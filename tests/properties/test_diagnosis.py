"""How often slips are named, and right derivatives called wrong, on random expressions."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

import autograd as ag
from autograd.checking.check import diagnose
from autograd.checking.diagnosis import KINDS
from tests.helpers.checked_expressions import ENGINE, PLAIN, tally

Numbers = tuple[float, ...]


# --- expressions that differentiate themselves ---------------------------------------------------------------------


@dataclass(eq=False)
class Tree:
    """A node: "x" a variable (its number in `index`), "c" a constant, else an operation on `kids`."""

    op: str
    kids: tuple[Tree, ...] = ()
    index: int = 0
    number: float = 0.0

    def uses(self, i: int) -> bool:
        return (self.op == "x" and self.index == i) or any(kid.uses(i) for kid in self.kids)

    @property
    def constant(self) -> bool:
        return self.op == "c" or (self.op != "x" and all(kid.constant for kid in self.kids))

    def nodes(self) -> Iterator[Tree]:
        yield self
        for kid in self.kids:
            yield from kid.nodes()


class Function(NamedTuple):
    """A function of one number: for the engine, as floats, its slope, and where both are tame."""

    engine: Callable[[Any], Any]
    value: Callable[[float], float]
    slope: Callable[[float], float]
    tame: Callable[[float], bool] = lambda u: abs(u) < 4.0


def logistic(u: float) -> float:
    return 1.0 / (1.0 + math.exp(-u))


FUNCTIONS = {
    "sin": Function(ag.sin, math.sin, math.cos),
    "cos": Function(ag.cos, math.cos, lambda u: -math.sin(u)),
    "exp": Function(ag.exp, math.exp, math.exp, lambda u: -4.0 < u < 2.5),
    "log": Function(ag.log, math.log, lambda u: 1.0 / u, lambda u: 0.05 < u < 50.0),
    "tanh": Function(ag.tanh, math.tanh, lambda u: 1.0 - math.tanh(u) ** 2, lambda u: abs(u) < 2.5),
    "sigmoid": Function(ag.sigmoid, logistic, lambda u: logistic(u) * (1.0 - logistic(u))),
    "sqrt": Function(ag.sqrt, math.sqrt, lambda u: 0.5 / math.sqrt(u), lambda u: 0.05 < u < 50.0),
}


def engine(t: Tree, args: Any) -> Any:
    if t.op == "x":
        return args[t.index]
    if t.op == "c":
        return t.number
    kids = [engine(kid, args) for kid in t.kids]
    if t.op == "power":
        return kids[0] ** (int(t.number) if t.number % 1.0 == 0.0 else t.number)
    if t.op in FUNCTIONS:
        return FUNCTIONS[t.op].engine(kids[0])
    u, v = kids
    return u + v if t.op == "+" else u - v if t.op == "-" else u * v if t.op == "*" else u / v


def value(t: Tree, args: Numbers) -> float:
    if t.op == "x":
        return args[t.index]
    if t.op == "c":
        return t.number
    kids = [value(kid, args) for kid in t.kids]
    if t.op == "power":
        if kids[0] < 0.0 and t.number % 1.0:
            raise ValueError("a root of a negative number")
        return float(kids[0] ** t.number)
    if t.op in FUNCTIONS:
        if not FUNCTIONS[t.op].tame(kids[0]):
            raise ValueError("not tame here")
        return FUNCTIONS[t.op].value(kids[0])
    u, v = kids
    return u + v if t.op == "+" else u - v if t.op == "-" else u * v if t.op == "*" else u / v


class Local(NamedTuple):
    """All that a rule may look at: the operands u and v, the result o, and the operands' derivatives."""

    t: Tree
    u: float
    v: float
    o: float
    du: float
    dv: float
    inside: float  # what u is a function of


Rule = Callable[[Local], float]


def outer(h: Local) -> float:
    """The slope of a function of one operand; nan for other nodes."""
    if h.t.op in "+-*/":
        return math.nan
    if h.t.op == "power":
        return h.t.number * h.u ** (h.t.number - 1.0)
    return FUNCTIONS[h.t.op].slope(h.u)


def rule(h: Local) -> float:
    """The derivative of a node, as in any textbook."""
    match h.t.op:
        case "+":
            return h.du + h.dv
        case "-":
            return h.du - h.dv
        case "*":
            return h.du * h.v + h.u * h.dv
        case "/":
            return (h.du * h.v - h.u * h.dv) / h.v**2
    return outer(h) * h.du


def derivative(t: Tree, args: Numbers, i: int, at: Tree | None = None, slip: Rule = rule) -> float:
    """d t / d args[i], with another rule in the place of the right one at one node."""
    if t.op == "x":
        return 1.0 if t.index == i else 0.0
    if t.op == "c" or not t.uses(i):
        return 0.0
    u, v = (value(t.kids[k], args) if k < len(t.kids) else 0.0 for k in (0, 1))
    du, dv = (derivative(t.kids[k], args, i, at, slip) if k < len(t.kids) else 0.0 for k in (0, 1))
    inside = value(t.kids[0].kids[0], args) if t.kids[0].kids else u
    return (slip if t is at else rule)(Local(t, u, v, value(t, args), du, dv, inside))


# --- random expressions ----------------------------------------------------------------------------------------------


def grown(chance: random.Random, width: int, depth: int) -> Tree:
    if depth == 0 or chance.random() < 0.12:
        return Tree("x", index=chance.randrange(width))
    kind = chance.random()
    if kind < 0.45:
        inner = grown(chance, width, depth - 1)
        return Tree(chance.choice([name for name in FUNCTIONS if (name, inner.op) != ("log", "exp")]), (inner,))
    if kind < 0.6:
        return Tree("power", (grown(chance, width, depth - 1),), number=chance.choice([2.0, 2.0, 3.0, 4.0, -1.0, 0.5]))
    if kind < 0.7:
        number = Tree("c", number=chance.choice([2.0, 3.0, 0.5, -2.0, 1.5, 0.7]))
        return Tree(chance.choice("+*"), (number, grown(chance, width, depth - 1)))
    op = chance.choice("++-***/")
    kids = (grown(chance, width, depth - 1), grown(chance, width, depth - 1))
    alike = bool(powers_in(kids[0]) & powers_in(kids[1]))
    alike = alike or (op != "*" and shown(kids[0]) == shown(kids[1]))
    square = op == "*" and kids[0].op == kids[1].op == "x"
    if alike and not square:  # x - x, x^2 * x, x / x: nobody leaves these standing
        return kids[0]
    return Tree(op, kids)


def powers_in(t: Tree) -> set[int]:
    """The variables that a tree is a plain power of, up to a constant factor or term."""
    if t.op == "x":
        return {t.index}
    if t.op in ("power", "sqrt", "+", "-", "*", "/"):
        found = [powers_in(kid) for kid in t.kids if not kid.constant]
        return set().union(*found) if t.op in "*/" else found[0] if len(found) == 1 else set()
    return set()


class Case(NamedTuple):
    """A function, its wrong derivative, and what that may be called."""

    kinds: frozenset[str]
    f: Callable[..., Any]
    wrong: Callable[..., Any]
    at: list[Any]
    what: str


def expression(chance: random.Random, width: int) -> tuple[Tree, list[Numbers]]:
    """A tree that uses all its variables and is tame at a few points, and at points near them."""
    while True:
        t = grown(chance, width, chance.choice([2, 3, 3, 4]))
        if not all(t.uses(i) for i in range(width)) or not 2 <= sum(1 for _ in t.nodes()) <= 16:
            continue
        at = [tuple(round(chance.uniform(-2.0, 2.0), 2) or 0.5 for _ in range(width)) for _ in range(3)]
        try:
            slopes = [[derivative(t, p, i) for p in at] for i in range(width)]
            near = [value(t, tuple(x * s for x in p)) for p in at for s in (0.8, 1.2)]
        except (ArithmeticError, ValueError, TypeError):
            continue
        numbers = [abs(s) for row in slopes for s in row]
        varies = all(max(row) - min(row) > 1e-3 for row in slopes)
        if all(isinstance(x, float) for x in (*numbers, *near)) and varies and 1e-3 < min(numbers) < max(numbers) < 1e3:
            return t, at


def flat(width: int, entry: Callable[[Numbers, int], float]) -> Callable[..., Any]:
    """The derivative in the form that is asked for: a number for one variable, a tuple for several."""
    if width == 1:
        return lambda x: entry((x,), 0)
    return lambda *args: tuple(entry(args, i) for i in range(width))


# --- slips -----------------------------------------------------------------------------------------------------------

Slip = Callable[[random.Random, Tree], "tuple[Tree | None, Rule] | None"]


def inner_nodes(t: Tree, *ops: str) -> list[Tree]:
    return [n for n in t.nodes() if n.kids and not n.constant and (not ops or n.op in ops)]


def chained(t: Tree) -> list[Tree]:
    """Nodes that are a function of something that is itself computed."""
    return [n for n in inner_nodes(t, *FUNCTIONS, "power") if n.kids[0].kids]


def unary(t: Tree) -> list[Tree]:
    return inner_nodes(t, *FUNCTIONS, "power")


def two_sided(t: Tree, *ops: str) -> list[Tree]:
    """Nodes both of whose operands depend on one variable."""
    return [n for n in inner_nodes(t, *ops) if any(n.kids[0].uses(i) and n.kids[1].uses(i) for i in range(3))]


def among(chance: random.Random, nodes: list[Tree], *rules: Rule) -> tuple[Tree, Rule] | None:
    return (chance.choice(nodes), chance.choice(rules)) if nodes else None


def sign_slip(chance: random.Random, t: Tree) -> Any:
    if chance.random() < 0.4:
        return t, lambda h: -rule(h)
    nodes = [n for n in inner_nodes(t) if n.op != "*" or shown(n.kids[0]) != shown(n.kids[1])]
    if not nodes:
        return None
    node = chance.choice(nodes)
    if node.op in "+-":
        return node, lambda h: h.du - h.dv if node.op == "+" else h.du + h.dv
    if node.op == "*":
        return node, lambda h: h.du * h.v - h.u * h.dv
    if node.op == "/":
        return node, lambda h: (h.du * h.v + h.u * h.dv) / h.v**2
    return node, lambda h: -rule(h)


def missing_factor(chance: random.Random, t: Tree) -> Any:
    if chance.random() < 0.7:
        return among(chance, chained(t), lambda h: outer(h) * (h.du != 0.0))
    return among(chance, chained(t), lambda h: h.du)


def extra_factor(chance: random.Random, t: Tree) -> Any:
    return among(chance, chained(t), lambda h: outer(h) * h.du**2, lambda h: outer(h) ** 2 * h.du)


def constant_factor(chance: random.Random, t: Tree) -> Any:
    c = chance.choice([2.0, 0.5, 3.0, 1.0 / 3.0, 4.0, 10.0, math.pi, 1.1, -2.0, 2.001])
    return among(chance, [t, *unary(t)], lambda h: c * rule(h))


def missing_path(chance: random.Random, t: Tree) -> Any:
    nodes = two_sided(t, "*", "/")
    node = chance.choice(nodes) if nodes else None
    if node is None:
        return None
    if node.op == "*":
        return node, chance.choice([lambda h: h.du * h.v, lambda h: h.u * h.dv])
    return node, chance.choice([lambda h: h.du / h.v, lambda h: -h.u * h.dv / h.v**2])


def dropped_term(chance: random.Random, t: Tree) -> Any:
    nodes = two_sided(t, "+", "-")
    node = chance.choice(nodes) if nodes else None
    if node is None:
        return None
    return node, chance.choice([lambda h: h.du, lambda h: h.dv if node.op == "+" else -h.dv])


def wrong_point(chance: random.Random, t: Tree) -> Any:
    """The slope of a function at its output; or at the variable itself, where that is not what goes in."""
    if chance.random() < 0.6:
        return among(chance, inner_nodes(t, "tanh", "sigmoid", "sin", "cos", "exp"), at_output)
    return among(
        chance, [n for n in chained(t) if n.kids[0].op in (*FUNCTIONS, "power") and n.op != "power"], at_inside
    )


def at_output(h: Local) -> float:
    return FUNCTIONS[h.t.op].slope(h.o) * h.du


def at_inside(h: Local) -> float:
    return FUNCTIONS[h.t.op].slope(h.inside) * h.du


INSTEAD: dict[str, list[Callable[[Local], float]]] = {
    "sin": [lambda h: math.sin(h.u)],
    "cos": [lambda h: math.cos(h.u), lambda h: -math.cos(h.u)],
    "exp": [lambda h: h.u * math.exp(h.u - 1.0)],
    "log": [lambda h: math.log(h.u), lambda h: h.u],
    "tanh": [lambda h: 1.0 - h.u**2, lambda h: h.o, lambda h: h.o * (1.0 - h.o)],
    "sigmoid": [lambda h: h.u * (1.0 - h.u), lambda h: h.o, lambda h: 1.0 - h.o**2],
    "sqrt": [lambda h: h.o, lambda h: 0.5 * h.o],
    "power": [lambda h: h.t.number * h.o, lambda h: (h.t.number + 1.0) * h.u ** (h.t.number - 1.0), lambda h: h.o],
}


def wrong_function(chance: random.Random, t: Tree) -> Any:
    nodes = unary(t) + two_sided(t, "*")
    if not nodes:
        return None
    node = chance.choice(nodes)
    if node.op == "*":
        return node, lambda h: h.du * h.dv
    instead = chance.choice(INSTEAD[node.op])
    if node.op == "power" and node.number < 2.0:
        instead = INSTEAD["power"][0]
    return node, lambda h: instead(h) * h.du


def degrees(chance: random.Random, t: Tree) -> Any:
    nodes = inner_nodes(t, "sin", "cos")
    c = chance.choice([math.pi / 180.0, 180.0 / math.pi])
    at_degrees: Rule = lambda h: FUNCTIONS[h.t.op].slope(h.u * math.pi / 180.0) * h.du  # noqa: E731
    return among(chance, nodes, lambda h: c * rule(h), at_degrees)


IN_THE_TREE: dict[str, Slip] = {
    "sign": sign_slip,
    "missing factor": missing_factor,
    "extra factor": extra_factor,
    "constant factor": constant_factor,
    "missing path": missing_path,
    "dropped term": dropped_term,
    "wrong point": wrong_point,
    "wrong function": wrong_function,
    "degrees": degrees,
}
WEIGHTS = {
    "sign": 10, "missing factor": 14, "extra factor": 8, "constant factor": 10, "missing path": 9, "dropped term": 8,
    "wrong point": 8, "wrong function": 14, "degrees": 4, "swapped": 5, "one side": 4, "transposed": 2,
    "mean for sum": 2, "not a number": 2,
}  # fmt: skip


def planted(chance: random.Random) -> Case:
    """One expression with one slip that makes a difference at every point."""
    kind = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    while True:
        case = SPECIAL[kind](chance) if kind in SPECIAL else in_the_tree(kind, chance)
        if case is not None:
            return case


def in_the_tree(kind: str, chance: random.Random) -> Case | None:
    width = chance.choice([1, 1, 1, 2, 3])
    t, at = expression(chance, width)
    found = IN_THE_TREE[kind](chance, t)
    if found is None:
        return None
    node, slip = found
    at = at[: chance.choice([1, 2, 3])]
    only = chance.randrange(width) if chance.random() < 0.3 else None  # made in one entry alone

    def entry(args: Numbers, i: int) -> float:
        return derivative(t, args, i, node if only in (None, i) else None, slip)

    try:
        pairs = [(derivative(t, p, i), entry(p, i)) for p in at for i in range(width)]
    except (ArithmeticError, ValueError, TypeError):
        return None
    if not all(isinstance(b, float) for _, b in pairs) or not all(
        any(abs(a - b) > 1e-4 * abs(a) for a, b in pairs[k : k + width]) for k in range(0, len(pairs), width)
    ):
        return None  # it must make a difference at every point
    return Case(
        also(kind, t, at, node, slip, range(width) if only is None else [only]),
        lambda *args: engine(t, args),
        flat(width, entry),
        [p if width > 1 else p[0] for p in at],
        f"{kind} at {node.op}{'' if only is None else f' in entry {only}'} in {shown(t)}",
    )


def also(kind: str, t: Tree, at: list[Numbers], node: Tree, slip: Rule, entries: Iterable[int]) -> frozenset[str]:
    """The kinds that the planted slip may be called, where two descriptions give the very same numbers."""
    numbers = [(p, i) for p in at for i in entries]
    ratios = [derivative(t, p, i, node, slip) / derivative(t, p, i) for p, i in numbers]
    if all(abs(abs(r) - 1.0) < 1e-9 for r in ratios):  # a factor of -1 left out is a wrong sign, and no other name fits
        return frozenset({"sign"})

    def same(other: Rule) -> bool:
        return all(
            math.isclose(derivative(t, p, i, node, slip), derivative(t, p, i, node, other), rel_tol=1e-9)
            for p, i in numbers
        )

    kinds = {kind}
    if kind == "constant factor":
        p, i = next((p, i) for p, i in numbers if node.uses(i))
        c = derivative(node, p, i, node, slip) / derivative(node, p, i)
        there = {n.number for n in t.nodes() if n.op == "c"}
        kinds |= {"extra factor"} if c in there else {"missing factor"} if 1.0 / c in there else set()
        squares = [n for n in t.nodes() if n.op == "*" and shown(n.kids[0]) == shown(n.kids[1])]
        kinds |= {"missing path"} if c == 0.5 and squares else set()  # x for the derivative of x * x
    if all(r == 0.0 for r in ratios):  # nothing is left of the derivative: its only path, or term, is not there
        kinds |= {"missing path", "dropped term"}
    for both in COINCIDENCES:
        if kind == both.planted and node.op in both.ops and any(map(same, both.rules)):
            kinds.add(both.other)
    return frozenset(kinds)


class Coincidence(NamedTuple):
    """Slips that have two names: the one planted, the other one, at which nodes, and the rules that are both."""

    planted: str
    other: str
    ops: tuple[str, ...]
    rules: tuple[Rule, ...]


UNARY = (*FUNCTIONS, "power")
COINCIDENCES = (
    # u' v' for the product of e^x and v is what is left without the term e^x v'; for x * x it is 1, as if left out
    Coincidence("wrong function", "missing path", ("*",), (lambda h: h.du * h.v, lambda h: h.u * h.dv)),
    Coincidence("wrong function", "missing factor", (*UNARY, "*"), (lambda h: float(h.du != 0.0), lambda h: h.du)),
    # twice the derivative of u^0.5, or half that of u^2, is the one without the exponent
    Coincidence("constant factor", "missing factor", ("power",), (lambda h: outer(h) / h.t.number * h.du,)),
    # sqrt(e^x) times e^x
    Coincidence("wrong function", "extra factor", UNARY, (lambda h: outer(h) * h.du**2,)),
    Coincidence("extra factor", "wrong function", UNARY, (lambda h: outer(h) * h.u * h.du,)),
    # log(e^x) with 1 / u^2 for 1 / u
    Coincidence("extra factor", "missing factor", UNARY, (lambda h: outer(h) * (h.du != 0.0), lambda h: h.du)),
    # the terms of x^2 * x are alike: one turned round is one left out
    Coincidence("sign", "missing path", ("*",), (lambda h: h.du * h.v, lambda h: h.u * h.dv)),
    Coincidence("sign", "missing path", ("/",), (lambda h: h.du / h.v, lambda h: -h.u * h.dv / h.v**2)),
    # the inner derivatives of (x - y)^2 are 1 and -1: left out, one entry has the wrong sign
    Coincidence("missing factor", "sign", UNARY, (lambda h: outer(h) * abs(h.du),)),
    Coincidence("extra factor", "sign", UNARY, (lambda h: outer(h) * abs(h.du),)),
    # (x + e^x)^2 without its inner derivative is (x + e^x)^2 without the term e^x
    Coincidence("dropped term", "missing factor", ("+", "-"), (lambda h: float(h.du + h.dv != 0.0),)),
)


def shown(t: Tree) -> str:
    if t.op == "x":
        return "xyzw"[t.index]
    if t.op == "c":
        return f"{t.number:g}"
    if t.op == "power":
        return f"({shown(t.kids[0])})^{t.number:g}"
    if len(t.kids) == 1:
        return f"{t.op}({shown(t.kids[0])})"
    return f"({shown(t.kids[0])} {t.op} {shown(t.kids[1])})"


def swapped(chance: random.Random) -> Case | None:
    width = chance.choice([2, 3])
    t, at = expression(chance, width)
    i, j = chance.sample(range(width), 2)
    order = {i: j, j: i}
    if any(abs(derivative(t, p, i) - derivative(t, p, j)) < 1e-3 for p in at):
        return None
    opposite = all(abs(derivative(t, p, i) + derivative(t, p, j)) < 1e-9 for p in at)
    kinds = {"sign" if opposite else "swapped"}  # d(x - y) is (1, -1)
    wrong = flat(width, lambda args, k: derivative(t, args, order.get(k, k)))
    return Case(frozenset(kinds), lambda *args: engine(t, args), wrong, at, f"swapped in {shown(t)}")


def one_side(chance: random.Random) -> Case | None:
    t, at = expression(chance, 1)
    if not min(at)[0] < 0.0 < max(at)[0]:
        return None
    c = chance.choice([-1.0, 0.0, 2.0])
    side = chance.choice([-1.0, 1.0])
    wrong = flat(1, lambda args, i: derivative(t, args, i) * (c if args[0] * side > 0.0 else 1.0))
    return Case(
        frozenset({"one side"}), lambda x: engine(t, (x,)), wrong, [p[0] for p in at], f"one side in {shown(t)}"
    )


def transposed(chance: random.Random) -> Case:
    n = chance.choice([2, 3])
    v = [chance.uniform(0.5, 2.0) for _ in range(n)]
    a = [chance.uniform(-2.0, 2.0) for _ in range(n)]

    def f(*w: Any) -> Any:
        return ag.sum([a[i] * ag.tanh(ag.dot(w[n * i : n * i + n], v)) for i in range(n)])

    def wrong(*w: float) -> Any:
        slope = [a[i] * (1.0 - math.tanh(sum(w[n * i + j] * v[j] for j in range(n))) ** 2) for i in range(n)]
        return tuple(slope[j] * v[i] for i in range(n) for j in range(n))

    at = [tuple(chance.uniform(-0.8, 0.8) for _ in range(n * n)) for _ in range(2)]
    return Case(frozenset({"transposed"}), f, wrong, at, f"transposed {n} x {n}")


def mean_for_sum(chance: random.Random) -> Case:
    n = chance.choice([2, 3, 5, 8])
    xs = [chance.uniform(-2.0, 2.0) for _ in range(n)]
    ys = [chance.uniform(-1.0, 1.0) for _ in range(n)]
    total = chance.choice([ag.sum, sum])

    def f(w: Any, b: Any) -> Any:
        return total([(ag.tanh(w * x + b) - y) ** 2 for x, y in zip(xs, ys, strict=True)])

    def wrong(w: float, b: float) -> Any:
        a = [math.tanh(w * x + b) for x in xs]
        through = [2.0 * (a_ - y) * (1.0 - a_**2) / n for a_, y in zip(a, ys, strict=True)]
        return sum(t * x for t, x in zip(through, xs, strict=True)), sum(through)

    return Case(frozenset({"mean for sum"}), f, wrong, [(0.7, -0.2), (-0.4, 0.9)], f"mean of {n}")


def no_number(chance: random.Random) -> Case:
    width = chance.choice([1, 2])
    t, at = expression(chance, width)
    bad = chance.choice([math.nan, math.inf, None, "one", 1j, (1.0, 2.0, 3.0)])
    points: list[Any] = [p if width > 1 else p[0] for p in at]
    return Case(frozenset({"not a number"}), lambda *a: engine(t, a), lambda *a: bad, points, f"{bad!r}")


SPECIAL: dict[str, Callable[[random.Random], Case | None]] = {
    "swapped": swapped,
    "one side": one_side,
    "transposed": transposed,
    "mean for sum": mean_for_sum,
    "not a number": no_number,
}


# --- the rates -------------------------------------------------------------------------------------------------------


def slip_tally(seed: int, count: int) -> tuple[Counter[str], list[str]]:
    """How many of `count` slips were named right, wrongly, or not at all; and a line about each of the latter."""
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    lines = []
    for _ in range(count):
        case = planted(chance)
        diagnosis = diagnose(case.f, case.wrong, case.at)
        kind = "nothing" if diagnosis is None else diagnosis.kind
        verdict = "right" if kind in case.kinds else "unexplained" if kind == "unexplained" else "wrong"
        found[verdict] += 1
        if verdict != "right":
            said = diagnosis.text.splitlines()[0] if diagnosis else ""
            lines.append(f"{case.what} at {case.at}: {kind}: {said}")
    return found, lines


@pytest.mark.parametrize("seed", [4, 1847])
def test_slips_are_named(seed: int) -> None:
    found, lines = slip_tally(seed, 500)
    report = f"{dict(found)}\n" + "\n".join(lines)
    assert found["right"] >= 0.95 * 500, report
    assert found["wrong"] <= 0.01 * 500, report


def test_right_derivatives_are_never_diagnosed() -> None:
    chance = random.Random(7)
    for _ in range(200):
        width = chance.choice([1, 2, 3])
        t, at = expression(chance, width)
        right = flat(width, lambda args, i, t=t: derivative(t, args, i))
        points: list[Any] = [p if width > 1 else p[0] for p in at]
        assert diagnose(lambda *args, t=t: engine(t, args), right, points) is None, shown(t)


def test_every_kind_but_unexplained_is_planted() -> None:
    assert set(WEIGHTS) == set(KINDS) - {"unexplained"}


# ---- How often a right derivative is called wrong


@pytest.mark.parametrize(("kind", "seed"), [(PLAIN, 11), (ENGINE, 12)], ids=["plain math", "engine"])
def test_check_is_hardly_ever_wrong_on_random_expressions(kind: int, seed: int) -> None:
    """10,000 expressions run in tests/benchmarks/checker.py; here are enough to see a tenfold slip."""
    found = tally(1500, kind, seed)
    assert len(found.false_alarms) <= 1, found.false_alarms
    assert len(found.misses) <= 2, found.misses
    assert found.evaluations < 60
