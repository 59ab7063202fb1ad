"""A network for two moons, recorded; run as a program, what JAX makes of it on four devices, as JSON."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

from autograd import Value, compile, datasets, losses, nn, optim

STEPS, RATE = 20, 0.02


class Moons(NamedTuple):
    loss: Value
    parameters: list[Value]
    X: list[list[Value]]
    y: list[list[Value]]


def recorded(count: int = 40) -> Moons:
    """A ReLU and tanh network with a penalty; samples and targets are constants of the graph, a row to each sample."""
    x, y = ([[Value(v, constant=True) for v in row] for row in part] for part in datasets.two_moons(count))
    first, second = nn.MLP(2, [8, 6], activation="relu", seed=1), nn.MLP(6, [5, 1], activation="tanh", seed=2)
    parameters = [*first.parameters(), *second.parameters()]
    penalty = 1e-3 * sum(p * p for p in parameters)
    return Moons(losses.mse([second(first(row)) for row in x], [row[0] for row in y]) + penalty, parameters, x, y)


def numbers(rows: list[list[Value]]) -> Any:
    return np.array([[v.data for v in row] for row in rows])


def main() -> None:
    """Print the devices; loss and gradient jitted, on a sharded batch, and by JAX's own derivative; and a training."""
    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    moons = recorded()
    pure = compile(moons.loss).to(jax.numpy, inputs=[moons.X, moons.y])
    theta, X, y = pure.theta(), numbers(moons.X), numbers(moons.y)
    function = jax.jit(pure.value_and_grad)
    mesh = Mesh(np.array(jax.devices()), ("batch",))
    by_batch, whole = NamedSharding(mesh, PartitionSpec("batch")), NamedSharding(mesh, PartitionSpec())
    sharded = jax.device_put(theta, whole), jax.device_put(X, by_batch), jax.device_put(y, by_batch)
    code = function.lower(*sharded).compile().as_text()
    results = {
        "jitted": function(theta, X, y),
        "sharded": function(*sharded),
        "their derivative": jax.jit(jax.value_and_grad(pure.value))(theta, X, y),
    }

    @jax.jit
    def step(theta: Any, X: Any, y: Any) -> Any:
        loss, gradient = pure.value_and_grad(theta, X, y)
        return theta - RATE * gradient, loss

    trained, X, y = sharded
    told = []
    for _ in range(STEPS):
        trained, loss = step(trained, X, y)
        told.append(float(loss))
    at = {p: k for k, p in enumerate(pure.parameters)}
    places = [at[p] for p in moons.parameters]
    found = {
        "devices": len(jax.devices()),
        "rows on each device": [len(shard.data) for shard in X.addressable_shards],
        "sums over devices": code.count(" all-reduce("),
        "gathers": code.count(" all-gather(") + code.count(" all-to-all("),
        "results": {
            name: {"value": float(value), "gradient": np.asarray(gradient)[places].tolist()}
            for name, (value, gradient) in results.items()
        },
        "told": told,
        "trained": np.asarray(trained)[places].tolist(),
    }
    print(json.dumps(found))


def trained_here() -> tuple[list[float], list[float]]:
    """The losses and parameters of the same training by the compiled program itself."""
    moons = recorded()
    told = compile(moons.loss).run(optim.SGD(moons.parameters, lr=RATE), STEPS)
    return told.tolist(), [p.data for p in moons.parameters]


if __name__ == "__main__":
    main()
