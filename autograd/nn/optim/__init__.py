"""Optimisers: how the gradients of a loss become the next weights. Names, defaults and numbers are PyTorch's.

>>> from autograd import Value, optim
>>> w = Value(5.0, "w")
>>> optimiser = optim.SGD([w], lr=0.1)
>>> for _ in range(100):
...     loss = (w - 3) ** 2
...     optimiser.zero_grad()
...     loss.backward()
...     optimiser.step()
>>> print(f"{w.data:.6f}")
3.000000
"""

from . import lr_scheduler as lr_scheduler
from .lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    ReduceLROnPlateau,
    StepLR,
)
from .optimiser import Optimizer
from .rules import SGD, Adagrad, Adam, AdamW, RMSprop, clip_grad_norm, clip_grad_value

__all__ = [
    "SGD", "Adagrad", "Adam", "AdamW", "CosineAnnealingLR", "ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR",
    "MultiStepLR", "Optimizer", "RMSprop", "ReduceLROnPlateau", "StepLR",
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value", "clip_grad_value_", "lr_scheduler",
]  # fmt: skip

clip_grad_norm_, clip_grad_value_ = clip_grad_norm, clip_grad_value  # PyTorch's names
