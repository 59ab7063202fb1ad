"""Print the losses of claim 3.6 as PyTorch computes them (2.13.0, CPU, float64); the project needs no PyTorch.

Run with a Python that has torch: ``python tests/data/make_lesson_3_torch.py``, and paste the tuple into
``autograd/lessons/lesson_3.py``. Data and weights follow the rule of `numbers` there, written again here, so that this
script needs nothing of the package.
"""

from __future__ import annotations

import math

import torch

state = 1


def draw(shape: tuple[int, ...], low: int, high: int, over: int) -> torch.Tensor:
    """Integers from a linear congruential generator, over a power of two."""
    global state
    drawn = []
    for _ in range(math.prod(shape)):
        state = (1103515245 * state + 12345) % 2**31
        drawn.append(((state >> 16) % (high - low + 1) + low) / over)
    return torch.tensor(drawn, dtype=torch.float64).reshape(shape)


inputs = draw((16, 10), -32, 32, 32)
targets = inputs[:, :1] - 0.5 * inputs[:, 1:2] + inputs[:, 2:3] * inputs[:, 3:4]
model = torch.nn.Sequential(torch.nn.Linear(10, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1)).double()
weights = (draw((64, 10), -40, 40, 128), draw((64,), -40, 40, 128), draw((1, 64), -32, 32, 256),
           draw((1,), -32, 32, 256))  # fmt: skip
with torch.no_grad():
    for parameter, numbers in zip(model.parameters(), weights, strict=True):
        parameter.copy_(numbers)

criterion = torch.nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
history = []
for _ in range(100):
    loss = criterion(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    history.append(loss.item())

print(f"# PyTorch {torch.__version__.split('+')[0]}")
print("LOSSES = (")
for i in range(0, 100, 5):
    print(f"    {', '.join(map(repr, history[i : i + 5]))},")
print(")  # fmt: skip")
