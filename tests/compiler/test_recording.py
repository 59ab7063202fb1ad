"""What a function does while it is recorded that its graph does not keep: it reads numbers, and changes modules."""

from __future__ import annotations

import copy
import pickle
import random
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile, losses, nn, optim, render
from autograd.errors import ArgumentError, BranchError, CompileWarning, DomainError, GraphError
from tests.helpers.interrupting import cuts

# --- numbers that are read -----------------------------------------------------------------------------------------


def slope_read(x: Value) -> Any:
    (x * x).backward()
    return x * x.grad


READING: dict[str, Callable[[Value], Any]] = {
    ".data": lambda x: x * x.data,
    "data of an array": lambda x: x * ag.data([x])[0],
    "data of a number": lambda x: x * float(ag.data(x)),
    ".grad": slope_read,
    "grads": lambda x: x + ag.grads([x]).sum(),
    "what was made of it": lambda x: x * (x + 1.0).data,
    "slopes": lambda x: x * (x * x).local_derivatives()[0],
    "a constant input": lambda x: x * Value(3.0, "c", constant=True).data,
    "a derivative's own": lambda x: ag.grad(lambda v: v * v.data)(x),
}


@pytest.mark.parametrize("name", READING)
def test_numbers_that_are_read_are_warned_of(name: str) -> None:
    x = Value(3.0, "x")
    with pytest.warns(CompileWarning, match=r"was read as a plain number.*test_recording.py") as told:
        compile(lambda: READING[name](x))
    assert len(told) == 1
    assert told[0].filename == __file__, "the warning points at the line that compiles"


def test_the_warning_counts_nodes_and_names_the_first() -> None:
    x, y = Value(3.0, "x"), Value(4.0, "speed")
    with pytest.warns(CompileWarning, match=r"^2 nodes were read .*\(the first: node speed, line \d+ of .*\)"):
        program = compile(lambda: x * y.data + (x * y).data * x + y.data)
    x.data, y.data = 1.0, 1.0
    assert program.forward() == 1.0 * 4.0 + 12.0 * 1.0 + 4.0, "what the warning says: the numbers of the recording"


@pytest.mark.parametrize("draw", [random.random, np.random.rand, lambda: random.sample([1.0, 2.0, 3.0], 1)[0]])
def test_random_numbers_that_are_drawn_are_warned_of(draw: Callable[[], float]) -> None:
    x = Value(3.0, "x")
    with pytest.warns(CompileWarning, match="random numbers were drawn .* repeats these at every pass") as told:
        program = compile(lambda: x * draw())
    assert [warning.filename for warning in told] == [__file__]
    assert program.forward() == program.forward()
    noise = [draw(), draw()]  # outside
    assert compile(lambda: x * noise[0]).forward() == 3.0 * noise[0]


def printed(x: Value) -> Any:
    print(x, f"{x:.3f} {x}", repr(x), str([x]), x.label, x.op, x.parents)
    return x * x


def looked_through(x: Value) -> Any:
    return x * ag.clip(x, 0.0, 2.0) if x > 0.0 and x != 7.0 else -x


