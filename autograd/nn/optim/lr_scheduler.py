"""Learning rates that change over training. Each step makes the new rate from the present one, as PyTorch does.

So two schedulers can drive one optimiser, and a rate set by hand in between is where the next step starts from.
All take ``optimizer``, whose rate is set, and ``last_epoch``, the epoch to go on from (-1: start); an ArgumentError
says that a number is out of range.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...engine.together import attributes, commit
from ...errors import ArgumentError, OperandError
from ..arguments import at_least, whole
from .optimiser import Optimizer, same_names

__all__ = ["CosineAnnealingLR", "ExponentialLR", "StepLR"]


class _Scheduler:
    """What the schedulers share: count the steps, and set the optimiser's rate."""

    def __init__(self, optimizer: Optimizer, last_epoch: int) -> None:
        who = type(self).__name__
        if not isinstance(optimizer, Optimizer):
            raise OperandError(f"{who} takes an optimiser of autograd.optim, got a {type(optimizer).__name__}")
        self.last_epoch = whole(f"{who}: last_epoch", last_epoch, -1) + 1
        if optimizer.initial_lr is None:
            if last_epoch != -1:
                raise ArgumentError(
                    f"{who}: last_epoch={last_epoch} goes on with a schedule, but this optimiser has had none; "
                    "load its state_dict first, or start anew with last_epoch=-1"
                )
            optimizer.initial_lr = optimizer.lr
        self.optimizer = optimizer
        self.base_lr = optimizer.initial_lr
        self._last_lr = optimizer.lr

    def _next(self, epoch: int, lr: float) -> float:
        """The rate at `epoch`, from the one before it."""
        raise NotImplementedError

    def step(self) -> None:
        """Set the optimiser's rate for the next epoch; call it after the optimiser's own step."""
        group, epoch = self.optimizer._group, self.last_epoch + 1
        lr = self.optimizer._rate("lr", self._next(epoch, group.lr))
        commit(
            attributes([group], "lr", [lr]),
            attributes([self], "last_epoch", [epoch]),
            attributes([self], "_last_lr", [lr]),
        )

    def get_last_lr(self) -> list[float]:
        """The rate that this scheduler has set last: a list of one, as PyTorch has one for each group."""
        return [self._last_lr]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser, whose own `state_dict` holds the rate: names to numbers."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken.

        Raises:
            ArgumentError: names or numbers that this scheduler does not have; it is unchanged then.
        """
        who, known = type(self).__name__, self.state_dict()
        same_names(set(state), set(known), who)
        checks = {name: whole if isinstance(value, int) else at_least for name, value in known.items()}
        vars(self).update({name: check(f"{who}: {name}", state[name], 0) for name, check in checks.items()})


class StepLR(_Scheduler):
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

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size = whole("StepLR: step_size", step_size, 1)
        self.gamma = at_least("StepLR: gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def _next(self, epoch: int, lr: float) -> float:
        return lr if epoch % self.step_size else lr * self.gamma


class ExponentialLR(_Scheduler):
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

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = at_least("ExponentialLR: gamma", gamma)
        super().__init__(optimizer, last_epoch)

    def _next(self, epoch: int, lr: float) -> float:
        return lr * self.gamma


class CosineAnnealingLR(_Scheduler):
    """Half a cosine from the first rate down to `eta_min` in `T_max` epochs, then up again, and so on.

    lr_t = eta_min + (lr_0 - eta_min) (1 + cos(pi t / T_max)) / 2, each rate computed from the one before.

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

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = whole("CosineAnnealingLR: T_max", T_max, 1)
        self.eta_min = at_least("CosineAnnealingLR: eta_min", eta_min)
        super().__init__(optimizer, last_epoch)

    def _next(self, epoch: int, lr: float) -> float:
        t, turn, low = epoch, self.T_max, self.eta_min
        if (t - 1 - turn) % (2 * turn) == 0:  # from the lowest rate the quotient below would be 0 / 0
            return lr + (self.base_lr - low) * (1 - math.cos(math.pi / turn)) / 2
        shrink = (1 + math.cos(math.pi * t / turn)) / (1 + math.cos(math.pi * (t - 1) / turn))
        return shrink * (lr - low) + low
