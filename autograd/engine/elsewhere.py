"""Names that people know from elsewhere: a few are here, and whoever types another is told what to write."""

from __future__ import annotations

from typing import Any

from .. import _home
from ..errors import OperandError

__all__ = ["INSTEAD", "give_hints", "unknown_keyword"]

_OF_MANY = "sum mean prod std softmax logsumexp dot"
INSTEAD = {
    **{name: f"autograd.{name}(v)" for name, home in _home.items() if home == "functions.elementary"},
    **{name: f"autograd.{name}(values), a function of many: a Value is one number" for name in _OF_MANY.split()},
    **dict.fromkeys(("abs", "pow", "square", "reciprocal"), "Python's operators, such as abs(v), v ** 2 or 1 / v"),
    **dict.fromkeys(("add", "sub", "mul", "div"), "Python's operators, + - * and /"),
    **dict.fromkeys(("item", "numpy", "tolist", "value", "val"), ".data, the bare number"),
    **dict.fromkeys(("gradient", "derivative", "get_gradient"), ".grad, after v.backward()"),
    **dict.fromkeys(("requires_grad", "requires_grad_"), "Value(x, constant=True) for an input that is never trained"),
    **dict.fromkeys(("shape", "size", "dim"), "autograd.array(...) for many numbers: a Value is one"),
    **dict.fromkeys(("cpu", "cuda", "to"), "v as it is: its number is a Python float"),
    "retain_grad": ".grad as it is: every node keeps its gradient",
    "is_leaf": "not v.parents",
    "grad_fn": ".op, the operation's name, and .local_derivatives()",
    "clone": "copy.copy(v)",
    "children": ".parents, the operands",
    "name": ".label",
    "_backward": ".local_derivative, the rule; Value.backward runs it",
    "zero_grad_": ".zero_grad()",
}


class _Instead:
    """Stands where there is no such attribute, and says what to write. A subclass may have one of that name.

    A `__getattr__` would do the same, but NumPy would call it three times for every Value that it puts into an array.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        attributes = getattr(instance, "__dict__", {})
        if instance is not None and self.name in attributes:
            return attributes[self.name]
        raise AttributeError(f"a {owner.__name__} has no {self.name!r}: write {INSTEAD[self.name]}")

    def __set__(self, instance: Any, value: Any) -> None:
        if not hasattr(instance, "__dict__"):
            self.__get__(instance, type(instance))
        instance.__dict__[self.name] = value

    def __delete__(self, instance: Any) -> None:
        self.__get__(instance, type(instance))
        del instance.__dict__[self.name]


def give_hints(kind: type) -> None:
    """Let the instances of a class say what to write where they have no such attribute."""
    for name in INSTEAD:
        if not hasattr(kind, name):
            setattr(kind, name, _Instead(name))


_KEYWORDS = {
    "retain_graph": "leave it out, a graph lives as long as somebody holds its root",
    "gradient": "it is called seed",
    "inputs": "leave it out, or see autograd.grad for derivatives by some inputs",
}


def unknown_keyword(name: str) -> OperandError:
    """What to raise where `backward` is given an argument that it does not take."""
    hint = f": {_KEYWORDS[name]}" if name in _KEYWORDS else "; it takes seed and create_graph"
    return OperandError(f"backward takes no argument {name!r}{hint}")
