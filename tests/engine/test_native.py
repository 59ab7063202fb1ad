"""The compiled build and the pure one: which of them is tested, and what passes between them."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import autograd as ag
from autograd import Value
from autograd.engine import COMPILED, backward, value


def test_the_build_that_was_asked_for_is_tested() -> None:
    assert ("AUTOGRAD_COMPILED" in os.environ) is COMPILED
    for module in (value, backward):
        assert str(module.__file__).endswith(".py") is not COMPILED


def test_sources_of_compiled_modules_are_there_to_be_read() -> None:
    assert "class Value" in Path(str(value.__file__)).with_name("value.py").read_text(encoding="utf-8")


# Written by the pure build: x = Value(3.0, "x"), y = x * x + 2.0, back-propagated.
PICKLE = (
    "8004952f010000000000008c176175746f677261642e656e67696e652e636f7079696e67948c0f5f726573746f72655f6265"
    "68696e64949394288c086275696c74696e73948c046c6973749493942952942868008c07726573746f7265949394288c1561"
    "75746f677261642e656e67696e652e76616c7565948c0556616c75659493944740080000000000008c0178948c126175746f"
    "677261642e656e67696e652e6f70948c0466696e649493948c00942986945294294740180000000000007494529468082868"
    "0b4740220000000000006810680f8c012a942986945294681468148694473ff00000000000007494529468098c076c697465"
    "72616c9493944740000000000000008594529465680b4740260000000000006810680f8c012b942986945294681a681e8694"
    "473ff0000000000000749452942e"
)


def test_pickles_of_the_other_build_load() -> None:
    y = pickle.loads(bytes.fromhex(PICKLE))
    for v in (y, pickle.loads(pickle.dumps(y))):
        x = v.parents[0].parents[0]
        assert (v.data, v.grad, v.op, x.label, x.data, x.grad) == (11.0, 1.0, "+", "x", 3.0, 6.0)


Alarm = Callable[[Callable[[], None], float, float], None]


@pytest.fixture
def alarm() -> Iterator[Alarm]:
    """Call something after so many seconds, and again; without the collector, whose callbacks lose exceptions."""

    def start(tick: Callable[[], None], first: float, again: float) -> None:
        signal.signal(signal.SIGALRM, lambda *_: tick())
        signal.setitimer(signal.ITIMER_REAL, first, again)

    before = signal.getsignal(signal.SIGALRM)
    gc.disable()
    yield start
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    gc.enable()


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGALRM can be sent there")
def test_a_long_program_answers_an_interrupt(alarm: Alarm) -> None:
    x = Value(0.5)

    def work() -> None:
        alarm(interrupt, 0.2, 5.0)
        for _ in range(30_000):
            y = x
            for _ in range(1000):
                y = ag.tanh(y * x + 1.0)
            y.backward()

    with pytest.raises(KeyboardInterrupt):
        work()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGALRM can be sent there")
def test_one_long_backward_answers_an_interrupt_and_leaves_the_gradients(alarm: Alarm) -> None:
    x = y = Value(0.5)
    for _ in range(150_000):
        y = y * x + 0.25
    y.backward()
    earlier, ticks = x.grad, 0

    def tick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 2:
            raise KeyboardInterrupt

    def work() -> None:
        alarm(tick, 0.001, 0.001)
        y.backward()

    with pytest.raises(KeyboardInterrupt):
        work()
    assert x.grad == earlier
    y.backward()
    assert x.grad == 2 * earlier


def test_a_type_checker_is_not_needed_to_run() -> None:
    code = "import sys; sys.modules['mypy_extensions'] = None; import autograd; autograd.Value(2.0).exp().backward()"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["data", "grad", "label"])
def test_what_a_node_holds_cannot_be_deleted(name: str) -> None:
    v = Value(2.0, "v") * 3.0
    with pytest.raises(AttributeError, match=f"property '{name}' of 'Value' object has no deleter"):
        delattr(v, name)
    assert repr(v) == "Value(6.0)"


def test_a_flag_is_whatever_is_true_or_false() -> None:
    assert [Value(1.0, constant=flag).constant for flag in (np.True_, 1, np.False_, None)] == [True, True, False, False]
    x = Value(3.0)
    (x * x).backward(create_graph=np.True_)
    assert isinstance(x.grad, Value)
    x.zero_grad()
    (x * x).backward(create_graph=0)
    assert repr(x.grad) == "6.0"
