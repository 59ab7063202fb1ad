"""Expressions typed by a user, such as ``2*x*cos(x**2)``: read by a small grammar of our own, never by Python.

The grammar, from what binds least to what binds most::

    + -                     from left to right
    * / // %                from left to right
    + - before an operand   -x**2 is -(x**2), as in Python
    **                      from right to left; 2**-x is fine
    number  name  function(argument, ...)  (expression)

A number is decimal, and always a float. A name is made of ASCII letters, digits and underscores and begins with a
letter; it is a variable unless it is ``pi`` or ``e``. A function is one of this package's functions of single
numbers, under the package's name (``abs``, ``max`` and ``min`` are understood too). There is nothing else: no
attributes, subscripts, strings, comparisons, assignments or words of Python.

Reading and running both go through lists, so nothing that can be typed exhausts the stack; text longer than
``MAX_LENGTH`` or nested deeper than ``MAX_DEPTH`` is refused. An expression runs on floats, Values and duals alike.
"""

from .expression import Expression, parse, parse_part
from .formula import Formula
from .known import CONSTANTS, FUNCTIONS
from .reader import MAX_DEPTH
from .tokens import MAX_LENGTH, Source

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "Expression",
    "Formula",
    "Source",
    "parse",
    "parse_part",
]
