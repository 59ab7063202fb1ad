"""A page that plays a graph: one self-contained HTML file, without network, that steps, predicts, edits and traces.

>>> from autograd import Value
>>> from autograd.render import to_html
>>> x = Value(3.0, "x")
>>> page = to_html(x * x, title="A square")
"""

from .writing import to_html

__all__ = ["to_html"]
