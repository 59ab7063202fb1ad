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
