"""Who else trains the networks: micrograd, PyTorch, JAX and CasADi, and the formula that they share with us.

Every function takes a :class:`~networks.Problem` and returns a :class:`~networks.Trainer` at the problem's first
weights, or raises :class:`Missing` where it cannot take part. Numbers have 64 bits everywhere.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import Value, losses, nn
from networks import BETA1, BETA2, EPS, L2, Array, Problem, Trainer, flat, laid_out, repeated, updater, views
from workloads import Plan

Writing = tuple[Callable[[], Value], list[Value]]  # what records the loss, and the parameters
Neurons = list[list[list[Any]]]  # of each layer, of each neuron: its weights, then its bias


class Missing(Exception):
    """Why a competitor cannot take part."""


def imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Missing(f"{name.partition('.')[0]} is not installed") from None


# --- the network in scalars: one text for every library ------------------------------------------------------------


def neurons(problem: Problem, Scalar: Callable[[float], Any]) -> Neurons:
    """The weights as a library's scalars, in micrograd's order."""
    return [
        [[Scalar(x) for x in (*w_row, bias)] for w_row, bias in zip(w.tolist(), b.tolist(), strict=True)]
        for w, b in problem.weights
    ]


def flattened(layers: Neurons) -> list[Any]:
    return [p for layer in layers for row in layer for p in row]


def written_out(problem: Problem, layers: Neurons, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The last layer's outputs for each sample, with + and * only, as micrograd's neurons have it."""
    outputs = []
    for x in rows:
        a = list(x)
        for layer in layers:
            z = [sum((w * v for w, v in zip(row, a, strict=False)), row[-1]) for row in layer]
            a = z if layer is layers[-1] else [getattr(v, problem.activation)() for v in z]
        outputs.append(a)
    return outputs


def hinge(scores: Sequence[Any], labels: Sequence[float], parameters: Sequence[Any]) -> Any:
    """The loss of micrograd's demo."""
    terms = [(1 + -y * score).relu() for y, score in zip(labels, scores, strict=True)]
    return sum(terms) * (1.0 / len(terms)) + L2 * sum(p * p for p in parameters)


def squares(scores: Sequence[Any], targets: Sequence[float]) -> Any:
    differences = [score + -y for y, score in zip(targets, scores, strict=True)]
    return sum(d * d for d in differences) * (1.0 / len(differences))


def loss_of(
    problem: Problem, outputs: list[list[Any]], parameters: list[Any], entropy: Callable[[Any, list[int]], Any]
) -> Any:
    """The problem's loss of scalars; `entropy` is the library's cross-entropy from scores."""
    if problem.task == "classes":
        return entropy(outputs, problem.y.astype(int).tolist())
    scores = [row[0] for row in outputs]
    if problem.task == "hinge":
        return hinge(scores, problem.y.tolist(), parameters)
    return squares(scores, problem.y.tolist())


# --- recorded by this engine ------------------------------------------------------------------------------------------


def with_neurons(problem: Problem) -> Writing:
    """The loss of the whole batch with our neurons, one dot node each, and the parameters."""
    model = nn.MLP(problem.sizes[0], problem.sizes[1:], activation=problem.activation)
    parameters = model.parameters()
    for p, x in zip(parameters, flattened(neurons(problem, float)), strict=True):
        p.data = x
    rows = [[Value(v, constant=True) for v in row] for row in problem.x.tolist()]

    def loss() -> Any:
        outputs = [row if isinstance(row, list) else [row] for row in map(model, rows)]
        return loss_of(problem, outputs, parameters, losses.cross_entropy)

    return loss, parameters


def with_plus_and_times(problem: Problem) -> Writing:
    """The same, each neuron written as a Python sum of products."""
    layers = neurons(problem, Value)
    parameters = flattened(layers)
    rows = [[Value(v, constant=True) for v in row] for row in problem.x.tolist()]
    return lambda: loss_of(problem, written_out(problem, layers, rows), parameters, losses.cross_entropy), parameters


# --- libraries -----------------------------------------------------------------------------------------------------


