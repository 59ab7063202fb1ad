"""Networks out of nodes: modules, layers and activations, with micrograd's names and PyTorch's.

A module is called on one sample (a list or 1-D array of numbers and Values) and gives a list of Values, or a bare
Value where there is one output; called on rows, of shape (n, features), it gives an array of shape (n, outputs).
Parameters are labelled as one writes them: W1[2,3] is layer 1's weight to its neuron 2 from input 3, b1[2] its bias;
the nodes are z1[2] and a1[2].

>>> model = Sequential(Linear(2, 3, seed=0), Tanh(), Linear(3, 1, seed=1))
>>> model([0.5, -1.0]).label, model([[0.5, -1.0], [1.0, 2.0]]).shape
('z2[1]', (2, 1))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .activations import (
    ELU,
    GELU,
    Identity,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from .layers import BatchNorm, Dropout, LayerNorm, Linear, Residual, Sequential
from .module import Module
from .neurons import MLP, Layer, Neuron

__all__ = [
    "ELU",
    "GELU",
    "MLP",
    "BatchNorm",
    "BatchNorm1d",
    "Dropout",
    "Identity",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "Module",
    "Neuron",
    "ReLU",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
]

BatchNorm1d = BatchNorm  # PyTorch's name

_INSTEAD = {  # other names of PyTorch's
    "MSELoss": "autograd.losses.mse",
    "L1Loss": "autograd.losses.mae",
    "BCELoss": "autograd.losses.bce",
    "BCEWithLogitsLoss": "autograd.losses.bce_with_logits",
    "CrossEntropyLoss": "autograd.losses.cross_entropy",
    "NLLLoss": "autograd.losses.nll",
    **dict.fromkeys(("ModuleList", "ModuleDict", "ParameterList", "ParameterDict"), "a list or dict, as an attribute"),
    "Parameter": "Value(x, label), or autograd.array(x, label) for several",
    "functional": "autograd's own functions, such as autograd.relu, and autograd.losses",
    "utils": "autograd.optim.clip_grad_norm and clip_grad_value",
}


if not TYPE_CHECKING:  # a type checker would take any name for one of this module

    def __getattr__(name: str) -> object:
        hint = f": use {_INSTEAD[name]}" if name in _INSTEAD else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
