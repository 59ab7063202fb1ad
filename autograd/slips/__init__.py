"""Guesses at what went wrong in a hand derivative, ordered from the most specific to the most general.

Each guess says by how much the derivative would change if the slip had been made, at every point and for every
variable; whether it fits is for :class:`autograd.slips.evidence.Evidence` to say. The chain rule makes that one line:
what reaches the variables through one operand of one node is ``above * partial * below``, and a slip there replaces
one of the three factors.

The order of TIERS is the ranking. A guess in an earlier tier that fits hides all later ones. Where two descriptions
give the very same numbers, the first of these is reported:

1. the whole has the wrong sign; a factor of pi/180; entries in each other's place; a mean for a sum;
2. a part has the wrong sign; a term or a path is left out; a node's local derivative, whether it varies or not, is
   left out or counted twice (so a forgotten d(3x)/dx = 3 is a missing factor and not the constant 1/3);
3. typical wrong rules (the function itself for its derivative, the power rule with the exponent kept, the product of
   the derivatives); then a simple constant; a rule taken at the wrong place; any constant;
4. factors of any node; any textbook function in the place of a local derivative; slips on a single path.
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
    parts.sign_of_a_part,
    parts.left_out_way,
    parts.left_out_part,
    parts.left_out_factor,
    parts.counted_twice,
    rules.wrong_rule,
    rules.simple_constant,
    rules.wrong_place,
    rules.any_constant,
    factors.swapped_operands,
    factors.factor_of_any_node,
    factors.factor_of_the_variables,
    factors.textbook_function,
    factors.single_path,
)
