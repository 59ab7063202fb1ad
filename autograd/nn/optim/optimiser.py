"""What all optimisers share: the parameters, the state beside each of them, and the way from one to the other."""

from __future__ import annotations

import contextlib
import copy
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...engine.graph import is_constant, name_of
from ...engine.value import Value
from ...errors import ArgumentError, OperandError, ShapeError
from ..arguments import at_least, finite, flag

__all__ = ["Array", "Optimizer", "same_names", "trainable"]

Array = NDArray[np.float64]


def trainable(params: Any, who: str) -> list[Value]:
    """The parameters as a flat list, each a leaf that is trained, none twice; `who` asks, for the messages."""
    if isinstance(params, Value) or not isinstance(params, Iterable) or isinstance(params, str | bytes | dict):
        hint = f"; write {who}([w], ...)" if isinstance(params, Value) else ", such as model.parameters()"
        raise OperandError(f"{who} takes a list of Values, got a {type(params).__name__}{hint}")
    found: list[Value] = []
    for i, p in enumerate(params):
        members = p.ravel().tolist() if isinstance(p, np.ndarray) else [p]
        for member in members:
            if not isinstance(member, Value):
                raise OperandError(
                    f"{who}: parameter {i} is a {type(member).__name__}, not a Value; "
                    "pass model.parameters(), or Values such as Value(0.5, 'w')"
                )
        found += members
    seen: dict[Value, int] = {}
    for i, p in enumerate(found):
        if is_constant(p):
            raise ArgumentError(
                f"{who}: parameter {i}, {name_of(p)}, is a constant and is never trained; make it with Value(x, label)"
            )
        if p.op:
            raise ArgumentError(
                f"{who}: parameter {i}, {name_of(p)}, is the result of an operation, and the next forward pass "
                "computes it anew; pass the leaves that it is made of"
            )
        if p in seen:
            raise ArgumentError(
                f"{who}: parameters {seen[p]} and {i} are the same Value, {name_of(p)}, "
                "which would be changed twice in a step; pass it once"
            )
        seen[p] = i
    return found


def same_names(got: set[str], expected: set[str], who: str) -> None:
    """Refuse a state that lacks a name or has one too many."""
    missing, unknown = sorted(expected - got), sorted(got - expected)
    if missing or unknown:
        wrong = [f"without {', '.join(missing)}"] * bool(missing) + [f"with {', '.join(unknown)}"] * bool(unknown)
        raise ArgumentError(f"{who} cannot go on from a state {' and '.join(wrong)}")


def _betas(name: str, betas: Any) -> tuple[float, float]:
    if not isinstance(betas, tuple | list | np.ndarray):
        raise OperandError(f"{name} is a pair of numbers, got a {type(betas).__name__}")
    if len(betas) != 2:
        raise ArgumentError(f"{name} is a pair of numbers, got {len(betas)}")
    return at_least(f"{name}[0]", betas[0], below=1.0), at_least(f"{name}[1]", betas[1], below=1.0)


_CHECKS: dict[str, Callable[[str, Any], Any]] = {  # what an option of this name has to be
    **dict.fromkeys(("momentum", "weight_decay", "eps", "alpha", "lr_decay", "initial_accumulator_value"), at_least),
    **dict.fromkeys(("nesterov", "centered", "amsgrad", "maximize"), flag),
    "dampening": finite,
    "betas": _betas,
}


