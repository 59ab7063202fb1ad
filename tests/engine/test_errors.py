"""One root exception, and kinds that are also the built-in ones."""

from __future__ import annotations

import inspect
import pickle

import pytest

import autograd as ag
from autograd import Value, errors
from autograd.errors import AutogradError, translated

KINDS = [
    thing
    for thing in vars(errors).values()
    if inspect.isclass(thing) and issubclass(thing, Exception) and thing.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_descends_from_the_root_or_is_a_warning(kind: type[Exception]) -> None:
    assert issubclass(kind, AutogradError | Warning)
    assert kind.__doc__


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (errors.DomainError, ValueError),
        (errors.DivisionByZeroError, ZeroDivisionError),
        (errors.RangeError, OverflowError),
        (errors.OperandError, TypeError),
        (errors.ShapeError, ValueError),
        (errors.ArgumentError, ValueError),
        (errors.GraphError, RuntimeError),
        (errors.BranchError, errors.GraphError),
        (errors.AnomalyError, ArithmeticError),
        (errors.GradientWarning, RuntimeWarning),
        (errors.CompileWarning, UserWarning),
    ],
)
def test_kind_is_also_the_builtin_exception(kind: type[Exception], builtin: type[Exception]) -> None:
    assert issubclass(kind, builtin)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (ZeroDivisionError("z"), errors.DivisionByZeroError),
        (OverflowError("o"), errors.RangeError),
        (ValueError("v"), errors.DomainError),
        (UnicodeError("a kind of ValueError"), errors.DomainError),
        (ArithmeticError("something else"), AutogradError),
    ],
)
def test_builtin_exception_is_translated_to_ours(raised: Exception, kind: type[AutogradError]) -> None:
    ours = translated(raised, "what and where")
    assert type(ours) is kind
    assert str(ours) == "what and where"


@pytest.mark.parametrize("kind", [errors.DomainError, errors.RangeError, errors.AnomalyError, errors.OperandError])
def test_exception_of_ours_keeps_its_kind(kind: type[AutogradError]) -> None:
    assert isinstance(translated(kind("first"), "second"), kind)


def test_exception_survives_pickling() -> None:
    with pytest.raises(ValueError, match="log") as caught:
        ag.log(Value(-1.0, "x"))
    restored = pickle.loads(pickle.dumps(caught.value))
    assert (type(restored), str(restored)) == (errors.DomainError, str(caught.value))


def test_everything_that_goes_wrong_is_caught_by_the_root() -> None:
    x = Value(0.0)
    for fails in (
        lambda: ag.log(x),
        lambda: 1 / x,
        lambda: ag.exp(x + 1000),
        lambda: Value("a"),
        lambda: x + None,
        lambda: float(x),
        lambda: ag.dot([x], []),
        lambda: ag.sum([]),
        lambda: ag.clip(x, 2.0, 1.0),
        lambda: ag.std([x]),
        lambda: ag.array([[1.0], [2.0, 3.0]]),
        lambda: ag.atan2(x, x).backward(),
    ):
        with pytest.raises(AutogradError) as caught:
            fails()
        assert str(caught.value)


def test_original_exception_does_not_clutter_the_traceback_of_a_failed_operation() -> None:
    with pytest.raises(ValueError, match="log") as caught:
        ag.log(Value(0.0))
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_label_in_a_message_is_short_and_printable() -> None:
    assert [errors.shown(text) for text in ("w1", "two\nlines", "")] == ["w1", r"'two\nlines'", ""]
    assert len(errors.shown("x" * 1000)) < 60


def test_the_caret_stands_below_its_place_also_behind_what_is_escaped() -> None:
    assert errors.pointed("x\0 + 1", 1) == "  x\\x00 + 1\n   ^"
