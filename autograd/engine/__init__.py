"""The engine: a number that remembers how it was made, and the chain rule that runs back through it.

Read it in one sitting, in this order:

1. `op.py`: what an operation is (its value, its derivative rule).
2. `ops.py`: the table of all operations, a row each.
3. `value.py`: `Value`, the node: a float, the row that made it, and its parents.
4. `graph.py`: the order of the nodes, and what a graph is asked.
5. `backward.py`: the reverse sweep that fills in the gradients.

Beside them: `primitives.py` (operations of your own), `operators.py` (Python's operators, for whatever stands for a
number), `special.py` and `array_forms.py` (values of operations where the plain formula loses digits, on floats and on
arrays), `messages.py` (what errors and warnings call a node, and say of a slope), `notes.py` (what is remembered
of a node), `modes.py` (`no_grad`, `detect_anomaly`, watched comparisons), `copying.py` (copies and pickles of deep
graphs), `together.py` (writes that no interrupt parts), `elsewhere.py` (names that people know from other packages) and
`native.py` (whether the engine was compiled). Nothing here knows a room above it.
"""

from . import ops as ops  # the table is filled, whichever module is asked for first: the pickle of a row asks `op.py`
from .native import COMPILED as COMPILED
