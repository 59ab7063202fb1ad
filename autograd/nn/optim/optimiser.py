"""What all optimisers share: the parameters, the state beside each of them, and the way from one to the other."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import accumulate, chain, pairwise, repeat
from operator import setitem
from typing import Any, ClassVar, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...engine.graph import is_constant
from ...engine.messages import name_of
from ...engine.together import attributes, commit
from ...engine.value import Value
from ...errors import ArgumentError, OperandError, ShapeError
from ..arguments import at_least, flag, meant

__all__ = ["Array", "Group", "Optimizer", "Rows", "State", "Work", "same_names", "trainable"]

Array = NDArray[np.float64]
Rows: TypeAlias = dict[str, Array]  # the "weights", and each array of state by its name
Work: TypeAlias = tuple[Array, ...]  # for a rule's intermediate numbers
T = TypeVar("T")

# Weights and state after some steps; as many rows for the next step to fill; how many steps were made, and how many by
# each parameter once they differ; and where the parameters of each group stand. A step replaces all this at once, so
# half a step has never been made.
State: TypeAlias = tuple[Rows, Rows, int, NDArray[np.int64] | None, tuple[Any, ...]]


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


def same_names(got: Iterable[str], expected: Iterable[str], who: str) -> None:
    """Refuse a state that lacks a name or has one too many."""
    missing, unknown = sorted({*expected} - {*got}), sorted({*got} - {*expected})
    wrong = [f"{which} {', '.join(names)}" for which, names in (("without", missing), ("with", unknown)) if names]
    if wrong:
        raise ArgumentError(f"{who} cannot go on from a state {' and '.join(wrong)}")


def _betas(name: str, betas: Any) -> tuple[float, float]:
    if not isinstance(betas, tuple | list | np.ndarray):
        raise OperandError(f"{name} is a pair of numbers, got a {type(betas).__name__}")
    if len(betas) != 2:
        raise ArgumentError(f"{name} is a pair of numbers, got {len(betas)}")
    return at_least(f"{name}[0]", betas[0], below=1.0), at_least(f"{name}[1]", betas[1], below=1.0)


_CHECKS: dict[str, Callable[[str, Any], Any]] = {  # what an option of this name has to be
    **dict.fromkeys(("lr", "initial_lr", "momentum", "weight_decay", "eps", "alpha", "lr_decay"), at_least),
    **dict.fromkeys(("nesterov", "centered", "amsgrad", "maximize"), flag),
    "initial_accumulator_value": at_least,
    "dampening": partial(at_least, low=-math.inf),
    "betas": _betas,
}


def _refuse_unknown(names: Iterable[Any], known: list[str], who: str) -> None:
    """Refuse an option that a group of this optimiser has not."""
    for name in names:
        if name not in known:
            raise ArgumentError(f"{who}: a group has no option {name!r}; {meant(name, known)}It has {', '.join(known)}")


class Group(dict[str, Any]):
    """The options of some parameters by name, as PyTorch has them, and under "params" the Values themselves.

    An option may be changed between steps; what makes no sense is refused then and changes nothing.
    """

    def __init__(self, kind: type[Optimizer], settings: Mapping[str, Any]) -> None:
        options = kind._checked({name: x for name, x in settings.items() if name != "params"})
        super().__init__(params=settings["params"], **options)
        self.kind = kind
        self.start = kind._layout(options)
        self.numbers = {name: np.array(x) for name, x in kind._numbers(options).items()}

    def writes(self, changes: Mapping[str, Any]) -> Iterable[None]:
        """Writes for `commit` that change options."""
        who = self.kind.__name__
        if "params" in changes:
            raise ArgumentError(f"{who}: a group keeps its parameters; add_param_group adds others")
        _refuse_unknown(changes, [*self, "initial_lr"], who)
        changed = Group(self.kind, {**self, **changes})
        if changed.start.keys() != self.start.keys():
            raise ArgumentError(
                f"{who}: {', '.join(changes)} decides which numbers are kept beside each parameter, and these are kept "
                f"from the first step on: {', '.join(self.start) or 'none'}; make a new optimiser for that"
            )
        new = {name: changed[name] for name in changes}
        return chain(map(dict.update, [self], [new]), attributes([self], "numbers", [changed.numbers]))

    def __setitem__(self, name: str, x: Any) -> None:
        commit(self.writes({name: x}))

    def update(self, *args: Any, **kwargs: Any) -> None:
        commit(self.writes(dict(*args, **kwargs)))

    def setdefault(self, name: str, x: Any = None) -> Any:
        if name not in self:
            self[name] = x
        return self[name]

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc, override, unused-ignore]  # dict's is overloaded
        self.update(other)
        return self

    def __reduce__(self) -> Any:
        return Group, (self.kind, dict(self))


def _groups(params: Any, who: str) -> list[Any]:
    """What an optimiser is made with, as groups: there is one if it is a plain list of parameters."""
    if isinstance(params, Value):
        trainable(params, who)  # refuses it
    if isinstance(params, Iterable) and not isinstance(params, str | bytes | Mapping | np.ndarray):
        params = found = list(params)
        if any(isinstance(p, Mapping) for p in found):
            return found
    return [{"params": params}]


class Optimizer:
    """The base of all optimisers; it knows no rule of its own.

    A subclass hands its options to ``__init__``, says which arrays of state its rule needs, and writes the rule over
    flat arrays. The parameters stand in these arrays in the order in which they were given.

    Args:
        params: the Values to train, as from ``model.parameters()``; arrays of Values are taken apart. Or groups of them
            with options of their own: a list of dicts such as ``{"params": biases, "lr": 0.1}``.
        lr: the learning rate of every group that has none of its own.
        options: what else the rule depends on, for the groups that do not say. All rules have ``weight_decay``, the
            strength of the L2 penalty, whose slope weight_decay * w is added to the gradient, and ``maximize``, to go
            up instead of down.

    Attributes:
        defaults: the rate and the options that a group has if it does not say.

    Raises:
        OperandError: something is not a Value (a TypeError).
        ArgumentError: no parameters, one that cannot be trained or comes twice, or an option that makes no sense.
    """

    SCRATCH: ClassVar[int] = 2  # how many arrays a rule may write intermediate numbers to
    STATE: ClassVar[Mapping[str, str]] = {}  # the arrays of state by name, each with the option that asks for it or ""

    def __init__(self, params: Iterable[Any], lr: float, **options: Any) -> None:
        self.defaults = self._checked({"lr": lr, **options})
        self._groups: tuple[Group, ...] = ()
        self._parameters: list[Value] = []
        self._state: State = {"weights": np.empty(0)}, {}, 0, None, ()
        self._work: Work = ()
        commit(self._with(_groups(params, type(self).__name__)))

    # --- what a subclass says -------------------------------------------------------------------------------

    @classmethod
    def _checked(cls, options: dict[str, Any]) -> dict[str, Any]:
        """The options, each of its type and in its range."""
        return {name: _CHECKS[name](f"{cls.__name__}: {name}", x) for name, x in options.items()}

    @classmethod
    def _layout(cls, options: dict[str, Any]) -> dict[str, float]:
        """The arrays of state that these options ask for, and what they hold before the first step."""
        return {name: 0.0 for name, option in cls.STATE.items() if not option or options[option]}

    @classmethod
    def _numbers(cls, options: dict[str, Any]) -> dict[str, float]:
        """What the rule needs in every step, for `Group.numbers`: as arrays, which NumPy takes faster than floats."""
        return {name: x for name, x in options.items() if type(x) is float}

    def _rule(self, group: Group, w: Array, g: Array, old: Rows, new: Rows, work: Work, count: int) -> None:
        """From weights w, gradients g and the state in `old`, which all stay, the new weights and the new state.

        The rows have the names of the layout, and `new` has "weights" too. `count` is 1 in the first step.
        """
        raise NotImplementedError

    # --- what a reader uses ---------------------------------------------------------------------------------

    @property
    def parameters(self) -> list[Value]:
        """The Values that are trained, in the order of the arrays."""
        return list(self._parameters)

    @property
    def param_groups(self) -> list[Group]:
        """A dict for each group: its Values under "params", "lr" and the options, which may be changed between steps.

        Example:
            >>> from autograd import Value, optim
            >>> w, b = Value(1.0, "w"), Value(0.0, "b")
            >>> optimiser = optim.SGD([{"params": [w], "weight_decay": 0.1}, {"params": [b], "lr": 0.5}], lr=0.1)
            >>> optimiser.param_groups[0]["lr"] = 0.2
            >>> [(group["lr"], group["weight_decay"]) for group in optimiser.param_groups]
            [(0.2, 0.1), (0.5, 0.0)]
        """
        return list(self._groups)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Train more parameters from now on, as for layers that were left as they are at first.

        Args:
            param_group: a dict with "params", Values that are not trained yet, and options that differ from `defaults`.

        Raises:
            OperandError, ArgumentError: see :class:`Optimizer`; the optimiser is unchanged then.

        Example:
            >>> from autograd import Value, optim
            >>> optimiser = optim.SGD([Value(1.0)], lr=0.1)
            >>> optimiser.add_param_group({"params": [Value(2.0)], "lr": 0.01})
            >>> [group["lr"] for group in optimiser.param_groups]
            [0.1, 0.01]
        """
        commit(self._with([param_group]))

    @property
    def options(self) -> dict[str, Any]:
        """What all groups have in common, beside the learning rate; an ArgumentError if they differ."""
        options = [{k: x for k, x in g.items() if k not in ("params", "lr", "initial_lr")} for g in self._groups]
        return self._common("options", options)

    @property
    def lr(self) -> float:
        """The learning rate of all groups, an ArgumentError if they differ; what it is set to, all groups have."""
        return self._common("rates", [float(group["lr"]) for group in self._groups])

    @lr.setter
    def lr(self, lr: float) -> None:
        commit(*[group.writes({"lr": lr}) for group in self._groups])

    def _common(self, what: str, found: list[T]) -> T:
        if any(it != found[0] for it in found):
            raise ArgumentError(f"{type(self).__name__} has {len(found)} groups of different {what}; see param_groups")
        return found[0]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradient of every parameter. Without it the next backward adds to this one's.

        Args:
            set_to_none: False: make it 0 instead, so that the next step changes every parameter, reached or not.
        """
        commit(attributes(self._parameters, "_grad", repeat(None if set_to_none else 0.0)))

    def step(self) -> None:
        """Change every parameter once, by the gradient that it holds; one that no backward has reached stays.

        Whatever interrupts, Ctrl-C too, the parameters and the state are those before the step or those after it. A
        NaN in a gradient goes on into the weight, as in PyTorch; :func:`autograd.optim.clip_grad_norm` can refuse it.
        """
        params, reached = self._parameters, None
        weights = np.fromiter([p._data for p in params], float, len(params))
        try:  # `array` refuses None and Values, which `numpy.array` would turn into NaN
            gradients = np.frombuffer(array("d", [p._grad for p in params]))
        except TypeError:
            reached = np.array([i for i, p in enumerate(params) if p._grad is not None], dtype=np.intp)
            gradients = np.array([getattr(p.grad, "_data", p.grad) for p in params], dtype=np.float64)
            if not len(reached):
                return
        with np.errstate(all="ignore"):  # infinities and NaN pass through, as in PyTorch
            state = self.advance(self._state, weights, gradients, reached)
        commit(attributes(params, "_data", state[0]["weights"].tolist()), self.writes(state))

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
        if not weights.shape == gradients.shape == (len(self._parameters),):
            raise ShapeError(
                f"{type(self).__name__} has {len(self._parameters)} parameters and expects arrays of shape "
                f"({len(self._parameters)},); got weights {weights.shape}, gradients {gradients.shape}"
            )
        if not weights.dtype == gradients.dtype == np.float64:
            raise OperandError(
                f"{type(self).__name__} computes in float64; got weights {weights.dtype}, gradients {gradients.dtype}"
            )

        places: tuple[Any, ...] = weights, vars(self)

        def step() -> None:
            state = self.advance(self._state, weights, gradients)
            commit(map(setitem, places, (..., "_state"), (state[0]["weights"], state)))

        return step

    # --- steps aside ------------------------------------------------------------------------------------------

    def advance(self, state: State, w: Array, g: Array, reached: NDArray[np.intp] | None = None) -> State:
        """The state one step on, from these weights and gradients; `reached`: of the parameters there alone.

        It is written to the spare rows, and stays unknown to the optimiser until :meth:`writes` are committed.
        """
        old, new, made, counts, places = state
        if counts is None and (reached is None or len(reached) == len(w)):
            if len(places) == 1:
                self._rule(self._groups[0], w, g, old, new, self._work, made + 1)
            else:
                for group, at in zip(self._groups, places, strict=True):
                    self._rule_at(at, group, w, g, old, new, made + 1)
            return new, old, made + 1, None, places
        counts = np.full(len(w), made) if counts is None else counts.copy()
        everywhere, stepping = np.arange(len(w)), np.zeros(len(w), dtype=bool)
        stepping[... if reached is None else reached] = True
        for name, row in new.items():
            np.copyto(row, old[name] if name != "weights" else w)
        for group, at in zip(self._groups, places, strict=True):
            here = everywhere[at][stepping[at]]
            for count in np.unique(counts[here]).tolist():  # the rule is for those that have made as many steps
                self._rule_at(here[counts[here] == count], group, w, g, old, new, count + 1)
        counts[stepping] += 1
        return new, old, made + 1, counts, places

    def _rule_at(self, at: Any, group: Group, w: Array, g: Array, old: Rows, new: Rows, count: int) -> None:
        """The rule for the parameters of a group that stand at these places."""
        before = {name: old[name][at] for name in group.start}  # views, if a slice says where
        after = {name: new[name][at] for name in ("weights", *group.start)}
        work = tuple([row[: len(after["weights"])] for row in self._work])
        self._rule(group, w[at], g[at], before, after, work, count)
        if not isinstance(at, slice):
            for name, row in after.items():
                new[name][at] = row

    def arranged(self, order: NDArray[np.intp] | None, state: State | None = None) -> State:
        """A copy of `state`, or of the optimiser's own, with parameter ``order[i]`` at place i; None: as it is."""
        rows, _, made, counts, places = state or self._state
        moved: Any = ... if order is None else order
        if order is not None and len(places) > 1:
            everywhere = np.arange(len(order))
            places = tuple([_run(np.flatnonzero(np.isin(order, everywhere[at]))) for at in places])
        counts = None if counts is None else counts[moved]
        return _stated({name: np.array(row[moved]) for name, row in rows.items()}, made, counts, places)

    def writes(self, state: State) -> Iterable[None]:
        """Writes for `commit` that make this the optimiser's state."""
        return attributes([self], "_state", [state])

    # --- groups ---------------------------------------------------------------------------------------------------

    def _with(self, given: Sequence[Mapping[str, Any]]) -> Iterable[None]:
        """Writes for `commit` that add these groups."""
        who, groups = type(self).__name__, list(self._groups)
        owner = {p: k for k, group in enumerate(groups) for p in group["params"]}
        for settings in given:
            k = len(groups)
            if not isinstance(settings, Mapping):
                kind = type(settings).__name__
                raise OperandError(f"{who}: group {k} is a {kind}; groups are dicts such as {{'params': [w]}}")
            where = f"{who}, group {k}" if k or len(given) > 1 else who
            if "params" not in settings:
                raise ArgumentError(f"{where} has no 'params': {{'params': [w], ...}} names the Values to train")
            _refuse_unknown(settings, ["params", "initial_lr", *self.defaults], where)
            params = settings["params"]
            found = trainable([params] if isinstance(params, Value) else params, where)
            if not found:
                raise ArgumentError(f"{where} got an empty list of parameters; a generator may have been used up")
            for p in found:
                if owner.setdefault(p, k) != k:
                    raise ArgumentError(f"{who}: {name_of(p)} is in group {owner[p]} and in group {k}; leave it in one")
            groups.append(Group(type(self), {**self.defaults, **settings, "params": found}))
        rows, _, made, counts, _ = self._state
        size, before, sizes = len(owner), len(self._parameters), [len(group["params"]) for group in groups]
        grown = {}
        for name in ("weights", *_names(groups)):
            grown[name] = np.repeat([group.start.get(name, 0.0) for group in groups], sizes)
            grown[name][:before] = rows.get(name, 0.0)
        if made:
            counts = np.concatenate([np.full(before, made) if counts is None else counts, np.zeros(size - before)])
            counts = counts.astype(np.int64)
        state, work = _stated(grown, made, counts, _slices(groups)), tuple(np.zeros((self.SCRATCH, size)))
        changed = {"_groups": tuple(groups), "_parameters": list(owner), "_work": work, "_state": state}
        return map(dict.update, [vars(self)], [changed])

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
        rows, _, made, counts, places = self._state
        numbers = np.arange(len(self._parameters))
        groups = [{**group, "params": numbers[at].tolist()} for group, at in zip(self._groups, places, strict=True)]
        steps = np.full(len(numbers), made, dtype=np.int64) if counts is None else counts.copy()
        arrays = {name: row.copy() for name, row in rows.items() if name != "weights"}
        return {"optimiser": type(self).__name__, "param_groups": groups, "step": steps, **arrays}

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
        known = ["optimiser", "param_groups", "step"]
        same_names([name for name in state if name in known], known, who)
        groups = self._loaded_groups(state["param_groups"])
        names = _names(groups)
        same_names(state, [*known, *names], who)
        rows = {"weights": np.zeros(len(self._parameters)), **{name: self._loaded(name, state[name]) for name in names}}
        steps = self._loaded("step", state["step"])
        if not ((steps >= 0) & (steps < 2**53) & (steps == np.floor(steps))).all():
            raise ArgumentError(f"{who}: step counts the steps of each parameter, got {steps}")
        counts = None if (steps == steps[0]).all() else steps.astype(np.int64)
        made = _stated(rows, int(steps[0]), counts, _slices(groups))
        commit(attributes([self], "_groups", [tuple(groups)]), self.writes(made))

    def _loaded_groups(self, saved: Any) -> list[Group]:
        who, sizes = type(self).__name__, [len(group["params"]) for group in self._groups]
        if not isinstance(saved, list | tuple) or not all(isinstance(group, Mapping) for group in saved):
            raise OperandError(f"{who}: the state's param_groups are dicts in a list, got {saved!r}")
        found = [len(group.get("params", ())) for group in saved]
        if found != sizes:
            raise ArgumentError(f"{who} has groups of {sizes} parameters, and the state has groups of {found}")
        for group in saved:
            same_names([name for name in group if name != "initial_lr"], ["params", *self.defaults], who)
        return [Group(type(self), {**new, "params": g["params"]}) for new, g in zip(saved, self._groups, strict=True)]

    def _loaded(self, name: str, values: Any) -> Array:
        row = np.array(values, dtype=np.float64)
        expected = (len(self._parameters),)
        if row.shape != expected:
            raise ShapeError(
                f"{type(self).__name__}: {name} has shape {row.shape}, expected {expected}, "
                "one number for each parameter"
            )
        return row

    def __repr__(self) -> str:
        def told(group: Group) -> str:
            options = "".join(f", {k}={x!r}" for k, x in group.items() if k not in ("params", "initial_lr"))
            return f"{len(group['params'])} parameters{options}"

        return f"{type(self).__name__}({'; '.join(map(told, self._groups))})"


def _names(groups: Iterable[Group]) -> list[str]:
    """The arrays of state that the groups need, together."""
    return list(dict.fromkeys([name for group in groups for name in group.start]))


def _slices(groups: Sequence[Group]) -> tuple[slice, ...]:
    """Where the parameters of each group stand, one group behind the other."""
    ends = accumulate([len(group["params"]) for group in groups], initial=0)
    return tuple([slice(*pair) for pair in pairwise(ends)])


def _run(places: NDArray[np.intp]) -> Any:
    """The places as a slice if they stand one behind the other."""
    first, last = int(places[0]), int(places[-1])
    return slice(first, last + 1) if last - first + 1 == len(places) else places


def _stated(rows: Rows, made: int, counts: NDArray[np.int64] | None, places: tuple[Any, ...]) -> State:
    return rows, {name: np.zeros_like(row) for name, row in rows.items()}, made, counts, places
