"""Which nodes of a recorded graph make up a neuron, and which neurons a layer.

Nothing records this: it is read off the shape of the graph. A neuron is a weighted sum z of its inputs, with an
activation behind it or none. The sum is one `dot` node, or is written with ``+`` and ``*``. Two sums with the same
weights are the same neuron at work on two samples. Its layer is one further from the inputs than the deepest neuron
that it depends on; where it works at several depths, as in a recurrent network, the smallest counts.
"""

from __future__ import annotations

from .neurons import Grouping, Part, Role

__all__ = ["Grouping", "Part", "Role"]
