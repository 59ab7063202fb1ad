"""Losses: how wrong predictions are, as one number to differentiate.

Each is called as ``loss(predictions, targets, reduction="mean")``, on single numbers, lists, nested lists or arrays, of
plain numbers or Values, and is made of ordinary nodes, so that it draws and steps like everything else. Names of
keywords and defaults are PyTorch's. Shapes have to be equal: nothing is broadcast.

>>> from autograd import Value, losses
>>> w = Value(3.0)
>>> loss = losses.mse([w * x for x in (1.0, 2.0)], [2.0, 4.0])
>>> loss.backward()
>>> loss.data, w.grad
(2.5, 5.0)
"""

from .binary import bce, bce_with_logits, hinge
from .classes import categorical_cross_entropy, cross_entropy, nll
from .regression import huber, mae, mse, smooth_l1

__all__ = [
    "bce",
    "bce_with_logits",
    "categorical_cross_entropy",
    "cross_entropy",
    "hinge",
    "huber",
    "mae",
    "mse",
    "nll",
    "smooth_l1",
]
