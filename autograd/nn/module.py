"""`Module`: what holds parameters, finds those of the modules inside it, and hands them out by name."""

from __future__ import annotations

import functools
import reprlib
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..engine import modes
from ..engine.ops import LEAF
from ..engine.together import attributes, commit
from ..engine.value import Value
from ..errors import ArgumentError, OperandError, ShapeError
from ..functions.arrays import ValueArray, array, data
from .arguments import meant

__all__ = [
    "Module", "as_given", "as_rows", "expanded", "indexed", "is_batch", "number_layers", "sample_by_sample", "shape_of",
    "stacked",
]  # fmt: skip

_INSTEAD = {  # what people type who know PyTorch
    **dict.fromkeys(("children", "named_children", "named_modules", "apply"), "loop over model.modules()"),
    **dict.fromkeys(("register_parameter", "add_module"), "write self.name = value, which is found as it is"),
    **dict.fromkeys(("register_buffer", "named_buffers"), "write buffers = ('name',) in the class, self.name = number"),
    **dict.fromkeys(("requires_grad_", "requires_grad"), "give an optimiser the parameters that shall be trained"),
    **dict.fromkeys(("to", "cpu", "cuda", "float", "double", "half"), "leave it out, all numbers are Python floats"),
    **dict.fromkeys(("get_parameter", "get_submodule"), "write the attribute itself, as model.layers[0].weight"),
    "append": "write Sequential(*model, module)",
}