def micrograd(problem: Problem) -> Trainer:
    """As its users run it: NumPy's numbers go in, and the collector is on. tanh is added to its Value."""
    engine = imported("micrograd.engine")
    if problem.task == "classes":
        raise Missing("micrograd has no exp and no log")
    layers = neurons(problem, engine.Value)
    parameters = flattened(layers)
    theta = np.array([p.data for p in parameters])
    update = updater(problem, len(theta))

    def step() -> float:
        outputs = written_out(problem, layers, [list(map(engine.Value, row)) for row in problem.x])
        scores = [row[0] for row in outputs]
        loss = hinge(scores, problem.y, parameters) if problem.task == "hinge" else squares(scores, problem.y)
        for p in parameters:
            p.grad = 0
        loss.backward()
        update(theta, np.array([p.grad for p in parameters], dtype=float))
        for p, x in zip(parameters, theta.tolist(), strict=True):
            p.data = x
        return float(loss.data)

    return Trainer(repeated(step), lambda: theta)


def torch_trainer(torch: Any, problem: Problem, parameters: list[Any], loss_now: Callable[[], Any]) -> Trainer:
    adam = {"betas": (BETA1, BETA2), "eps": EPS} if problem.adam else {}
    optimiser = (torch.optim.Adam if problem.adam else torch.optim.SGD)(parameters, lr=problem.lr, **adam)

    def step() -> Any:
        optimiser.zero_grad()
        loss = loss_now()
        loss.backward()
        optimiser.step()
        return loss.detach()

    return Trainer(repeated(step), lambda: flat(*[p.detach().numpy() for p in parameters]))


def torch_scalars(problem: Problem) -> Trainer:
    """0-dim tensors in place of Values."""
    torch = imported("torch")
    torch.set_num_threads(1)
    layers = neurons(problem, lambda x: torch.tensor(x, dtype=torch.float64, requires_grad=True))
    rows = [[torch.tensor(v, dtype=torch.float64) for v in row] for row in problem.x.tolist()]
    parameters = flattened(layers)

    def entropy(outputs: Any, labels: list[int]) -> Any:
        terms = [torch.logsumexp(torch.stack(row), 0) - row[t] for row, t in zip(outputs, labels, strict=True)]
        return sum(terms) * (1.0 / len(terms))

    return torch_trainer(
        torch, problem, parameters, lambda: loss_of(problem, written_out(problem, layers, rows), parameters, entropy)
    )


def torch_layers(problem: Problem) -> Trainer:
    """nn.Sequential on the batch."""
    torch = imported("torch")
    torch.set_num_threads(1)
    functional = torch.nn.functional
    modules = []
    for w, b in problem.weights:
        layer = torch.nn.Linear(*w.T.shape, dtype=torch.float64)
        with torch.no_grad():
            layer.weight[:], layer.bias[:] = torch.tensor(w), torch.tensor(b)
        modules += [layer, torch.nn.ReLU() if problem.activation == "relu" else torch.nn.Tanh()]
    model = torch.nn.Sequential(*modules[:-1])
    parameters = list(model.parameters())
    x = torch.tensor(problem.x)
    y = torch.tensor(problem.y.astype(int)) if problem.task == "classes" else torch.tensor(problem.y)[:, None]

    def loss_now() -> Any:
        if problem.task == "classes":
            return functional.cross_entropy(model(x), y)
        if problem.task == "mse":
            return functional.mse_loss(model(x), y)
        return functional.relu(1 - y * model(x)).mean() + L2 * sum((p * p).sum() for p in parameters)

    return torch_trainer(torch, problem, parameters, loss_now)