class Optimizer:
    """The base of all optimisers; it knows no rule of its own.

    A subclass hands its options to ``__init__``, says which arrays of state its rule needs, and writes the rule over
    flat arrays. The parameters stand in these arrays in the order in which they were given.

    Args:
        params: the Values to train, as from ``model.parameters()``; arrays of Values are taken apart.
        lr: the learning rate.
        options: what else the rule depends on, fixed from here on. All rules have ``weight_decay``, the strength of
            the L2 penalty, whose slope weight_decay * w is added to the gradient, and ``maximize``, to go up instead
            of down.

    Raises:
        OperandError: something is not a Value (a TypeError).
        ArgumentError: no parameters, one that cannot be trained or comes twice, or an option that makes no sense.
    """

    SCRATCH: ClassVar[int] = 2  # how many arrays a rule may write intermediate numbers to

    def __init__(self, params: Iterable[Any], lr: float, **options: Any) -> None:
        who = type(self).__name__
        self._parameters = trainable(params, who)
        if not self._parameters:
            raise ArgumentError(f"{who} got an empty list of parameters; a generator may have been used up already")
        self.lr = lr
        self.initial_lr: float | None = None  # what the first scheduler starts from
        self._options = self._checked(options)
        self._shape = (len(self._parameters),)
        self._state = {name: np.full(self._shape, start) for name, start in self._layout().items()}
        self._count = 0  # steps made by all parameters alike, unless:
        self._counts: NDArray[np.int64] | None = None  # steps per parameter, once some had no gradient
        self._prepare()

    # --- what a subclass says -------------------------------------------------------------------------------

    def _checked(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options, each of its type and in its range."""
        who = type(self).__name__
        return {name: _CHECKS[name](f"{who}: {name}", x) for name, x in options.items()}

    def _layout(self) -> dict[str, float]:
        """The names of the arrays of state, which depend on the options, and what they hold before the first step."""
        return {}

    def _constants(self) -> dict[str, float]:
        """Numbers that the rule needs in every step, for `_fixed`."""
        return {}

    def _rule(self, w: Array, g: Array, state: dict[str, Array], work: tuple[Array, ...], count: int) -> None:
        """Change the weights w and the state in place, and leave the gradients g; `count` is 1 in the first step."""
        raise NotImplementedError

    # --- what a reader uses ---------------------------------------------------------------------------------

    @property
    def parameters(self) -> list[Value]:
        """The Values that are trained, in the order of the arrays."""
        return list(self._parameters)

    @property
    def options(self) -> dict[str, Any]:
        """What the optimiser was made with, beside the learning rate."""
        return dict(self._options)

    @property
    def lr(self) -> float:
        """The learning rate; it may be changed between steps."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = at_least(f"{type(self).__name__}: lr", lr)

    def zero_grad(self) -> None:
        """Forget the gradient of every parameter. Without it the next backward adds to this one's."""
        for p in self._parameters:
            p._grad = None

    def step(self) -> None:
        """Change every parameter once, by the gradient that it holds; one that no backward has reached stays.

        A NaN in a gradient goes on into the weight, as in PyTorch; :func:`autograd.optim.clip_grad_norm` can refuse it.
        """
        params = self._parameters
        try:  # `array` refuses None and Values, which `numpy.array` would turn into NaN
            gradients = np.frombuffer(array("d", [p._grad for p in params]))
        except TypeError:
            self._step_where_reached()
            return
        weights = np.frombuffer(array("d", [p._data for p in params]))
        self.update(weights, gradients)
        for p, weight in zip(params, weights.tolist(), strict=True):
            p._data = weight

    def update(self, weights: Array, gradients: Array) -> None:
        """One step on plain arrays: `weights` and the state change in place, `gradients` stay as they are.

        Args:
            weights: shape (n,), float64, in the order of `parameters`.
            gradients: the same shape.

        Raises:
            ShapeError: another shape; nothing has been changed then.
            OperandError: another type than float64.

        Example:
            >>> import numpy as np
            >>> from autograd import Value, optim
            >>> weights = np.array([1.0, 2.0])
            >>> optim.SGD([Value(1.0), Value(2.0)], lr=0.5).update(weights, np.array([2.0, 0.0]))
            >>> weights.tolist()
            [0.0, 2.0]
        """
        with np.errstate(all="ignore"):  # infinities and NaN pass through, as in PyTorch
            self.prepare_update(weights, gradients)()

    def prepare_update(self, weights: Array, gradients: Array) -> Callable[[], None]:
        """`update` for two arrays that stay where they are and change: checked here, once, and not in each step.

        NumPy's warnings of infinities and NaN are left to the caller: ``np.errstate(all="ignore")`` around a loop costs
        nothing, and in each step nearly as much as plain gradient descent itself.

        Args:
            weights, gradients: as for :meth:`update`; each call reads the gradients that stand there then.

        Returns:
            One step, as often as it is called, with the optimiser's rate and state as they are at that moment.

        Raises:
            ShapeError, OperandError: see :meth:`update`.

        Example:
            >>> import numpy as np
            >>> from autograd import Value, optim
            >>> weights, gradients = np.array([1.0, 2.0]), np.array([2.0, 0.0])
            >>> optimiser = optim.SGD([Value(1.0), Value(2.0)], lr=0.5)
            >>> step = optimiser.prepare_update(weights, gradients)
            >>> step()
            >>> optimiser.lr, gradients[1] = 0.25, 4.0
            >>> step()
            >>> weights.tolist()
            [-0.5, 1.0]
        """
        if not weights.shape == gradients.shape == self._shape:
            raise ShapeError(
                f"{type(self).__name__} has {len(self._parameters)} parameters and expects arrays of shape "
                f"{self._shape}; got weights {weights.shape}, gradients {gradients.shape}"
            )
        if not weights.dtype == gradients.dtype == np.float64:
            raise OperandError(
                f"{type(self).__name__} computes in float64; got weights {weights.dtype}, gradients {gradients.dtype}"
            )

        def step() -> None:
            if self._counts is None:
                self._rule(weights, gradients, self._state, self._work, self._count + 1)
                self._count += 1
            else:
                self._update_some(np.arange(len(weights)), weights, gradients)

        return step

    @contextlib.contextmanager
    def arranged(self, order: NDArray[np.intp]) -> Iterator[None]:
        """While inside, arrays of weights and gradients hold parameter ``order[i]`` at place i."""
        self._arrange(order)
        try:
            yield
        finally:
            self._arrange(np.argsort(order))

    def _arrange(self, order: NDArray[np.intp]) -> None:
        for row in (*self._state.values(), self._counts):
            if row is not None:
                row[:] = row[order]

    # --- parameters without a gradient ------------------------------------------------------------------------

    def _step_where_reached(self) -> None:
        """`step` where some gradients are missing, or are Values themselves."""
        reached = [i for i, p in enumerate(self._parameters) if p._grad is not None]
        params = [self._parameters[i] for i in reached]
        weights = np.array([p._data for p in params], dtype=np.float64)
        gradients = np.array([getattr(p._grad, "_data", p._grad) for p in params], dtype=np.float64)
        if len(reached) == len(self._parameters):
            self.update(weights, gradients)
        elif reached:
            self._update_some(np.array(reached), weights, gradients)
        for p, weight in zip(params, weights.tolist(), strict=True):
            p._data = weight

    def _update_some(self, places: NDArray[np.intp], weights: Array, gradients: Array) -> None:
        """Apply the rule to some parameters: at once to all that have made the same number of steps."""
        if self._counts is None:
            self._counts = np.full(self._shape, self._count, dtype=np.int64)
        counts = self._counts[places]
        for count in np.unique(counts).tolist():
            alike = np.flatnonzero(counts == count)
            at = places[alike]
            some, state = weights[alike], {name: row[at] for name, row in self._state.items()}
            with np.errstate(all="ignore"):
                self._rule(some, gradients[alike], state, tuple(np.empty((self.SCRATCH, len(at)))), count + 1)
            weights[alike] = some
            for name, changed in state.items():
                self._state[name][at] = changed
        self._counts[places] += 1

    # --- saving and copying -----------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next steps depend on, beside the weights: names to numbers and arrays (copies).

        Example:
            >>> from autograd import Value, optim
            >>> w = Value(1.0)
            >>> w.grad = 2.0
            >>> optimiser = optim.SGD([w], lr=0.1, momentum=0.9)
            >>> optimiser.step()
            >>> optimiser.state_dict()["momentum_buffer"].tolist()
            [2.0]
        """
        counts = self._counts
        steps = np.full(self._shape, self._count, dtype=np.int64) if counts is None else counts.copy()
        saved = {"optimiser": type(self).__name__, "lr": self._lr, "initial_lr": self.initial_lr, **self._options}
        return {**saved, "step": steps, **{name: row.copy() for name, row in self._state.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken: the same steps follow, bit for bit. Options are taken over too.

        Args:
            state: what `state_dict` of the same kind of optimiser, for as many parameters, has returned.

        Raises:
            ArgumentError: a name is missing or unknown, or a value makes no sense.
            ShapeError: an array of another length.
            OperandError: this is no mapping. The optimiser is unchanged in each case.
        """
        who = type(self).__name__
        if not isinstance(state, Mapping):
            raise OperandError(f"{who}: load_state_dict takes what state_dict() returned, got {type(state).__name__}")
        if "optimiser" not in state:
            raise ArgumentError(f"this is no state of an optimiser; {who} goes on from what state_dict() returned")
        if state["optimiser"] != who:
            raise ArgumentError(f"this is the state of {state['optimiser']!r}; {who} cannot go on from it")
        known = {"optimiser", "lr", "initial_lr", "step", *self._options}
        same_names(known & set(state), known, who)
        loaded = copy.copy(self)  # filled first, so that an error leaves this one as it is
        loaded.lr, first = state["lr"], state["initial_lr"]
        loaded.initial_lr = None if first is None else at_least(f"{who}: initial_lr", first)
        loaded._options = loaded._checked({name: state[name] for name in self._options})
        same_names(set(state), known | set(loaded._layout()), who)
        loaded._state = {name: self._loaded(name, state[name]) for name in loaded._layout()}
        steps = self._loaded("step", state["step"])
        if not ((steps >= 0) & (steps < 2**53) & (steps == np.floor(steps))).all():
            raise ArgumentError(f"{who}: step counts the steps of each parameter, got {steps}")
        loaded._count = int(steps[0])
        loaded._counts = None if (steps == steps[0]).all() else steps.astype(np.int64)
        loaded._prepare()
        self.__dict__.update(loaded.__dict__)

    def _loaded(self, name: str, values: Any) -> Array:
        row = np.array(values, dtype=np.float64)
        if row.shape != self._shape:
            raise ShapeError(
                f"{type(self).__name__}: {name} has shape {row.shape}, expected {self._shape}, "
                "one number for each parameter"
            )
        return row

    def _prepare(self) -> None:
        """Everything that is made once so that a step makes nothing."""
        self._work = tuple(np.zeros((self.SCRATCH, len(self._parameters))))
        # NumPy takes an array of no dimensions faster than a Python float
        self._fixed = {name: np.array(x) for name, x in self._constants().items()}

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self._options.items())
        return f"{type(self).__name__}({len(self._parameters)} parameters, lr={self._lr!r}{options})"
