"""The package keeps to its own plan, and the checks that the other tests rely on can fail."""

from __future__ import annotations

import ast
import fnmatch
import importlib
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import autograd
from autograd import ops
from autograd.engine.op import Op
from tests.helpers.oracle import FORMS, check_rule, check_value, form_of

ROOT = Path(autograd.__file__).parents[1]
PACKAGE = Path(autograd.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))

# --- public names ------------------------------------------------------------------------------------------------

PUBLIC = [
    "Value", "exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh",
    "acosh", "atanh",
    "exp2", "log2", "log10", "log1p", "expm1", "cbrt", "erfc", "logsigmoid", "softsign", "where", "sigmoid",
    "softplus", "relu", "leaky_relu", "elu", "gelu", "silu", "erf",
    "maximum", "minimum", "hypot", "atan2", "absolute", "sign", "floor", "clip", "xlogy", "sum", "prod", "dot", "mean",
    "std", "logsumexp", "softmax",
    "array", "data", "grads", "no_grad", "detect_anomaly", "primitive",
    "grad", "value_and_grad", "jacobian", "hessian", "hvp", "vjp", "jvp",
    "gradcheck", "check_derivative", "assert_derivative", "diagnose", "explain", "Stepper", "steps", "compile",
    "draw",
]  # fmt: skip

ELSEWHERE = {
    "autograd.nn.init": [
        "calculate_gain", "constant", "fans", "kaiming_normal", "kaiming_uniform", "normal", "ones", "uniform",
        "xavier_normal", "xavier_uniform", "zeros",
    ],
    "autograd.nn.losses": [
        "bce", "bce_with_logits", "categorical_cross_entropy", "cross_entropy", "hinge", "huber", "mae", "mse", "nll",
        "smooth_l1",
    ],
    "autograd.nn.datasets": ["batches", "regression", "spirals", "two_moons", "xor"],
    "autograd.nn.monitor": ["History", "Limits", "Report", "report", "snapshot"],
    "autograd.nn.saving": ["load_parameters", "save_parameters"],
    "autograd.nn": [
        "BatchNorm", "Dropout", "ELU", "GELU", "Identity", "Layer", "LayerNorm", "LeakyReLU", "Linear", "MLP", "Module",
        "Neuron", "ReLU", "Residual", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign", "Tanh",
    ],
    "autograd.nn.optim": [
        "SGD", "Adagrad", "Adam", "AdamW", "CosineAnnealingLR", "ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR",
        "MultiStepLR", "Optimizer", "RMSprop", "ReduceLROnPlateau", "StepLR", "clip_grad_norm", "clip_grad_value",
        "lr_scheduler",
    ],
    "autograd.render": ["draw", "matrix_svg", "norms_svg", "to_dot", "to_html", "to_latex", "to_mermaid", "to_svg"],
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLIC)
def test_public_name_of_the_design_is_exported(name: str) -> None:
    assert name in autograd.__all__
    assert getattr(autograd, name).__doc__


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in ELSEWHERE.items() for name in names])
def test_public_name_of_a_submodule_is_exported(module: str, name: str) -> None:
    found = importlib.import_module(module)
    assert name in found.__all__
    assert getattr(found, name).__doc__


MODULES_BY_NAME = [
    "losses",
    "optim",
    "init",
    "monitor",
    "datasets",
    "saving",
    "paths",
    "ops",
    "lessons",
    "nn",
    "render",
]


@pytest.mark.parametrize("name", MODULES_BY_NAME)
def test_a_module_is_found_by_its_short_name(name: str) -> None:
    assert getattr(autograd, name).__name__.rpartition(".")[2] == name


def test_all_is_what_the_package_exports() -> None:
    ours = {
        name
        for name, thing in vars(autograd).items()
        if not name.startswith("_") and str(getattr(thing, "__module__", "")).startswith("autograd")
    }
    assert ours <= set(autograd.__all__)
    assert all(hasattr(autograd, name) for name in autograd.__all__)
    assert autograd.__all__ == sorted(set(autograd.__all__))


