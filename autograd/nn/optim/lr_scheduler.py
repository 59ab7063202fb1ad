"""Learning rates that change over training. Each step makes the new rates from the present ones, as PyTorch does.

So two schedulers can drive one optimiser, and a rate set by hand in between is where the next step starts from.
All take ``optimizer``, of which every parameter group gets its rate, and ``last_epoch``, the epoch to go on from (-1:
start); an ArgumentError says that a number is out of range.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ...engine.op import number
from ...engine.together import commit
from ...errors import ArgumentError, OperandError
from ..arguments import at_least, share, whole
from .optimiser import Optimizer, same_names

__all__ = [
    "CosineAnnealingLR", "ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR", "ReduceLROnPlateau",
    "StepLR",
]  # fmt: skip


def _each(check: Callable[[str, Any], Any], name: str, xs: Any) -> list[Any]:
    """A list, each of its items checked."""
    if not isinstance(xs, list | tuple):
        raise OperandError(f"{name} is a list, got a {type(xs).__name__}")
    return [check(f"{name}[{i}]", x) for i, x in enumerate(xs)]


def _one_of(words: tuple[str, ...], name: str, x: Any) -> Any:
    if x not in words:
        raise ArgumentError(f"{name} is {' or '.join(map(repr, words))}, got {x!r}")
    return x


def _for_groups(optimizer: Any, given: Any, name: str, what: str) -> list[Any]:
    """A list of one for each parameter group; what is no list goes for all of them."""
    count = len(getattr(optimizer, "param_groups", ()))
    if not isinstance(given, list | tuple):
        return [given] * count
    if count and len(given) != count:
        raise ArgumentError(f"{name} holds {len(given)} {what} for {count} parameter groups")
    return list(given)


_count = partial(whole, low=0)
_CHECKS: dict[str, Callable[[str, Any], Any]] = {  # what a number of this name has to be
    **dict.fromkeys(("step_size", "total_iters", "T_max"), whole),
    **dict.fromkeys(("last_epoch", "patience", "cooldown", "num_bad_epochs", "cooldown_counter"), _count),
    **dict.fromkeys(("start_factor", "end_factor"), share),
    **dict.fromkeys(("gamma", "eta_min", "threshold", "eps"), at_least),
    **dict.fromkeys(("base_lrs", "_last_lr", "min_lrs"), partial(_each, at_least)),
    "milestones": partial(_each, _count),
    "factor": partial(at_least, below=1.0),
    "mode": partial(_one_of, ("min", "max")),
    "threshold_mode": partial(_one_of, ("rel", "abs")),
    "best": lambda name, x: number(x),
}


class LRScheduler:
    """The base of all schedulers: it counts the epochs and sets the optimiser's rates."""

    optimizer: Optimizer
    last_epoch: int

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer, self.last_epoch = optimizer, last_epoch
        self.__post_init__()

    def __post_init__(self) -> None:  # the kinds of schedulers are dataclasses, and all begin with this
        who, groups = type(self).__name__, getattr(self.optimizer, "param_groups", [])
        if not isinstance(self.optimizer, Optimizer):
            raise OperandError(f"{who} takes an optimiser of autograd.optim, got a {type(self.optimizer).__name__}")
        epoch = whole(f"{who}: last_epoch", self.last_epoch, -1)
        if epoch != -1 and not all("initial_lr" in group for group in groups):
            raise ArgumentError(
                f"{who}: last_epoch={epoch} goes on with a schedule, but this optimiser has had none; "
                "load its state_dict first, or start anew with last_epoch=-1"
            )
        self.last_epoch = epoch + 1
        vars(self).update(self._checked(vars(self)))
        self.base_lrs: list[float] = [group.get("initial_lr", group["lr"]) for group in groups]
        rates = [self._begun(i, group["lr"]) for i, group in enumerate(groups)]
        changes = zip(groups, self.base_lrs, rates, strict=True)
        commit(*[group.writes({"initial_lr": first, "lr": lr}) for group, first, lr in changes])
        self._last_lr = [float(lr) for lr in rates]

    def _checked(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        who, names = type(self).__name__, self._state_names()
        return {name: _CHECKS[name](f"{who}: {name}", x) for name, x in settings.items() if name in names}

    @classmethod
    def _state_names(cls) -> set[str]:
        """What the state holds: the numbers among the fields, nothing that a user's own class sets beside them."""
        fields = getattr(cls, "__dataclass_fields__", {})
        return {"last_epoch", "base_lrs", "_last_lr", *(_CHECKS.keys() & fields.keys())}

    def _begun(self, i: int, lr: float) -> float:
        """The rate of group i in the epoch in which the scheduler is made."""
        return lr

    def _next(self, i: int, epoch: int, lr: float) -> float:
        """The rate of group i at `epoch`, from the one before it."""
        raise NotImplementedError

    def step(self) -> None:
        """Set the optimiser's rates for the next epoch; call it after the optimiser's own step."""
        epoch = self.last_epoch + 1
        self._set([self._next(i, epoch, lr) for i, lr in enumerate(self._rates())], last_epoch=epoch)

    def _rates(self) -> list[float]:
        """The rates of the groups as they are now."""
        groups = self.optimizer.param_groups
        if len(groups) != len(self._last_lr):
            raise ArgumentError(
                f"{type(self).__name__} was made for {len(self._last_lr)} parameter groups, and the optimiser has "
                f"{len(groups)} now; make a new scheduler after add_param_group"
            )
        return [group["lr"] for group in groups]

    def _set(self, rates: list[float], **changes: Any) -> None:
        """Give the groups these rates, and this scheduler what else has changed, all at once."""
        pairs = zip(self.optimizer.param_groups, rates, strict=True)
        changes["_last_lr"] = [float(lr) for lr in rates]
        commit(*[group.writes({"lr": lr}) for group, lr in pairs], map(dict.update, [vars(self)], [changes]))

    def get_last_lr(self) -> list[float]:
        """The rates that this scheduler has set last, one for each parameter group."""
        return list(self._last_lr)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser, whose own `state_dict` holds its rates, and but functions: names to numbers."""
        names = self._state_names()
        return {name: list(x) if isinstance(x, list) else x for name, x in vars(self).items() if name in names}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken.

        Raises:
            ArgumentError: names or numbers that this scheduler does not have; it is unchanged then.
        """
        who, known = type(self).__name__, self.state_dict()
        same_names(state, known, who)
        changed = self._checked(state)
        for name in {"base_lrs", "_last_lr", "min_lrs"} & known.keys():
            if len(changed[name]) != len(known[name]):
                raise ArgumentError(
                    f"{who}: {name} has {len(changed[name])} rates; there are {len(known[name])} parameter groups"
                )
        vars(self).update(changed)


@dataclass(eq=False, repr=False)
class StepLR(LRScheduler):
    """The rate times `gamma` after every `step_size` epochs.

    Args:
        step_size: how many epochs a rate holds.
        gamma: the factor.

    Example:
        >>> from autograd import Value, optim
        >>> optimiser = optim.SGD([Value(0.0)], lr=1.0)
        >>> scheduler = StepLR(optimiser, step_size=2, gamma=0.5)
        >>> for _ in range(3):
        ...     print(optimiser.lr)
        ...     scheduler.step()
        1.0
        1.0
        0.5
    """

    optimizer: Optimizer
    step_size: int
    gamma: float = 0.1
    last_epoch: int = -1

    def _next(self, i: int, epoch: int, lr: float) -> float:
        return lr if epoch % self.step_size else lr * self.gamma


@dataclass(eq=False, repr=False)
class MultiStepLR(LRScheduler):
    """The rate times `gamma` at each of the epochs in `milestones`.

    Args:
        milestones: epochs from 0; one that stands there twice counts twice.
        gamma: the factor.

    Example:
        >>> from autograd import Value, optim
        >>> optimiser = optim.SGD([Value(0.0)], lr=1.0)
        >>> scheduler = MultiStepLR(optimiser, milestones=[1, 3], gamma=0.5)
        >>> for _ in range(4):
        ...     print(optimiser.lr)
        ...     scheduler.step()
        1.0
        0.5
        0.5
        0.25
    """

    optimizer: Optimizer
    milestones: Sequence[int]
    gamma: float = 0.1
    last_epoch: int = -1

    def _begun(self, i: int, lr: float) -> float:
        return lr if self.last_epoch else self._next(i, 0, lr)

    def _next(self, i: int, epoch: int, lr: float) -> float:
        return lr * self.gamma ** self.milestones.count(epoch)


@dataclass(eq=False, repr=False)
class ExponentialLR(LRScheduler):
    """The rate times `gamma` after every epoch.

    Args:
        gamma: the factor.

    Example:
        >>> from autograd import Value, optim
        >>> optimiser = optim.SGD([Value(0.0)], lr=1.0)
        >>> scheduler = ExponentialLR(optimiser, gamma=0.5)
        >>> scheduler.step(); scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    optimizer: Optimizer
    gamma: float
    last_epoch: int = -1

    def _next(self, i: int, epoch: int, lr: float) -> float:
        return lr * self.gamma


@dataclass(eq=False, repr=False)
class LinearLR(LRScheduler):
    """The first rate times a factor that goes in a straight line from one number to another, as to warm up.

    lr_t = lr_0 (start_factor + (end_factor - start_factor) min(t, total_iters) / total_iters).

    Args:
        start_factor: the factor in the first epoch, above 0 and at most 1.
        end_factor: the factor from epoch `total_iters` on, from 0 to 1.
        total_iters: how many epochs the factor changes for.

    Example:
        >>> from autograd import Value, optim
        >>> optimiser = optim.SGD([Value(0.0)], lr=1.0)
        >>> scheduler = LinearLR(optimiser, start_factor=0.5, total_iters=2)
        >>> for _ in range(4):
        ...     print(optimiser.lr)
        ...     scheduler.step()
        0.5
        0.75
        1.0
        1.0
    """

    optimizer: Optimizer
    start_factor: float = 1.0 / 3
    end_factor: float = 1.0
    total_iters: int = 5
    last_epoch: int = -1

    def __post_init__(self) -> None:
        if number(self.start_factor) == 0.0:
            raise ArgumentError("LinearLR: start_factor is 0.0, from which no factor leads to another rate")
        super().__post_init__()

    def _begun(self, i: int, lr: float) -> float:
        return lr if self.last_epoch else lr * self.start_factor

    def _next(self, i: int, epoch: int, lr: float) -> float:
        if epoch > self.total_iters:
            return lr
        rise = self.end_factor - self.start_factor
        return lr * (1.0 + rise / (self.total_iters * self.start_factor + (epoch - 1) * rise))


@dataclass(eq=False, repr=False)
class LambdaLR(LRScheduler):
    """The first rate times what a function says for the epoch.

    Args:
        lr_lambda: a function of the epoch, counted from 0, that gives the factor; or a list of one for each group.
            Functions are no part of the state: the scheduler that loads it has its own.

    Raises:
        ArgumentError: another number of functions than groups, or a rate that is no rate.

    Example:
        >>> from autograd import Value, optim
        >>> optimiser = optim.SGD([Value(0.0)], lr=8.0)
        >>> scheduler = LambdaLR(optimiser, lr_lambda=lambda epoch: 0.5**epoch)
        >>> scheduler.step(); scheduler.step()
        >>> scheduler.get_last_lr()
        [2.0]
    """

    optimizer: Optimizer
    lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]]
    last_epoch: int = -1

    def __post_init__(self) -> None:
        functions = _for_groups(self.optimizer, self.lr_lambda, "LambdaLR: lr_lambda", "functions")
        self.lr_lambdas: list[Callable[[int], float]] = functions
        for function in functions:
            if not callable(function):
                raise OperandError(f"LambdaLR: lr_lambda is a function of the epoch, got {function!r}")
        super().__post_init__()

    def _begun(self, i: int, lr: float) -> float:
        return self._next(i, self.last_epoch, lr)

    def _next(self, i: int, epoch: int, lr: float) -> float:
        return self.base_lrs[i] * self.lr_lambdas[i](epoch)


@dataclass(eq=False, repr=False)
class CosineAnnealingLR(LRScheduler):
    """Half a cosine from the first rate down to `eta_min` in `T_max` epochs, then up again, and so on.

    lr_t = eta_min + (lr_0 - eta_min) (1 + cos(pi t / T_max)) / 2.

    Args:
        T_max: the epochs from the highest rate to the lowest.
        eta_min: the lowest rate.

    Example:
        >>> from autograd import Value, optim
        >>> optimiser = optim.SGD([Value(0.0)], lr=1.0)
        >>> scheduler = CosineAnnealingLR(optimiser, T_max=2)
        >>> for _ in range(3):
        ...     print(f"{optimiser.lr:.1f}")
        ...     scheduler.step()
        1.0
        0.5
        0.0
    """

    optimizer: Optimizer
    T_max: int
    eta_min: float = 0.0
    last_epoch: int = -1

    def _next(self, i: int, epoch: int, lr: float) -> float:
        t, turn, low = epoch, self.T_max, self.eta_min
        if (t - 1 - turn) % (2 * turn) == 0:  # from the lowest rate the quotient below would be 0 / 0
            return lr + (self.base_lrs[i] - low) * (1 - math.cos(math.pi / turn)) / 2
        shrink = (1 + math.cos(math.pi * t / turn)) / (1 + math.cos(math.pi * (t - 1) / turn))
        return shrink * (lr - low) + low


@dataclass(eq=False, repr=False)
class ReduceLROnPlateau(LRScheduler):
    """The rate times `factor` once a metric has not got better for more than `patience` epochs.

    Better than the best so far is, for "min" and "rel", below best (1 - threshold), for "min" and "abs" below best -
    threshold; for "max" above best (1 + threshold) and best + threshold.

    Args:
        mode: "min" for a metric that should fall, "max" for one that should rise.
        factor: what the rates are multiplied by, below 1.
        patience: how many epochs in a row may be no better.
        threshold, threshold_mode: by how much better counts, as a share ("rel") or as it is ("abs").
        cooldown: after a reduction, for how many epochs no epoch counts as bad.
        min_lr: the lowest rate; a list: of each group.
        eps: a reduction by no more than this is left out.

    Example:
        >>> from autograd import Value, optim
        >>> optimiser = optim.SGD([Value(0.0)], lr=1.0)
        >>> scheduler = ReduceLROnPlateau(optimiser, factor=0.5, patience=1)
        >>> for loss in (3.0, 2.0, 2.0, 2.0, 2.0):
        ...     scheduler.step(loss)
        >>> optimiser.lr
        0.5
    """

    optimizer: Optimizer
    mode: str = "min"
    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    threshold_mode: str = "rel"
    cooldown: int = 0
    min_lr: float | Sequence[float] = 0.0
    eps: float = 1e-8
    last_epoch: int = field(default=-1, init=False)
    min_lrs: list[float] = field(init=False)
    best: float = field(init=False)
    num_bad_epochs: int = field(init=False)
    cooldown_counter: int = field(init=False)

    def __post_init__(self) -> None:
        self.min_lrs = _for_groups(self.optimizer, self.min_lr, "ReduceLROnPlateau: min_lr", "rates")
        self.best = math.inf if self.mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0
        super().__post_init__()

    def step(self, metrics: Any) -> None:  # type: ignore[override]  # PyTorch's also asks for the metric, alone of all
        """Look at the metric of an epoch, a number or a Value, and reduce the rates if it is time to."""
        metric, rates = number(getattr(metrics, "_data", metrics)), self._rates()
        sign = 1.0 if self.mode == "min" else -1.0
        margin = sign * self.threshold
        mark = self.best * (1.0 - margin) if self.threshold_mode == "rel" else self.best - margin
        better = sign * metric < sign * mark
        bad, cooling = 0 if better else self.num_bad_epochs + 1, self.cooldown_counter
        if cooling:
            bad, cooling = 0, cooling - 1
        if bad > self.patience:
            lower = [max(lr * self.factor, lowest) for lr, lowest in zip(rates, self.min_lrs, strict=True)]
            rates = [new if lr - new > self.eps else lr for lr, new in zip(rates, lower, strict=True)]
            bad, cooling = 0, self.cooldown
        best = metric if better else self.best
        self._set(rates, last_epoch=self.last_epoch + 1, best=best, num_bad_epochs=bad, cooldown_counter=cooling)
