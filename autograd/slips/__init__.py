"""Guesses at what went wrong in a hand derivative, ordered from the most specific to the most general.

Each guess says by how much the derivative would change if the slip had been made, at every point and for every
variable; whether it fits is for :class:`autograd.slips.evidence.Evidence` to say. The chain rule makes that one line:
what reaches the variables through one operand of one node is ``above * partial * below``, and a slip there replaces
one of the three factors.

The order of TIERS is the ranking. A guess in an earlier tier that fits hides all later ones, so where two descriptions
give the very same numbers the more likely one has to come first:

1. The whole: the wrong sign, a factor of pi/180, a transposed matrix, entries in each other's place, a mean for a sum.
   So minus the derivative is "sign" and not the constant -1, even where (1, -1) for (-1, 1) might be two entries
   swapped.
2. Something left out: one of several ways from a variable to the root, then a wrong sign of one of them, then the
   only way; then a factor. What is lost at a sum is a "dropped term", elsewhere a "missing path". A local derivative
   is a "missing factor" whether it varies or not: forgetting d(3x)/dx = 3 is not the constant 1/3. Where a term left
   out leaves an inner derivative of 1, as in sin(x + x^2), the inner derivative is the one left out.
3. A wrong rule: the slope taken at the wrong place, the function itself or another for its derivative, the exponent
   kept; then a factor that is there twice; then a simple constant; powers taken at the wrong place, which often differ
   by a constant only; any other constant.
4. Anything else that one slip can do: operands exchanged, factors from anywhere in the graph, any textbook function,
   slips on one path through a shared node.

:mod:`autograd.diagnosis` adds what no tier knows: right on one side and wrong on the other, and no number at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import factors, parts, rules, whole
from .evidence import Evidence
from .guesses import Guess

__all__ = ["TIERS", "Guess"]

Tier = Callable[[Evidence], Iterator[Guess]]

TIERS: tuple[Tier, ...] = (
    whole.sign_of_the_whole,
    whole.degrees,
    whole.transposed,
    whole.swapped_entries,
    whole.mean_for_sum,
    parts.left_out_way,
    parts.sign_of_a_part,
    parts.left_out_term,
    parts.left_out_part,
    parts.left_out_factor,
    rules.wrong_place,
    rules.wrong_rule,
    parts.counted_twice,
    rules.simple_constant,
    rules.wrong_place_of_a_power,
    rules.any_constant,
    factors.swapped_operands,
    factors.factor_of_any_node,
    factors.textbook_function,
    factors.factor_of_the_variables,
    factors.single_path,
)