def test_type_checkers_see_the_names_that_a_program_finds() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    seen = {}
    for statement in block.body:
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                assert alias.asname == alias.name  # the form that says: for others to import
                assert alias.name not in seen
                seen[alias.name] = statement.module
    assert {*seen, "__version__"} == set(dir(autograd))
    for name, module in seen.items():
        found = getattr(autograd, name)
        home = importlib.import_module(f"autograd.{module}" if module else "autograd")
        assert found is getattr(home, name)
        assert name in autograd.__all__ or found is importlib.import_module(found.__name__)


def test_help_begins_with_a_table_of_contents() -> None:
    told = set(re.findall(r"\w+", autograd.__doc__ or ""))
    assert {*autograd.__all__, "nn", "losses", "optim", "init", "datasets", "monitor", "saving", "lessons"} <= told


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'autograd' has no attribute 'nonsense'"):
        autograd.nonsense  # type: ignore[attr-defined]  # noqa: B018  # it is looked up


def test_importing_the_package_imports_no_room_and_no_numpy() -> None:
    program = "import sys, autograd; print([m for m in sys.modules if m.startswith(('autograd.', 'numpy'))])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize("name", [*(names.split()[0] for names in autograd._NAMES.values()), *MODULES_BY_NAME])
def test_a_name_is_found_by_a_program_that_asks_for_nothing_else(name: str) -> None:
    subprocess.run([sys.executable, "-c", f"from autograd import {name}"], check=True)


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_all_of_a_module_names_things_that_exist(source: Path) -> None:
    if source.name == "__main__.py":
        return
    parts = source.relative_to(ROOT).with_suffix("").parts
    module = importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    for name in getattr(module, "__all__", ()):
        assert hasattr(module, name)


# --- imports point one way ---------------------------------------------------------------------------------------

FLOORS = [
    {"errors"}, {"engine"}, {"functions"}, {"reading"}, {"checking", "compiler", "render"},
    {"nn"}, {"lessons"}, {"cli"},
]  # fmt: skip
DOORS = {"__init__", "__main__", "pytest_plugin"}  # they show, or start, what stands in the rooms
ROOMS = {
    "__init__.py", "__main__.py", "pytest_plugin.py", "errors.py",
    "engine", "functions", "reading", "checking", "compiler", "render", "nn", "lessons", "cli",
}  # fmt: skip


def module_of(source: Path) -> str:
    return ".".join(source.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(source: Path, text: str | None = None) -> set[str]:
    """The modules of this package that a source file imports, anywhere in it, but for what only mypy reads."""
    package = list(source.relative_to(ROOT).parts[:-1])
    tree = ast.parse(source.read_text() if text is None else text)
    unseen = {
        node
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.unparse(branch.test)
        for node in ast.walk(branch)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and node not in unseen:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node not in unseen:
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{module}.{a.name}" if f"{module}.{a.name}" in MODULES else module for a in node.names}
    return {name for name in found if name in MODULES}


MODULES = {module_of(source): source for source in SOURCES}


def floor(module: str) -> int:
    room = module.split(".")[1]
    return next(i for i, rooms in enumerate(FLOORS) if room in rooms)


def upward(importer: str, imported: set[str]) -> list[str]:
    """The imports that do not point down: to a higher floor, or to another room of the same one."""
    if importer == "autograd" or importer.split(".")[1] in DOORS:
        return []
    rest = imported - {"autograd"}  # its version, and what a notebook shows
    inside = importer.split(".")[1]
    return sorted(m for m in rest if m.split(".")[1] != inside and floor(m) >= floor(importer))


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module: str) -> None:
    assert upward(module, imports_of(MODULES[module])) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    left = {module: imports_of(source) - {module, "autograd"} for module, source in MODULES.items()}
    while free := {module for module, imported in left.items() if not imported & left.keys()}:
        left = {module: imported for module, imported in left.items() if module not in free}
    assert left == {}


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("engine.ops", "from ..functions import arrays"),
        ("engine.graph", "import autograd.reading.trace"),
        ("functions.arrays", "def f():\n    from ..nn import module"),
        ("checking.check", "from ..render import dot"),
        ("errors", "from .engine import ops"),
    ],
)
def test_a_planted_import_upwards_is_seen(module: str, text: str) -> None:
    module = f"autograd.{module}"
    assert upward(module, imports_of(MODULES[module], text))


