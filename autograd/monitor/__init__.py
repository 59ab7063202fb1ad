"""What goes on in a training run: the gradients and weights of each layer, the loss, and what is wrong with them.

>>> from autograd.nn import MLP
>>> from autograd import monitor
>>> model = MLP(2, [3, 1])
>>> loss = (model([1.0, 2.0]) - 1) ** 2
>>> loss.backward()
>>> report = monitor.report(model, root=loss)
>>> report["W1"].size
6
"""

from .groups import Statistics, snapshot
from .history import History
from .limits import CURES, Finding, Limits
from .reports import Report, Row, report

__all__ = ["CURES", "Finding", "History", "Limits", "Report", "Row", "Statistics", "report", "snapshot"]