HARMLESS: dict[str, Callable[[Value], Any]] = {
    "printing": printed,
    "comparing": looked_through,
    "a plain number": lambda x: x * ag.where(True, 2.0, 0.0).data,
    "of plain numbers alone": lambda x: x * ag.mean([ag.where(True, 2.0, 0.0), 1.0]).data,
    "a mean's count": lambda x: ag.mean([x, x]) + ag.array([x, x]).mean() + ag.array([x, 2.0 * x]).std(),
    "labels of classes": lambda x: losses.cross_entropy([[x, 0.0]], [1]),
    "targets": lambda x: losses.bce(ag.sigmoid(x), 1.0) + losses.hinge(x, -1.0) + losses.mse(x, 2.0),
    "softmax": lambda x: ag.softmax([x, 1.0])[0],
    "derivatives": lambda x: ag.grad(lambda v: v**3)(x) + ag.hessian(lambda v: v**3)(x),
    "a slope that is a node": lambda x: [(x * x).backward(create_graph=True), x * x.grad][1],
    "layers": lambda x: nn.Sequential(nn.Linear(1, 2, seed=0), nn.BatchNorm(2), nn.Tanh())([[x], [x * x]]).sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_nothing_is_said_where_nothing_is_read(name: str) -> None:
    x = Value(3.0, "x")
    compile(lambda: HARMLESS[name](x))  # a warning is an error here
    x.zero_grad()


def test_reading_costs_nothing_when_nothing_is_recorded() -> None:
    before = {name: vars(Value)[name] for name in ("data", "grad", "detach", "local_derivatives")}
    x = Value(3.0)

    def fails() -> Any:
        assert vars(Value)["data"] is not before["data"]
        raise KeyError("nothing to do with the graph")

    with pytest.raises(KeyError):
        compile(fails)
    compile(lambda: compile(lambda: x * x).root * 2.0)
    assert all(vars(Value)[name] is attribute for name, attribute in before.items())


def test_another_thread_s_reading_is_its_own_matter() -> None:
    x, read = Value(3.0), []

    def recorded() -> Any:
        other = threading.Thread(target=lambda: read.append(x.data + x.detach().data + float(ag.data(x))))
        other.start()
        other.join()
        return x * x

    compile(recorded)
    assert read == [9.0]


def test_threads_that_record_and_that_compute_leave_each_other_alone() -> None:
    wrong: list[str] = []
    done = threading.Event()
    old = sys.getswitchinterval()

    def computes() -> None:
        x = Value(3.0, "x")
        while not done.is_set():
            y = x * x
            y.backward()
            with ag.no_grad():
                aside = y * 2.0
            seen = (y.data, x.grad, y > 8.0, x.detach().parents, aside.parents, x.local_derivatives())
            if seen != (9.0, 6.0, True, (), (), ()):
                wrong.append(f"computing gave {seen}")
            x.zero_grad()

    def records() -> None:
        x = Value(2.0, "x")
        program = compile(lambda: x.detach() * x if x > 1.0 else x)
        program.forward()
        program.backward()
        if x.grad != 2.0:
            wrong.append(f"the program's gradient is {x.grad}")
        x.data = 0.5
        with pytest.raises(BranchError):
            program.forward()

    threads = [threading.Thread(target=computes) for _ in range(2)]
    try:
        sys.setswitchinterval(1e-5)
        for thread in threads:
            thread.start()
        for _ in range(40):
            records()
    finally:
        done.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(old)
    assert wrong == []


def test_what_is_set_while_it_is_watched_is_set() -> None:
    x = Value(3.0)

    def recorded() -> Any:
        x.data = 4.0
        return x * x

    assert compile(recorded).forward() == 16.0


# --- what has no gradient -------------------------------------------------------------------------------------------


def without_gradient(x: Value, y: Value) -> Any:
    with ag.no_grad():
        z = ag.exp(2.0 * x) / y
        z = z + x if z > 0.0 else z
    return x * z * y.detach() + (x * y).detach() * y + z.detach() + ag.data([Value(1.0)]).sum()


@pytest.mark.filterwarnings("ignore::autograd.errors.CompileWarning")
@pytest.mark.parametrize("of", ["number", "array"])
def test_what_is_detached_is_followed_and_has_no_gradient(of: str) -> None:
    xs, y = [Value(0.5 + k, "x") for k in range(1 if of == "number" else 40)], Value(2.0, "y")

    def eager() -> Any:
        return ag.sum([without_gradient(x, y) for x in xs])

    program = compile(eager)
    for k in range(4):
        for i, x in enumerate(xs):
            x.data = 0.25 * k + 0.1 * i
        y.data = 1.0 + k
        loss = eager()
        assert program.forward() == pytest.approx(loss.data, rel=1e-13)
        program.backward()
        found = [v.grad for v in (*xs, y)]
        for v in (*xs, y):
            v.zero_grad()
        loss.backward()
        assert found == pytest.approx([v.grad for v in (*xs, y)], rel=1e-12)
        for v in (*xs, y):
            v.zero_grad()


def test_of_a_result_that_is_detached_nothing_has_a_gradient() -> None:
    x = Value(3.0, "x")
    program = compile(lambda: (x * x).detach())
    x.data = 4.0
    assert program.forward() == 16.0
    program.backward()
    assert x.grad == 0.0
    pure = compile(lambda: x * x.detach()).to(np)
    value, slope = pure.value_and_grad(np.array([5.0]))
    assert (float(value), slope.tolist()) == (25.0, [5.0])


def test_what_is_made_of_the_graph_that_was_recorded() -> None:
    x = Value(3.0, "x")
    root = compile(lambda: x * x.detach()).root
    root.backward()
    assert x.grad == 3.0
    assert pickle.loads(pickle.dumps(root)).data == 9.0
    assert copy.deepcopy(root).data == 9.0
    assert "detached" in render.to_dot(root).source


# --- buffers -------------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 2)) * 3.0 + 5.0
Y = X.sum(axis=1, keepdims=True)


def normalised(**options: Any) -> nn.Sequential:
    # A bias before it would have the slope 0 but for rounding, which Adam divides by its own size.
    return nn.Sequential(
        nn.Linear(2, 3, bias=False, seed=0), nn.BatchNorm(3, **options), nn.Tanh(), nn.Linear(3, 1, seed=1)
    )


def twins(network: nn.Module) -> tuple[nn.Module, nn.Module]:
    return network, copy.deepcopy(network)


def agree(a: nn.Module, b: nn.Module) -> None:
    ours, theirs = a.state_dict(), b.state_dict()
    for name, numbers in theirs.items():
        np.testing.assert_allclose(ours[name], numbers, rtol=1e-11, atol=1e-13, err_msg=name)


OPTIONS: list[dict[str, Any]] = [{}, {"momentum": None}, {"momentum": 1.0}, {"momentum": 0.0}, {"affine": False}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_run_changes_running_statistics_as_the_loop_does(options: dict[str, Any]) -> None:
    ours, theirs = twins(normalised(**options))
    program = compile(lambda: losses.mse(ours(X), Y))
    agree(ours, theirs)  # recording is no step
    o, p = optim.Adam(ours.parameters(), lr=0.05), optim.Adam(theirs.parameters(), lr=0.05)
    for steps in (3, 1, 5):
        program.run(o, steps)
        for _ in range(steps):
            loss = losses.mse(theirs(X), Y)
            p.zero_grad()
            loss.backward()
            p.step()
        agree(ours, theirs)
    batch_norm: Any = ours[1]  # type: ignore[index]
    assert type(batch_norm.num_batches_tracked) is int
    assert batch_norm.num_batches_tracked == 9
    assert batch_norm.running_mean.dtype == float
    ours.eval(), theirs.eval()
    assert losses.mse(ours(X), Y).data == pytest.approx(losses.mse(theirs(X), Y).data, rel=1e-10)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_each_forward_pass_changes_them_once(options: dict[str, Any]) -> None:
    ours, theirs = twins(normalised(**options))
    program = compile(lambda: losses.mse(ours(X), Y))
    for _ in range(4):
        assert program.forward() == pytest.approx(losses.mse(theirs(X), Y).data, rel=1e-12)
        program.backward()
        agree(ours, theirs)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_each_sample_of_a_batch_changes_them_once_in_order(options: dict[str, Any]) -> None:
    ours, theirs = twins(normalised(**options))
    leaves = np.array([[Value(0.0, constant=True) for _ in range(2)] for _ in range(3)])
    for leaf, x in zip(leaves.ravel(), X.ravel(), strict=False):
        leaf.data = x
    program = compile(lambda: losses.mse(ours(leaves), Y[:3])).vectorize(leaves)
    o, p = optim.SGD(ours.parameters(), lr=0.05), optim.SGD(theirs.parameters(), lr=0.05)
    for rows in (X.reshape(4, 6), X.reshape(4, 6)[:2], X.reshape(4, 6)[1:], X.reshape(4, 6)[:1]):
        program.set(leaves, rows)
        for k in range(2):
            told = program.run(o)[0] if k else program.forward()
            loss = ag.mean([losses.mse(theirs(row.reshape(3, 2)), Y[:3]) for row in rows])
            assert told == pytest.approx(loss.data, rel=1e-11)
            if k:
                p.zero_grad()
                loss.backward()
                p.step()
            agree(ours, theirs)


def test_after_eval_they_are_read_anew_and_stay() -> None:
    net = normalised()
    training = compile(lambda: losses.mse(net(X), Y))
    net.eval()
    testing = compile(lambda: losses.mse(net(X), Y))
    o = optim.SGD(net.parameters(), lr=0.05)
    for _ in range(3):
        training.run(o, 2)
        before = net.state_dict()
        assert testing.forward() == pytest.approx(losses.mse(net(X), Y).data, rel=1e-12)
        testing.run(o, 1)
        for name in ("1.running_mean", "1.running_var", "1.num_batches_tracked"):
            assert np.array_equal(before[name], net.state_dict()[name])


def test_after_eval_a_pure_function_keeps_the_numbers_of_now() -> None:
    net = normalised()
    net(X)
    net.eval()
    program = compile(lambda: losses.mse(net(X), Y))
    net[1].running_mean = np.array([1.0, 2.0, 3.0])  # type: ignore[attr-defined]
    pure = program.to(np)
    assert float(pure.value(pure.theta())) == pytest.approx(losses.mse(net(X), Y).data, rel=1e-12)


def test_a_pure_function_of_a_module_that_changes_is_refused() -> None:
    program = compile(lambda: losses.mse(normalised()(X), Y))
    with pytest.raises(ArgumentError, match=r"'running_mean' of BatchNorm\(3\), behind layer 1 .*eval"):
        program.to(np)
    net = normalised(track_running_stats=False)
    pure = compile(lambda: losses.mse(net(X), Y)).to(np)
    assert float(pure.value(pure.theta())) == pytest.approx(losses.mse(net(X), Y).data, rel=1e-12)


def test_after_an_error_the_buffers_are_those_of_the_steps_that_were_made() -> None:
    norm, x = nn.BatchNorm(1), Value(0.0, "x")
    program = compile(lambda: norm([[x], [x + 2.0]]).sum() + ag.log(1.5 - x))
    program.forward()
    before = norm.state_dict()
    x.data = 2.0
    for call in (program.forward, lambda: program.run(optim.SGD([x], lr=0.1), 1)):
        with pytest.raises(DomainError):
            call()
        agree_with = norm.state_dict()
        assert all(np.array_equal(before[name], agree_with[name]) for name in before)


def test_an_error_while_it_is_recorded_leaves_the_modules_as_they_were() -> None:
    norm = nn.BatchNorm(1)
    mean = norm.running_mean

    def fails() -> Any:
        norm([[1.0], [2.0]])
        raise KeyError("nothing to do with the graph")

    with pytest.raises(KeyError):
        compile(fails)
    assert norm.running_mean is mean
    assert norm.num_batches_tracked == 0


def test_a_module_that_is_called_twice_changes_twice() -> None:
    ours, theirs = nn.BatchNorm(2), nn.BatchNorm(2)
    program = compile(lambda: (ours(X) * ours(X[:4])[0, 0]).sum())
    for _ in range(2):
        program.forward()
        theirs(X), theirs(X[:4])
    agree(ours, theirs)
    assert ours.num_batches_tracked == 4


def test_forward_called_by_itself_changes_them_too() -> None:
    ours, theirs = nn.BatchNorm(2), nn.BatchNorm(2)
    program = compile(lambda: ours.forward(X).sum())
    program.forward()
    theirs(X)
    agree(ours, theirs)


def test_a_result_that_is_there_already_cannot_change_them_and_says_so() -> None:
    net = normalised()
    loss = losses.mse(net(X), Y)
    with pytest.warns(CompileWarning, match=r"BatchNorm\(3\), behind layer 1 of Sequential changed running_mean"):
        compile(loss)
    net.eval()
    compile(losses.mse(net(X), Y))


# --- modules of a user's own -----------------------------------------------------------------------------------------


class Memory(nn.Module):
    """What it gives depends on the calls before; its buffers are a number, a count, and an array."""

    buffers = ("last", "calls", "sums")

    def __init__(self) -> None:
        self.w = Value(0.5, "w")
        self.last, self.calls, self.sums = 0.0, 0, np.zeros(2)

    def forward(self, x: Any) -> Any:
        out = x[0] * self.w + self.last * x[1] + self.calls
        if self.training:
            self.sums[0] = self.sums[0] + self.for_buffer(x[0])
            self.sums += np.array([0.0, 1.0]) * self.for_buffer(ag.array([x[0], x[1]]))
            self.last = 0.5 * self.last + self.for_buffer(out) / (1 + self.sums[1] ** 2)
            self.calls += 1
        return out**2


def test_a_user_s_module_remembers_as_in_the_loop() -> None:
    ours, theirs = Memory(), Memory()
    x = [Value(1.0, "a"), Value(0.25, "b")]
    program = compile(lambda: ours(x))
    assert (ours.last, ours.calls, ours.sums.tolist()) == (0.0, 0, [0.0, 0.0])
    o, p = optim.SGD([ours.w], lr=0.01), optim.SGD([theirs.w], lr=0.01)
    for k in range(5):
        x[0].data = 0.5 * k
        told = program.forward() if k % 2 else program.run(o, 1)[0]
        loss = theirs(x)
        assert told == pytest.approx(loss.data, rel=1e-13)
        if not k % 2:
            p.zero_grad()
            loss.backward()
            p.step()
        agree(ours, theirs)
        assert (type(ours.last), type(ours.calls), type(ours.sums)) == (float, int, np.ndarray)


def test_a_user_s_module_remembers_from_sample_to_sample() -> None:
    ours, theirs = Memory(), Memory()
    x = [Value(1.0, constant=True), Value(0.25, constant=True)]
    program = compile(lambda: ours(x)).vectorize(x)
    for rows in (X[:5] / 10, X[5:6] / 10, X[5:8] / 10):
        program.set(x, rows)
        loss = ag.mean([theirs(row.tolist()) for row in rows])
        assert program.forward() == pytest.approx(loss.data, rel=1e-12)
        program.backward()
        loss.backward()
        assert ours.w.grad == pytest.approx(theirs.w.grad, rel=1e-12)
        agree(ours, theirs)
    with pytest.raises(ArgumentError, match=r"'last' of Memory\(\), and a batch of batches"):
        program.vectorize([ours.w])


class Previous(nn.Module):
    """Buffers that are set to one another and to an input."""

    buffers = ("one", "two", "three")
    one = two = three = 0.0

    def __call__(self, x: Any) -> Any:
        out = x + 10.0 * self.two + 100.0 * self.three
        self.one, self.two, self.three = self.for_buffer(x), self.one, self.two
        return out


def test_buffers_that_move_along() -> None:
    for batched in (False, True):
        ours, theirs, x = Previous(), Previous(), Value(1.0, constant=True)
        program = compile(lambda ours=ours, x=x: ours(x))
        for k in range(4):
            if batched:
                program = program if k else program.vectorize([x])
                program.set([x], [[k + 1.0], [k + 2.0]])
                expected = ag.mean([theirs(Value(k + 1.0)), theirs(Value(k + 2.0))]).data
            else:
                x.data = k + 1.0
                expected = theirs(x).data
            assert program.forward() == expected
            assert [getattr(ours, name) for name in ours.buffers] == [getattr(theirs, name) for name in ours.buffers]


class Reading(nn.Module):
    buffers = ("centre",)

    def __init__(self) -> None:
        self.centre = 0.0

    def forward(self, x: Any) -> Any:
        self.centre = 0.5 * self.centre + 0.5 * x.data
        return x - self.centre


class Plain(Reading):
    def forward(self, x: Any) -> Any:
        self.centre = 7.0
        return x * x


class Counting(nn.Module):
    calls = 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return x * x


class Stretching(nn.Module):
    buffers = ("seen",)

    def __init__(self) -> None:
        self.seen = np.zeros(1)

    def forward(self, x: Any) -> Any:
        self.seen = np.concatenate([self.seen, self.seen])
        return x * x


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (Reading(), r"'centre' of Reading\(\) by numbers that are read out .* \(line \d+ of test_recording.py"),
        (Plain(), r"'centre' of Plain\(\) by numbers"),
        (Counting(), r"'calls' of Counting\(\).*buffers = \('calls',\)"),
        (Stretching(), r"'seen' of Stretching\(\)"),
        (nn.Sequential(nn.Linear(1, 1, seed=0), Counting()), r"'calls' of Counting\(\), behind layer 1 of Sequential"),
    ],
)  # fmt: skip
def test_a_module_that_a_program_cannot_change_is_refused_by_name(module: nn.Module, told: str) -> None:
    x, before = Value(3.0, "x"), [dict(vars(inner)) for inner in module.modules()]
    with pytest.raises(GraphError, match=told):
        compile(lambda: module(x))
    after = [dict(vars(inner)) for inner in module.modules()]
    for was, now in zip(before, after, strict=True):
        assert {k: v for k, v in now.items() if k[0] != "_"} == {k: v for k, v in was.items() if k[0] != "_"}


