"""What all optimisers share: the parameters, the state beside each of them, and the way from one to the other."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import attrgetter
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...engine.graph import is_constant, name_of
from ...engine.together import attributes, commit
from ...engine.value import Value
from ...errors import ArgumentError, OperandError, ShapeError
from ..arguments import at_least, finite, flag

__all__ = ["Array", "Group", "Optimizer", "Rows", "same_names", "trainable"]

Array = NDArray[np.float64]
Rows: TypeAlias = tuple[Array, ...]  # the weights, then each array of state
_DATA = attrgetter("_data")


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


@dataclass
class Group:
    """What a step depends on beside weights, gradients and state; `fixed` has the numbers that every step needs."""

    lr: float
    initial_lr: float | None  # what the first scheduler starts from
    options: dict[str, Any]
    fixed: dict[str, NDArray[np.float64]]  # NumPy takes an array of no dimensions faster than a Python float


class State:
    """Weights and state as rows, on two sides: a step reads one, fills the other, and counts when `steps` is replaced.

    So there is no moment at which half a step has been made. `steps` are how many were made, and how many by each
    parameter once some had no gradient; None until then.
    """

    def __init__(self, rows: Sequence[Array], steps: tuple[int, NDArray[np.int64] | None]) -> None:
        self._sides = tuple(rows), tuple(map(np.copy, rows))
        self.steps = steps

    @property
    def rows(self) -> Rows:
        """The weights that the last step left, and the state."""
        return self._sides[self.steps[0] % 2]

    @property
    def spare(self) -> Rows:
        """The other side, which the next step fills."""
        return self._sides[(self.steps[0] + 1) % 2]

    def arranged(self, order: NDArray[np.intp]) -> State:
        """A copy in which parameter ``order[i]`` stands at place i."""
        made, counts = self.steps
        return State([row[order] for row in self.rows], (made, None if counts is None else counts[order]))


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
        self._shape = (len(self._parameters),)
        self._work = tuple(np.zeros((self.SCRATCH, len(self._parameters))))
        self._group = self._grouped(lr, None, options)
        starts = (0.0, *self._layout(self._group.options).values())
        self._state = State([np.full(self._shape, start) for start in starts], (0, None))

    # --- what a subclass says -------------------------------------------------------------------------------

    def _checked(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options, each of its type and in its range."""
        who = type(self).__name__
        return {name: _CHECKS[name](f"{who}: {name}", x) for name, x in options.items()}

    def _layout(self, options: dict[str, Any]) -> dict[str, float]:
        """The names of the arrays of state, which depend on the options, and what they hold before the first step."""
        return {}

    def _constants(self, options: dict[str, Any]) -> dict[str, float]:
        """Numbers that the rule needs in every step, for `Group.fixed`."""
        return {}

    def _rule(self, group: Group, w: Array, g: Array, old: Rows, new: Rows, work: Rows, count: int) -> None:
        """From weights w, gradients g and the state in `old`, which all stay, the new weights and the new state.

        The first of the rows is that of the weights. `count` is 1 in the first step.
        """
        raise NotImplementedError

    # --- what a reader uses ---------------------------------------------------------------------------------

    @property
    def parameters(self) -> list[Value]:
        """The Values that are trained, in the order of the arrays."""
        return list(self._parameters)

    @property
    def options(self) -> dict[str, Any]:
        """What the optimiser was made with, beside the learning rate."""
        return dict(self._group.options)

    @property
    def lr(self) -> float:
        """The learning rate; it may be changed between steps."""
        return self._group.lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._group.lr = self._rate("lr", lr)

    @property
    def initial_lr(self) -> float | None:
        """The rate that the first scheduler found; None: there was no scheduler."""
        return self._group.initial_lr

    @initial_lr.setter
    def initial_lr(self, lr: float | None) -> None:
        self._group.initial_lr = lr

    def zero_grad(self) -> None:
        """Forget the gradient of every parameter. Without it the next backward adds to this one's."""
        commit(attributes(self._parameters, "_grad", repeat(None)))

    def step(self) -> None:
        """Change every parameter once, by the gradient that it holds; one that no backward has reached stays.

        Whatever interrupts, Ctrl-C too, the parameters and the state are those before the step or those after it. A
        NaN in a gradient goes on into the weight, as in PyTorch; :func:`autograd.optim.clip_grad_norm` can refuse it.
        """
        params, state, reached = self._parameters, self._state, None
        weights = np.fromiter(map(_DATA, params), float, len(params))
        try:  # `array` refuses None and Values, which `numpy.array` would turn into NaN
            gradients = np.frombuffer(array("d", [p._grad for p in params]))
        except TypeError:
            reached = np.array([i for i, p in enumerate(params) if p._grad is not None], dtype=np.intp)
            gradients = np.array([getattr(p.grad, "_data", p.grad) for p in params], dtype=np.float64)
            if not len(reached):
                return
        with np.errstate(all="ignore"):  # infinities and NaN pass through, as in PyTorch
            steps = self.advance(state, weights, gradients, reached)
        commit(attributes(params, "_data", state.spare[0].tolist()), attributes([state], "steps", [steps]))

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
            state = self._state
            steps = self.advance(state, weights, gradients)
            commit(map(np.copyto, [weights], [state.spare[0]]), attributes([state], "steps", [steps]))

        return step

    # --- steps aside ------------------------------------------------------------------------------------------

    def advance(
        self, state: State, weights: Array, gradients: Array, reached: NDArray[np.intp] | None = None
    ) -> tuple[int, NDArray[np.int64] | None]:
        """Fill the state's spare side, and return its `steps` after the step; storing them is what makes it count."""
        made, counts = state.steps
        if counts is None and (reached is None or len(reached) == len(weights)):
            self._rule(self._group, weights, gradients, state.rows, state.spare, self._work, made + 1)
            return made + 1, None
        counts = np.full(self._shape, made) if counts is None else counts.copy()
        places = np.arange(len(weights)) if reached is None else reached
        old, new = (weights, *state.rows[1:]), state.spare
        for kept, row in zip(old, new, strict=True):
            np.copyto(row, kept)
        for count in np.unique(counts[places]).tolist():  # the rule is for those that have made as many steps
            at = places[counts[places] == count]
            some, work = (tuple(np.empty((rows, len(at)))) for rows in (len(new), self.SCRATCH))
            before = tuple([row[at] for row in old])
            self._rule(self._group, before[0], gradients[at], before, some, work, count + 1)
            for row, changed in zip(new, some, strict=True):
                row[at] = changed
        counts[places] += 1
        return made + 1, counts

    def state_in(self, order: NDArray[np.intp]) -> State:
        """A copy of the state in which parameter ``order[i]`` stands at place i, to make steps with :meth:`advance`."""
        return self._state.arranged(order)

    def writes(self, state: State) -> Iterable[None]:
        """Writes for `commit` that make this the optimiser's state."""
        return attributes([self], "_state", [state])

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
        made, counts = self._state.steps
        steps = np.full(self._shape, made, dtype=np.int64) if counts is None else counts.copy()
        group, arrays = self._group, map(np.copy, self._state.rows[1:])
        saved = {"optimiser": type(self).__name__, "lr": group.lr, "initial_lr": group.initial_lr, **group.options}
        return {**saved, "step": steps, **dict(zip(self._layout(group.options), arrays, strict=True))}

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
        known = {"optimiser", "lr", "initial_lr", "step", *self._group.options}
        same_names(known & set(state), known, who)
        group = self._grouped(state["lr"], state["initial_lr"], {name: state[name] for name in self._group.options})
        layout = self._layout(group.options)
        same_names(set(state), known | set(layout), who)
        rows = [np.zeros(self._shape), *[self._loaded(name, state[name]) for name in layout]]
        steps = self._loaded("step", state["step"])
        if not ((steps >= 0) & (steps < 2**53) & (steps == np.floor(steps))).all():
            raise ArgumentError(f"{who}: step counts the steps of each parameter, got {steps}")
        counts = None if (steps == steps[0]).all() else steps.astype(np.int64)
        loaded = State(rows, (int(steps[0]), counts))
        commit(attributes([self], "_group", [group]), self.writes(loaded))

    def _loaded(self, name: str, values: Any) -> Array:
        row = np.array(values, dtype=np.float64)
        if row.shape != self._shape:
            raise ShapeError(
                f"{type(self).__name__}: {name} has shape {row.shape}, expected {self._shape}, "
                "one number for each parameter"
            )
        return row

    def _grouped(self, lr: Any, initial_lr: Any, options: dict[str, Any]) -> Group:
        rate, first = self._rate("lr", lr), None if initial_lr is None else self._rate("initial_lr", initial_lr)
        checked = self._checked(options)
        return Group(rate, first, checked, {name: np.array(x) for name, x in self._constants(checked).items()})

    def _rate(self, name: str, lr: Any) -> float:
        return at_least(f"{type(self).__name__}: {name}", lr)

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self._group.options.items())
        return f"{type(self).__name__}({len(self._parameters)} parameters, lr={self.lr!r}{options})"
