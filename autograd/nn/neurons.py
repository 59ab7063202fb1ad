"""`Neuron`, `Layer` and `MLP`: micrograd's names and signatures. A neuron is one `dot` node and one activation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from ..engine.value import Value
from ..errors import ArgumentError, OperandError
from ..functions.arrays import array
from ..functions.elementary import dot, dot_rows
from .activations import KNOWN, Activation, Identity, ReLU, Softmax, activation_named, name_if_new
from .arguments import whole
from .init import Draws, first_weights, source
from .module import Module, as_given, as_rows, indexed, number_layers

__all__ = ["MLP", "Layer", "Neuron"]


class Neuron(Module):
    """activation(w . x + b): n weights and a bias; ReLU unless ``nonlin=False``.

    Args:
        nin: how many inputs.
        nonlin: whether an activation follows.
        activation: its name, a module, or a function of one number.
        init: "uniform" draws weights evenly from -1 to 1, other names are those of `autograd.init`; or a function
            that fills the weights, an array of shape (1, nin). The bias is 0.
        seed: the same seed gives the same weights; None draws from Python's global `random`.

    Example:
        >>> neuron = Neuron(2)
        >>> len(neuron.parameters())
        3
    """

    def __init__(
        self, nin: int, nonlin: bool = True, *,
        activation: Any = "relu", init: Any = "uniform", seed: int | None = None,
    ) -> None:  # fmt: skip
        count = whole("how many inputs a neuron has", nin)
        self.activation = activation_named(activation)
        if isinstance(self.activation, Softmax) and nonlin:
            raise ArgumentError("softmax needs all outputs of a layer: give it to a Layer or as an MLP's output")
        self.nonlin = nonlin and not isinstance(self.activation, Identity)
        [weights] = first_weights(1, count, init, source(seed))
        self.row = (*weights, Value(0.0))  # the bias is last
        self._take_number(0)

    @property
    def w(self) -> tuple[Value, ...]:
        """The weights."""
        return self.row[:-1]

    @property
    def b(self) -> Value:
        """The bias."""
        return self.row[-1]

    def forward(self, x: Any) -> Any:
        rows, batch = as_rows(self, x, len(self.row) - 1)
        found = []
        for row in rows:
            z = dot(self.w, row, self.b)
            if type(z) is Value:
                z._label = "z"
            found.append(self.activate(z))
            name_if_new(found[-1], "a")
        return as_given([[a] for a in found], batch, 1)

    def activate(self, z: Any) -> Any:
        """What follows the weighted sum."""
        if not self.nonlin:
            return z
        return self.activation.apply(z) if isinstance(self.activation, Activation) else self.activation(z)

    def _members(self) -> Iterable[tuple[str, Any]]:
        return [("w", array(self.w)), ("b", self.b), ("activation", self.activation)]

    def _own_parameters(self) -> list[Value]:
        return list(self.row)

    def _labels(self, number: int) -> Iterable[tuple[Value, str]]:
        return [*((w, indexed("w", 0, j)) for j, w in enumerate(self.w, 1)), (self.b, "b")]

    def __repr__(self) -> str:
        return f"{_kind(self.activation) if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons that see the same `nin` inputs; a single neuron's output comes without a list around it.

    Args:
        nin, nout: how many inputs and neurons.
        nonlin, activation, init, seed: as for `Neuron`; a function as `init` fills all weights, of shape (nout, nin).

    Called on one sample it gives a list of `nout` Values; on rows, of shape (n, nin), an array of shape (n, nout).

    Example:
        >>> layer = Layer(2, 3, activation="tanh", seed=1)
        >>> [a.label for a in layer([1.0, 2.0])], layer([[1.0, 2.0], [3.0, 4.0]]).shape
        (['a[1]', 'a[2]', 'a[3]'], (2, 3))
    """

    _is_layer = True

    def __init__(
        self, nin: int, nout: int, nonlin: bool = True, *,
        activation: Any = "relu", init: Any = "uniform", seed: int | None = None,
    ) -> None:  # fmt: skip
        self._make(nin, nout, activation_named(activation if nonlin else None), init, source(seed))
        self._take_number(0)

    @classmethod
    def _drawn(cls, nin: int, nout: int, activation: Module, init: Any, draws: Draws) -> Layer:
        """A layer whose weights go on with the same random numbers as those of the layer before."""
        made = cls.__new__(cls)
        made._make(nin, nout, activation, init, draws)
        return made

    def _make(self, nin: int, nout: int, activation: Module, init: Any, draws: Draws) -> None:
        self.nin = whole("how many inputs a neuron has", nin)
        self.activation: Any = activation
        one_by_one = isinstance(activation, Activation) and not isinstance(activation, Softmax)
        self.together = None if one_by_one else activation  # what works on all neurons at once
        own = activation if self.together is None else Identity()
        self.fresh = self.together is None and type(activation) in KNOWN  # makes a new node each time, or none
        self.neurons = []
        for weights in first_weights(whole("how many neurons a layer has", nout), self.nin, init, draws):
            neuron = Neuron.__new__(Neuron)
            neuron.row = (*weights, Value(0.0))
            neuron.activation, neuron.nonlin = own, not isinstance(own, Identity)
            self.neurons.append(neuron)

    @property
    def weight(self) -> Any:
        """The weights, an array of shape (nout, nin)."""
        return array([neuron.w for neuron in self.neurons])

    @property
    def bias(self) -> Any:
        """The biases, an array of shape (nout,)."""
        return array([neuron.b for neuron in self.neurons])

    def forward(self, x: Any) -> Any:
        rows, batch = as_rows(self, x, self.nin)
        return as_given([self.on_sample(row) for row in rows], batch, len(self.neurons))

    def on_sample(self, x: Sequence[Any]) -> list[Any]:
        """The outputs for one sample, always in a list; the nodes are labelled z1[1], a1[1] and so on."""
        if len(x) != self.nin:
            as_rows(self, x, self.nin)  # raises
        zs = dot_rows([neuron.row for neuron in self.neurons], x)
        labelled = type(zs[0]) is Value
        if self.together is None:
            usual = type(self.activation) is ReLU and labelled
            apply = Value.relu if usual else self.activation.apply  # the first is a shorter way to the same node
            if labelled and self.fresh:
                out = []
                for neuron, z, z_name, a_name in zip(self.neurons, zs, self._z_names, self._a_names, strict=True):
                    a = apply(z) if neuron.nonlin else z
                    a._label = a_name
                    z._label = z_name  # second: where no activation follows, z is what comes out
                    out.append(a)
                return out
            out = [apply(z) if neuron.nonlin else z for neuron, z in zip(self.neurons, zs, strict=True)]
        else:
            out = _as_list(self.together(zs))
        if labelled:
            for z, name in zip(zs, self._z_names, strict=True):
                z._label = name
            for a, name in zip(out, self._a_names, strict=False):
                name_if_new(a, name)
        return out

    def _take_number(self, number: int, place: str = "") -> None:
        super()._take_number(number, place)
        places = range(1, len(self.neurons) + 1)  # the labels of the nodes of a single sample
        self._z_names = [indexed("z", number, i) for i in places]
        self._a_names = [indexed("a", number, i) for i in places]

    def _inside(self) -> list[tuple[str, Module]]:
        return [("activation", self.activation)]

    def _held(self) -> list[tuple[str, Any]]:
        return [("weight", self.weight), ("bias", self.bias)]

    def _own_parameters(self) -> list[Value]:
        return [p for neuron in self.neurons for p in neuron.row]  # micrograd's order: neuron by neuron

    def _labels(self, number: int) -> Iterable[tuple[Value, str]]:
        for i, neuron in enumerate(self.neurons, 1):
            yield from ((w, indexed("W", number, i, j)) for j, w in enumerate(neuron.w, 1))
            yield neuron.b, indexed("b", number, i)

    def _short(self) -> str:
        return f"Layer({self.nin} -> {len(self.neurons)})"

    def __repr__(self) -> str:
        behind = f", then {self.together!r}" if self.together is not None else ""
        return f"Layer of [{', '.join(map(repr, self.neurons))}]{behind}"