def test_a_buffer_that_has_got_another_size_since_is_refused() -> None:
    norm = nn.BatchNorm(2)
    program = compile(lambda: norm(X).sum())
    norm.running_mean = np.zeros(3)
    with pytest.raises(GraphError, match=r"'running_mean' of BatchNorm\(2\) had 2 numbers .* now 3"):
        program.forward()


def test_outside_of_a_recording_for_buffer_gives_plain_numbers() -> None:
    module = nn.Module()
    assert type(module.for_buffer(Value(2.0))) is float
    assert module.for_buffer(2.0) == 2.0
    assert module.for_buffer([Value(2.0), 1.0]).tolist() == [2.0, 1.0]
    assert module.for_buffer(ag.array([[2.0, 1.0]])).dtype == float


# --- interrupts ------------------------------------------------------------------------------------------------------


def stands(net: nn.Module, optimizer: optim.Optimizer) -> str:
    state = [*net.state_dict().values(), *optimizer.state_dict().values()]
    return repr([np.ravel(x).tolist() for x in state] + [p.grad for p in net.parameters()])


@pytest.mark.parametrize("steps", [0, 2], ids=["forward", "run"])
def test_buffers_are_cut_off_together_with_parameters(steps: int) -> None:
    x = [[1.0], [3.0], [4.0]]
    nets = [nn.Sequential(nn.BatchNorm(1), nn.Linear(1, 1, seed=0)) for _ in range(2)]
    programs = [compile(lambda net=net: losses.mse(net(x), x)) for net in nets]
    optimizers = [optim.SGD(net.parameters(), lr=0.01, momentum=0.9) for net in nets]

    def go(k: int, steps: int) -> None:
        programs[k].run(optimizers[k], steps) if steps else programs[k].forward()

    go(0, steps), go(1, steps)  # what is made once is there
    reached, path = set(), [stands(nets[1], optimizers[1])]
    for _ in cuts(lambda: go(0, steps), stride=3 if steps else 1):
        while len(path) < 3:
            go(1, min(steps, 1))
            path.append(stands(nets[1], optimizers[1]))
        made = path.index(stands(nets[0], optimizers[0]))
        reached.add(made)
        path = path[made:]
    assert reached >= {0, 1}
