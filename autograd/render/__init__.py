"""Pictures of graphs.

>>> from autograd import Value
>>> from autograd.render import to_svg
>>> x = Value(3.0, "x")
>>> picture = to_svg(x * x)
"""

from .charts import layer_norms, matrix_svg, norms_svg
from .dot import to_dot
from .drawing import draw
from .engine import set_dot
from .equations import to_latex
from .mermaid import to_mermaid
from .page import to_html
from .svg import to_svg

__all__ = [
    "draw",
    "layer_norms",
    "matrix_svg",
    "norms_svg",
    "set_dot",
    "to_dot",
    "to_html",
    "to_latex",
    "to_mermaid",
    "to_svg",
]