class Module:
    """Something with parameters, which are the trainable Values among its attributes and those of the modules in it.

    Subclass it, assign Values, arrays of Values, modules, or lists and dicts of these in ``__init__``, and write
    ``forward`` (or ``__call__``). What is met twice counts once, under its first name. A Value that is kept on a
    module and not to be trained is best made with ``constant=True``. A number or an array of floats that belongs to the
    state, too, is named in ``buffers``; a call may change it, with :meth:`for_buffer`.

    Example:
        >>> class Line(Module):
        ...     def __init__(self):
        ...         self.slope, self.offset = Value(2.0, "m"), Value(1.0, "c")
        ...
        ...     def forward(self, x):
        ...         return self.slope * x + self.offset
        >>> line = Line()
        >>> line(3.0).data, line.state_dict()
        (7.0, {'slope': 2.0, 'offset': 1.0})
    """

    training: bool = True
    buffers: tuple[str, ...] = ()  # attributes that are no parameters and yet belong to the state
    _letters: tuple[tuple[str, str], ...] = ()  # its arrays of parameters, and the letter by which each is labelled
    _is_layer: bool = False  # whether it counts when the layers of a network are numbered
    _numbered: bool = False  # whether the layers inside are numbered, by this module or by one around it
    _number: int = 0  # of its layer; 0: it stands alone
    _place: str = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__call__" in vars(cls):
            cls.__call__ = _heard(cls.__call__)  # type: ignore[method-assign]  # wraps what the class itself wrote

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._numbered:
            number_layers(self)
        if modes.entered and (watch := modes.watcher()) is not None:
            return watch.call(self, self.forward, args, kwargs)
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What a call computes; each kind of module has its own, and a container of parameters alone may have none."""
        raise NotImplementedError(f"{type(self).__name__} has no forward: write one")

    # --- its place in a network --------------------------------------------------------------------------------------

    def _labels(self, number: int) -> Iterable[tuple[Value, str]]:
        """The parameters, and what each is called in a layer of this number."""
        for name, letter in self._letters:
            if (held := getattr(self, name)) is not None:
                for at, v in np.ndenumerate(held.view(np.ndarray)):
                    yield v, indexed(letter, number, *[i + 1 for i in at])

    def _take_number(self, number: int, place: str = "") -> None:
        """Label the parameters for their layer; a label that somebody else wrote stays."""
        for (v, name), (_, old) in zip(self._labels(number), self._labels(self._number), strict=True):
            if v.label in ("", old):
                v.label = name
        self._number, self._place = number, place

    def _who(self) -> str:
        """How messages call it: what it is, and where."""
        return f"{self._short()}, {self._place}" if self._place else self._short()

    def _short(self) -> str:
        return repr(self)

    if not TYPE_CHECKING:  # a type checker would take any name for an attribute

        def __getattr__(self, name: str) -> Any:
            if name in _INSTEAD:
                raise AttributeError(f"{self._short()} has no {name!r}: {_INSTEAD[name]}")
            return object.__getattribute__(self, name)  # raises Python's own error, or once more that of a property

    # --- what is inside ------------------------------------------------------------------------------------------

    def _members(self) -> Iterable[tuple[str, Any]]:
        """Names and attributes, among which parameters and modules are looked for."""
        return vars(self).items()

    def _inside(self) -> list[tuple[str, Module]]:
        """The modules that this one holds itself, in the order of definition."""
        return [(name, it) for name, it in _opened(self._members()) if isinstance(it, Module)]

    def _held(self) -> list[tuple[str, Any]]:
        """The trainable Values and arrays of them that this module holds itself, in the order of definition."""
        return [(name, it) for name, it in _opened(self._members()) if _trainable(it)]

    def _own_parameters(self) -> list[Value]:
        """The parameters that this module holds itself, in order."""
        return [v for _, held in self._held() for v in _flat(held)]

    def _walk(self) -> Iterator[tuple[str, Module]]:
        """This module and all modules in it with their paths, in the order of definition, each once."""
        met: set[int] = set()
        stack: list[tuple[str, Module]] = [("", self)]
        while stack:
            path, module = stack.pop()
            if id(module) in met:
                continue
            met.add(id(module))
            yield path, module
            stack += [(_joined(path, name), child) for name, child in reversed(module._inside())]

    def modules(self) -> list[Module]:
        """This module and all modules in it, in the order of definition, each once."""
        return [module for _, module in self._walk()]

    def parameters(self) -> list[Value]:
        """All trainable Values, in a fixed order, each once."""
        if not self._numbered:
            number_layers(self)
        return list(dict.fromkeys([v for _, module in self._walk() for v in module._own_parameters()]))

    def named_parameters(self) -> list[tuple[str, Value]]:
        """The same in the same order, with the names of :meth:`state_dict` and places in arrays, from 0.

        Example:
            >>> from autograd.nn import Linear
            >>> [name for name, _ in Linear(2, 1).named_parameters()]
            ['weight[0,0]', 'weight[0,1]', 'bias[0]']
        """
        named: dict[int, tuple[str, Value]] = {}
        for path, module in self._walk():
            names = {id(v): name for start, held in module._held() for name, v in expanded(start, held)}
            for v in module._own_parameters():
                named.setdefault(id(v), (_joined(path, names[id(v)]), v))
        return list(named.values())

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradient of every parameter; with `set_to_none` False make it 0, as if a backward had given 0."""
        commit(attributes(self.parameters(), "_grad", repeat(None if set_to_none else 0.0)))

    # --- training and evaluation ---------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Say to this module and all in it whether they are being trained: `BatchNorm` and `Dropout` ask.

        Example:
            >>> Module().train(False).training
            False
        """
        if not isinstance(mode, bool):
            raise ArgumentError(f"train takes True or False, got {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """The same as ``train(False)``."""
        return self.train(False)

    # --- state ---------------------------------------------------------------------------------------------------

    def for_buffer(self, x: Any) -> Any:
        """The numbers of Values, to compute a buffer of: as floats, since a buffer must not hold on to the graph.

        While a function is compiled, the buffers of the modules in it are Values, and here the Values stay what they
        are, so that the program can compute the buffer anew at each pass.

        Example:
            >>> class Centred(Module):
            ...     buffers = ("centre",)
            ...
            ...     def __init__(self):
            ...         self.centre = 0.0
            ...
            ...     def forward(self, x):
            ...         self.centre = 0.5 * self.centre + 0.5 * self.for_buffer(x)
            ...         return x - self.centre
            >>> from autograd import compile
            >>> module, x = Centred(), Value(8.0, "x")
            >>> module(x).data, module.centre
            (4.0, 4.0)
            >>> compile(lambda: module(x)).forward(), module.centre
            (2.0, 6.0)
        """
        if modes.entered and (watch := modes.watcher()) is not None:
            watch.lend(self)
            nodes = array(x)
            return nodes.apply_elementwise(watch.detached, [nodes]) if nodes.ndim else watch.detached(nodes[()])
        nodes = np.asarray(x, dtype=object).ravel().tolist() if np.ndim(x) else [x]
        if nodes and isinstance(nodes[0], Value):
            modes.Follower.put(nodes[0], weakref.ref(self))
        numbers = data(x)
        return numbers if numbers.ndim else float(numbers)

    def _state(self) -> dict[str, tuple[Module, str, Any]]:
        """By full name: the module that holds it, its name there, and the Values or numbers themselves."""
        state: dict[str, tuple[Module, str, Any]] = {}
        for path, module in self._walk():
            for name, it in [*module._held(), *((name, getattr(module, name)) for name in module.buffers)]:
                if it is not None:
                    state[_joined(path, name)] = (module, name, it)
        return state

    def state_dict(self) -> dict[str, float | np.ndarray[Any, Any]]:
        """The numbers of all parameters and buffers by name, as copies.

        Returns:
            Arrays of floats for arrays, floats for single Values.
        """
        numbers = {name: data(it) for name, (_, _, it) in self._state().items()}
        return {name: x.copy() if x.ndim else float(x) for name, x in numbers.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the numbers that :meth:`state_dict` gave, of this model or of one of the same shape.

        Raises:
            ArgumentError: a name is missing or unknown, or a number is not finite (a ValueError).
            ShapeError: an array has another shape (a ValueError).
            OperandError: something is no number (a TypeError).
            After an error the model is as it was.

        Example:
            >>> from autograd.nn import MLP
            >>> model, twin = MLP(2, [3, 1], seed=1), MLP(2, [3, 1], seed=2)
            >>> twin.load_state_dict(model.state_dict())
            >>> twin([1.0, 2.0]).data == model([1.0, 2.0]).data
            True
        """
        if not isinstance(state_dict, Mapping):
            raise OperandError(f"load_state_dict takes names and numbers in a dict, got {type(state_dict).__name__}")
        state = self._state()
        missing = [name for name in state if name not in state_dict]
        unknown = [name for name in state_dict if name not in state]
        if missing or unknown:
            hint = meant(unknown[0], state).strip() if unknown else ""
            wrong = (("lacks", missing), ("has unknown", unknown))
            said = " and ".join([f"{what} {_listed(names)}" for what, names in wrong if names])
            holds = f"{type(self).__name__} holds {_listed(list(state))}"
            raise ArgumentError(f"the state {said}{hint and f' ({hint})'}; {holds}")
        writes = []
        for name, (module, short, it) in state.items():
            numbers = _checked(name, state_dict[name], data(it).shape)
            module._check_buffer(name, short, numbers)
            if short in module.buffers:
                writes.append(attributes([module], short, [type(it)(numbers) if np.ndim(it) == 0 else numbers]))
            else:
                writes.append(attributes(_flat(it), "_data", numbers.ravel().tolist()))
        commit(*writes)

    def _check_buffer(self, name: str, short: str, numbers: np.ndarray[Any, Any]) -> None:
        """Raise if the numbers cannot be what a buffer of this module holds."""

    @reprlib.recursive_repr()
    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={module!r}' for name, module in self._inside())})"


