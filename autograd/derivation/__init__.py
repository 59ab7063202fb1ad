"""Derivations: the chain rule from one node down to another, in symbols and in numbers, with a measurement beside it.

>>> from autograd import Value, explain
>>> x, w = Value(3.0, "x"), Value(2.0, "w")
>>> z = w * x
>>> z.label = "z"
>>> L = z**2
>>> L.label = "L"
>>> explain(L, w).total
36.0
"""

from .explaining import Derivation, explain

__all__ = ["Derivation", "explain"]