class MLP(Module):
    """Layers one behind another; ReLU everywhere but in the last.

    Args:
        nin: how many inputs.
        nouts: how many neurons in each layer.
        activation: what follows the weighted sums of all layers but the last: a name ("relu", "tanh", ...), a module,
            or a function of one number.
        output_activation: the same for the last layer; None: nothing.
        init: "uniform" draws weights evenly from -1 to 1 as micrograd does; other names are those of `autograd.init`;
            or a function that fills each weight array, of shape (outputs, inputs). Biases are 0.
        seed: the same seed gives the same network; None draws from Python's global `random`.

    Called on one sample it gives a Value, or a list of them if the last layer has several neurons; on rows of shape
    (n, nin) an array of shape (n, outputs).

    Example:
        >>> model = MLP(3, [4, 4, 1])
        >>> len(model.parameters())
        41
        >>> type(model([1.0, 2.0, 3.0])).__name__
        'Value'
        >>> MLP(2, [3, 1], activation="tanh", output_activation="sigmoid", seed=0)([[0.0, 1.0], [1.0, 1.0]]).shape
        (2, 1)
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], *,
        activation: Any = "relu", output_activation: Any = None, init: Any = "uniform", seed: int | None = None,
    ) -> None:  # fmt: skip
        if not isinstance(nouts, Sequence) or not nouts:
            raise ArgumentError(f"nouts lists the neurons of each layer, as in MLP(3, [4, 4, 1]); got {nouts!r}")
        sizes = [nin, *nouts]
        draws = source(seed)
        hidden, last = activation_named(activation), activation_named(output_activation)
        behind = [hidden] * (len(nouts) - 1) + [last]
        self.layers = [Layer._drawn(*pair, f, init, draws) for pair, f in zip(pairwise(sizes), behind, strict=True)]
        number_layers(self)

    def forward(self, x: Any) -> Any:
        rows, batch = as_rows(self.layers[0], x, self.layers[0].nin)
        results = []
        for row in rows:
            for layer in self.layers:
                row = layer.on_sample(row)
            results.append(row)
        return as_given(results, batch, len(self.layers[-1].neurons))

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"


def _kind(activation: Module) -> str:
    return type(activation).__name__ if type(activation).__init__ is object.__init__ else repr(activation)


def _as_list(outputs: Any) -> list[Any]:
    if isinstance(outputs, Value):
        return [outputs]
    if not hasattr(outputs, "__len__"):
        raise OperandError(f"an activation of a whole layer returns a list of Values, got {type(outputs).__name__}")
    return list(outputs)
