"""Pictures of graphs.

>>> from autograd import Value
>>> from autograd.render import to_svg
>>> x = Value(3.0, "x")
>>> picture = to_svg(x * x)
"""

from .dot import to_dot
from .engine import set_dot
from .svg import to_svg

__all__ = ["set_dot", "to_dot", "to_svg"]