def test_the_package_is_the_rooms() -> None:
    assert {p.name for p in PACKAGE.iterdir() if p.name not in ("__pycache__", "py.typed")} == ROOMS


# --- top level -----------------------------------------------------------------------------------------------------

TOP_LEVEL = {"pyproject.toml", "README.md", "autograd", "tests", "demos", "LICENSE"}


def test_top_level_holds_what_the_design_fixes() -> None:
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split("\n") if line[:1] not in ("", "#")]
    found = {p.name for p in ROOT.iterdir() if not p.name.startswith(".")}
    made_by_tools = {name for name in found if any(fnmatch.fnmatch(name, pattern) for pattern in ignored)}
    assert found - made_by_tools <= TOP_LEVEL


# --- the check of rules can fail -----------------------------------------------------------------------------------


def caught(op: Op) -> bool:
    """Whether the very check that the property tests make refuses a row, at any of its points."""
    for point in form_of(op).points:
        try:
            check_rule(op, form_of(op), point)
        except AssertionError:
            return True
    return False


class Slip(NamedTuple):
    """A wrong rule, as one writes it by mistake."""

    op: Op
    partials: Callable[..., Any]


SLIPS = {
    "2.001 for 2": Slip(ops.power(2.0), lambda out, a: (2.001 * a,)),
    "off by 1e-7": Slip(ops.SIN, lambda out, a: (ops.COS(a) * (1 + 1e-7),)),
    "off by 1e-9, in the second operand": Slip(ops.MUL, lambda out, a, b: (b, a * (1 + 1e-9))),
    "a dropped term": Slip(ops.SILU, lambda out, a: (ops.SIGMOID(a),)),
    "a dropped term of a quotient": Slip(ops.TANH, lambda out, a: (1.0 + 0.0 * out,)),
    "a wrong sign": Slip(ops.COS, lambda out, a: (ops.SIN(a),)),
    "operands exchanged": Slip(ops.SUB, lambda out, a, b: (-1.0, 1.0)),
    "a missing inner factor": Slip(ops.EXP2, lambda out, a: (out,)),
    "the value for the slope": Slip(ops.SIGMOID, lambda out, a: (out,)),
    "one partial too few": Slip(ops.DIV, lambda out, a, b: (1.0 / b,)),
    "one partial too many": Slip(ops.EXP, lambda out, a: (out, out)),
    "the mean's 1/n left out": Slip(ops.MEAN, lambda out, *xs: (1.0,) * len(xs)),
    "the bias's slope left out": Slip(ops.DOT, lambda out, *xs: (*xs[1::-1], *(0.0 for _ in xs[2:]))),
    "right at first order, cut off from the graph": Slip(ops.EXP, lambda out, a: (getattr(out, "data", out),)),
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_a_planted_wrong_rule_is_caught(slip: Slip) -> None:
    assert caught(replace(slip.op, partials=slip.partials))
    assert not caught(slip.op)


def test_a_planted_wrong_value_is_caught() -> None:
    wrong = replace(ops.ERF, forward=lambda a: ops.ERF.forward(a) * (1 + 1e-12))
    with pytest.raises(AssertionError, match=r"erf at \(.*\): got"):
        check_value(wrong, form_of(wrong), (0.4,))


def test_a_failed_check_names_row_point_operand_got_and_expected() -> None:
    wrong = replace(ops.MUL, partials=lambda out, a, b: (b, 2.0 * a))
    with pytest.raises(AssertionError) as failure:
        check_rule(wrong, form_of(wrong), (1.5, -2.25))
    assert str(failure.value).startswith("* at (1.5, -2.25): d/d operand 1 is 3.0, expected 1.5")


def test_a_row_without_a_form_is_refused() -> None:
    with pytest.raises(AssertionError, match="add one to FORMS"):
        form_of(replace(ops.EXP, name="brand new"))


def test_every_public_row_has_an_independent_form() -> None:
    public = {name for name in ops.TABLE if name and not name.startswith("_")}
    assert public <= set(FORMS)
