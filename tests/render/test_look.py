from typing import Any

import pytest

from autograd import Value
from autograd.errors import ArgumentError
from autograd.render import to_dot
from autograd.render.rows import graph_rows
from autograd.render.style import Look, look_of


@pytest.mark.parametrize(
    ("option", "bad", "named"),
    [
        ("show", ("values", "arrows"), "values, gradients, locals, messages"),
        ("show", 3, "values, gradients"),
        ("direction", "up", "LR, TB, RL, BT"),
        ("theme", "sepia", "auto, light, dark, print"),
        ("number_format", "4", "'.4g'"),
        ("number_format", "<9.4g", "'.4g'"),
        ("number_format", ".999f", "'.4g'"),
        ("number_format", None, "'.4g'"),
        ("legend", "yes", "True or False"),
    ],
)
def test_a_choice_that_is_none_is_refused_and_those_there_are_are_named(option: str, bad: Any, named: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        to_dot(Value(1.0), **{option: bad})
    assert named in str(caught.value)
    assert repr(bad) in str(caught.value)


def test_rankdir_is_another_name_for_direction() -> None:
    assert (
        look_of("TB").direction == look_of(direction="TB").direction == look_of("TB", direction="TB").direction == "TB"
    )
    with pytest.raises(ArgumentError, match="contradict"):
        look_of("TB", direction="BT")


def test_parts_are_kept_in_one_order_so_that_pictures_are_the_same() -> None:
    assert Look(show={"messages", "values"}).show == Look(show=["values", "messages"]).show == ("values", "messages")
    assert Look(show="locals").show == ("locals",)


def test_dashed_arrows_are_there_once_gradients_are_or_when_asked_for(square: Value) -> None:
    rows = graph_rows(square)
    assert not Look().backward(rows)
    assert Look(show=["locals"]).backward(rows)
    assert not Look(show=["values", "gradients"]).backward(rows)
    assert Look().backward(graph_rows(square, at_step=0))
    square.backward()
    assert Look().backward(graph_rows(square))


def test_numbers_are_written_as_asked() -> None:
    assert [Look(number_format=spec).number(1234.5) for spec in (".4g", ".2f", "+.1e", ",.0f")] == [
        "1234",
        "1234.50",
        "+1.2e+03",
        "1,234",
    ]
    assert Look(number_format=".2f").number(float("nan")) == "nan"