def _heard(call: Callable[..., Any]) -> Callable[..., Any]:
    """A class's own `__call__`, of which a compiled function's recorder hears as of :meth:`Module.__call__`."""

    @functools.wraps(call)
    def heard(self: Module, *args: Any, **kwargs: Any) -> Any:
        if modes.entered and (watch := modes.watcher()) is not None:
            if not self._numbered:
                number_layers(self)
            return watch.call(self, call, (self, *args), kwargs)
        return call(self, *args, **kwargs)

    return heard


def number_layers(network: Module) -> None:
    """Number the layers of a network from 1; what stands between two layers belongs to the first."""
    number, name = 0, type(network).__name__
    for module in network.modules():
        module._numbered = True
        if module is not network:
            number += module._is_layer
            where = "layer" if module._is_layer else "behind layer" if number else "before layer"
            module._take_number(number, f"{where} {number or 1} of {name}")


def indexed(letter: str, number: int, *indices: int) -> str:
    """A label as the documents write it, W1[2,3] for the weight of layer 1 to its neuron 2 from input 3; z[2] alone."""
    return f"{letter}{number or ''}[{','.join(map(str, indices))}]"


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _opened(members: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The attributes in their order, lists, tuples and dicts replaced by what is in them."""
    met: set[int] = set()
    stack = list(members)[::-1]
    while stack:
        name, it = stack.pop()
        if not isinstance(it, list | tuple | dict):
            yield name, it
        elif id(it) not in met:
            met.add(id(it))
            items = it.items() if isinstance(it, dict) else enumerate(it)
            stack += [(f"{name}.{key}", inner) for key, inner in items][::-1]


def _trainable(it: Any) -> bool:
    """Whether it is a parameter or an array of parameters."""
    if isinstance(it, Value):
        return it._row is LEAF
    if not isinstance(it, np.ndarray) or it.dtype != object or not it.size:
        return False
    return all(isinstance(v, Value) and v._row is LEAF for v in it.ravel().tolist())


def _flat(held: Any) -> list[Value]:
    return [held] if isinstance(held, Value) else held.ravel().tolist()


def expanded(name: str, held: Any) -> list[tuple[str, Any]]:
    """What an array holds, each with its place behind the name; anything else as it is."""
    if not isinstance(held, np.ndarray):
        return [(name, held)]
    return [(f"{name}[{','.join(map(str, index))}]", v) for index, v in np.ndenumerate(held.view(np.ndarray))]


def _checked(name: str, numbers: Any, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """New numbers for one entry, as floats of this shape."""
    found: np.ndarray[Any, Any] = np.asarray(numbers)
    if found.dtype.kind not in "biuf":
        raise OperandError(f"{name!r} of the state holds {found.dtype}, not real numbers")
    if found.shape != shape:
        raise ShapeError(f"{name!r} has shape {shape} in the model and {found.shape} in the state")
    if not np.isfinite(found).all():
        raise ArgumentError(f"{name!r} of the state holds a number that is not finite")
    return found.astype(np.float64)


def _listed(names: list[Any]) -> str:
    return ", ".join(map(repr, names[:4])) + (f", ... ({len(names)} in all)" if len(names) > 4 else "") or "nothing"


# --- what a module is called on -----------------------------------------------------------------------------------


def is_batch(x: Any) -> bool:
    """Whether these are several samples: an array of more than one dimension, or a list of lists."""
    if isinstance(x, np.ndarray):
        return x.ndim > 1
    return isinstance(x, list | tuple) and len(x) > 0 and isinstance(x[0], list | tuple | np.ndarray)


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of one sample or of several."""
    if isinstance(x, np.ndarray):
        return tuple(x.shape)
    if not is_batch(x):
        return (len(x),) if hasattr(x, "__len__") else ()
    widths = {len(row) for row in x}
    if len(widths) > 1:
        raise ShapeError(f"the rows have different lengths: {', '.join(map(str, sorted(widths)))}")
    return len(x), widths.pop()


def as_rows(module: Module, x: Any, features: int | None = None, noun: str = "weights") -> tuple[list[Any], bool]:
    """The samples as a list of sequences, each of `features` numbers and Values; and whether it is a batch.

    A single feature may come bare; `noun` is what the module has one of for each feature; None: any number will do.
    """
    batch = is_batch(x)
    for sample in x if batch else (x,):
        if isinstance(sample, dict | set | frozenset | str | bytes) or hasattr(sample, "__next__"):
            raise OperandError(
                f"{module._who()} takes a list or array of numbers and Values, got {type(sample).__name__}; "
                "list the features in their order"
            )
    if batch:
        wanted = f"(n, {'features' if features is None else features})"
        try:
            shape = shape_of(x)
        except ShapeError as error:
            raise ShapeError(f"{module._who()}: expects inputs of shape {wanted}, but {error}") from None
        if len(shape) != 2 or features not in (None, shape[1]):
            raise ShapeError(f"{module._who()}: expects inputs of shape {wanted}, got {shape}")
        return x.tolist() if isinstance(x, np.ndarray) else list(x), True
    if isinstance(x, np.ndarray):
        x = x.ravel().tolist()
    elif not hasattr(x, "__len__"):
        x = [x]
    if features not in (None, len(x)):
        raise ShapeError(
            f"{module._who()}: {features} {noun}, got {len(x)} inputs; "
            f"it takes one sample of shape ({features},) or rows of shape (n, {features})"
        )
    return [x], False


def as_given(results: Sequence[Sequence[Any]], batch: bool, columns: int) -> Any:
    """The results for the rows of `as_rows`: an array for a batch; else a list, or what stands in it if it is alone."""
    if batch:
        return stacked(results, columns)
    return results[0][0] if len(results[0]) == 1 else results[0]


def sample_by_sample(module: Module, x: Any, function: Callable[[list[Any]], list[Any]]) -> Any:
    """A function of the numbers of one sample, on a number, a sample or rows of samples."""
    rows, batch = as_rows(module, x)
    results = [function(list(row)) for row in rows]
    if batch:
        return stacked(results, shape_of(x)[1])
    return results[0] if shape_of(x) else results[0][0]


def stacked(rows: Sequence[Sequence[Any]], columns: int) -> Any:
    """An array of Values from rows of them, without copying any."""
    result = np.empty(len(rows) * columns, dtype=object)
    result[:] = [v for row in rows for v in row]
    return result.reshape(len(rows), columns).view(ValueArray)