def jax_jit(problem: Problem) -> Trainer:
    """One jitted training step on the batch, waited for; parameters in one vector, given up to the next."""
    jax, jnp = imported("jax"), imported("jax.numpy")
    theta, _ = laid_out(problem)
    rows, labels = np.arange(len(problem.y)), problem.y.astype(int)

    def loss_of_vector(vector: Any, x: Any, y: Any) -> Any:
        parts = views(vector, problem.sizes)
        for w, b in zip(parts[:-2:2], parts[1:-2:2], strict=True):
            x = (jax.nn.relu if problem.activation == "relu" else jnp.tanh)(x @ w + b)
        out = x @ parts[-2] + parts[-1]
        if problem.task == "classes":
            return -jax.nn.log_softmax(out)[rows, labels].mean()
        if problem.task == "mse":
            return ((out[:, 0] - y) ** 2).mean()
        return jax.nn.relu(1 - y * out[:, 0]).mean() + L2 * (vector @ vector)

    def update(vector: Any, m: Any, v: Any, t: Any, x: Any, y: Any) -> Any:
        loss, g = jax.value_and_grad(loss_of_vector)(vector, x, y)
        if not problem.adam:
            return loss, vector - problem.lr * g, m, v, t
        t, m, v = t + 1, BETA1 * m + (1 - BETA1) * g, BETA2 * v + (1 - BETA2) * g**2
        m_hat, v_hat = m / (1 - BETA1**t), v / (1 - BETA2**t)
        return loss, vector - problem.lr * m_hat / (jnp.sqrt(v_hat) + EPS), m, v, t

    step = jax.jit(update, donate_argnums=(0, 1, 2, 3))
    zeros = np.zeros_like(theta if problem.adam else theta[:0])
    state = [jnp.array(a) for a in (theta, zeros, zeros, np.array(0.0))]
    x, y = jnp.array(problem.x), jnp.array(problem.y)

    def once() -> Any:
        nonlocal state
        loss, *state = step(*state, x, y)
        return loss.block_until_ready()  # all that a step gives is there at once

    return Trainer(repeated(once), lambda: np.asarray(state[0]))


def buffered(function: Any, x: Array) -> tuple[Callable[[], None], Array, Array]:
    """A run of a CasADi function of value and gradient on the numbers in `x`, and the arrays that it fills."""
    value, gradient = np.empty(1), np.empty_like(x)
    buffer, evaluate = function.buffer()
    buffer.set_arg(0, memoryview(x))
    buffer.set_res(0, memoryview(value))
    buffer.set_res(1, memoryview(gradient))

    def run(kept: Any = (function, buffer, x, value)) -> None:  # CasADi holds none of them
        evaluate()

    return run, value, gradient


def casadi_sx(problem: Problem) -> Trainer:
    """The scalar formula as an SX graph, its gradient by CasADi, called through its buffers; NumPy updates."""
    casadi = imported("casadi")
    start = time.perf_counter()
    theta, parts = laid_out(problem)
    vector, n = casadi.SX.sym("w", len(theta)), len(problem.x)
    a, place = casadi.SX(problem.x), 0
    for k, part in enumerate(parts):
        piece = vector[place : place + part.size]
        place += part.size
        if part.ndim == 2:
            a = a @ casadi.reshape(piece, part.shape[1], part.shape[0]).T  # CasADi counts down the columns
        else:
            a = a + casadi.repmat(piece.T, n, 1)
            if k < len(parts) - 1:
                a = casadi.fmax(a, 0) if problem.activation == "relu" else casadi.tanh(a)
    y = casadi.DM(problem.y)
    if problem.task == "classes":
        hot = casadi.DM(np.eye(problem.sizes[-1])[problem.y.astype(int)])
        loss = casadi.sum1(casadi.log(casadi.sum2(casadi.exp(a))) - casadi.sum2(hot * a)) / n
    elif problem.task == "mse":
        loss = casadi.sumsqr(a - y) / n
    else:
        loss = casadi.sum1(casadi.fmax(1 - y * a, 0)) / n + L2 * casadi.sumsqr(vector)
    function = casadi.Function("step", [vector], [loss, casadi.densify(casadi.gradient(loss, vector))])
    took = time.perf_counter() - start
    evaluate, value, g = buffered(function, theta)
    update = updater(problem, len(theta))

    def step() -> float:
        evaluate()
        update(theta, g)
        return float(value[0])

    return Trainer(repeated(step), lambda: theta, f"{function.n_instructions():,} instructions, built in {took:.2f} s")


def casadi_graph(plan: Plan) -> tuple[Callable[[], object], Array, float]:
    """A run of value and gradient of a planned graph, the gradient that it fills, and the seconds it took to build."""
    casadi = imported("casadi")
    start = time.perf_counter()
    leaves = casadi.SX.sym("x", len(plan.leaves))
    nodes = casadi.vertsplit(leaves)
    for op, i, j in plan.steps:
        nodes.append(nodes[i] + nodes[j] if op == "+" else nodes[i] * nodes[j] if op == "*" else casadi.tanh(nodes[i]))
    outputs = [nodes[-1], casadi.densify(casadi.gradient(nodes[-1], leaves))]
    function = casadi.Function("graph", [leaves], outputs)
    took = time.perf_counter() - start
    evaluate, _, gradient = buffered(function, np.array(plan.leaves))
    return evaluate, gradient, took
