"""The cells of the notebook of lesson 4; `demos/make_notebooks.py` reads this file."""

# %% introduction
# Forward through a network and backward through it, first on paper, then in NumPy, then checked. Each part below says
# what the document says, gives you code to run and to change, and ends with a table: the document's figures beside
# those that the engine computes.
#
# How to read a picture: values flow from the inputs to the loss. Each box shows a value and, once the backward pass has
# run, the gradient: how much the loss changes for a small change of that value. **Predict before you run**: write your
# number down, then run the cell.
import numpy as np

from autograd import (
    Stepper,
    Value,
    array,
    check_derivative,
    compile,
    data,
    exp,
    explain,
    grads,
    lessons,
    log,
    relu,
    sigmoid,
    softmax,
    sum,
)
from autograd.reading.paths import count_paths, path_products

# %% 4.1
# Differentiate by hand first, then let the check judge you. Replace the derivative by your own.
check_derivative(lambda x: (x**2 + 1) ** 3, lambda x: 3 * (x**2 + 1) ** 2 * 2 * x, at=[2.0, -1.0])

# %% 4.2
# Two ways lead from `z` down to `t`. What comes along each?
t = Value(2.0, "t")
x, y = t**2, 3 * t + 1
z = x * y
x.label, y.label, z.label = "x", "y", "z"
z.backward()
print("along each path:", [path.product for path in path_products(z, t)], " gradient:", t.grad)
z

# %%
# Messages that meet in a node are added. First, the moment at which one of the two has come:
s = Stepper(z)
s.goto(len(s) - 1)

# %%
s.run()
s.why("t")

# %% 4.3
y, node = lessons.get(4).graph("4.3")
y.backward()
y

# %%
# What the drawing's backward arrows carry:
explain(y, node["x"])

# %% 4.4
# The two factors, and what is left of them. Try `z = 30` with `y = 0`: where do the digits go?
z, y = Value(0.7, "z"), Value(1.0, "y", constant=True)
a = sigmoid(z)
loss = -(y * log(a) + (1 - y) * log(1 - a))
a.label, loss.label = "a", "L"
loss.backward()
print("dL/da", a.grad, " da/dz", a.data * (1 - a.data))
print("dL/dz", z.grad, " a - y", a.data - y.data)

# %% 4.5
# The network of the document; the numbers are ours. The second hidden node is off: what does that do to `W1[2,1]`?
L, node = lessons.get(4).graph("4.5")
L.backward()
L

# %%
# Backward layer by layer: `s.next("layer")` goes on to the first node of the layer in front.
s = Stepper(L)
s.until("a1[1]")

# %%
explain(L, node["W1[1,2]"])

# %% 4.6
# The same function of NumPy arrays runs on numbers and on Values.


def forward(X, W1, b1, W2, b2):
    A1 = np.maximum(0, np.dot(W1, X) + b1)
    return 1 / (1 + np.exp(-(np.dot(W2, A1) + b2)))


X, Y = np.array([[1.0, -0.5, 0.3], [2.0, 0.4, -0.8]]), np.array([[1.0, 0.0, 1.0]])
W1, b1 = array([[0.5, -0.2], [-0.8, 0.1], [0.3, 0.6]], "W1"), array([[0.1], [0.2], [-0.4]], "b1")
W2, b2 = array([[0.7, -0.5, 0.9]], "W2"), array([[-0.3]], "b2")
A2 = forward(X, W1, b1, W2, b2)
J = -(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)).sum() / 3
J.backward()
print("outputs, on Values: ", data(A2).ravel())
print("outputs, on numbers:", forward(X, data(W1), data(b1), data(W2), data(b2)).ravel())
print("dJ/db2: engine", grads(b2).ravel(), " by hand", (data(A2) - Y).mean(axis=1))

# %%
# NumPy's operators recorded a scalar graph. With a hundred examples it is large enough for the compiler to look for
# matrices in it: compare what it finds with the document's code, line by line.
X = np.random.default_rng(1).normal(size=(2, 100))
Y = 1.0 * (X[:1] * X[1:] > 0)
A2 = forward(X, W1, b1, W2, b2)
J = -(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)).sum() / 100
print(compile(J).describe())

# %% 4.7
# A right derivative through eight sigmoids. The document's formula calls it wrong; the check by intervals does not.


def f(x):
    for _ in range(8):
        x = sigmoid(x)
    return x


def slope(x):
    product = 1.0
    for _ in range(8):
        a = sigmoid(x)
        product, x = product * a * (1 - a), a
    return product


points = [k / 4 - 1.1 for k in range(10)]
for method in ("central", "intervals"):
    verdicts = [check_derivative(f, slope, at=x, method=method).verdict for x in points]
    print(f"{method:9} {verdicts.count('pass')} of 10 pass")

# %% 4.8
# Softmax and cross-entropy: the gradient is `a - y`. Do the gradients sum to 0? Must they?
z, y = array([1.0, -0.5, 2.0], "z"), [0.0, 1.0, 0.0]
a = softmax(z)
loss = -sum([target * log(p) for target, p in zip(y, a, strict=True)])
loss.backward()
print("gradients", grads(z))
print("a - y    ", np.array([p.data for p in a]) - y)

# %% 4.9
# Paths multiply with each layer, edges add up: that is why nobody follows the paths one by one.
for depth in (1, 2, 4, 8, 16):
    x = Value(0.5, "x")
    nodes = [x, x, x]
    for _ in range(depth):
        nodes = [relu(nodes[0] + nodes[1] + nodes[2]) for _ in range(3)]
    print(f"depth {depth:2}: {count_paths(nodes[0], x):>10,} paths from one output to x")

# %% 4.10
# Exponentials overflow; their ratios need not.
z = array([1000.0, 1001.0, 1002.0], "z")
try:
    exp(z[0])
except OverflowError as error:
    print(error)
print("softmax", [p.data for p in softmax(z)])

# %% 4.11
loss, node = lessons.get(4).graph("4.11")
loss.backward()
print("w.grad", [[node[f"w[{i},{j}]"].grad for j in (1, 2)] for i in (1, 2)])
print("b.grad", [node[f"b[{i}]"].grad for i in (1, 2)])
loss

# %%
explain(loss, node["w[1,2]"])

# %% 4.14
# This is x, written with two ReLUs. Its derivative is 1 everywhere. And the engine's, at 0?
for start in (-2.0, 0.0, 2.0):
    x = Value(start, "x")
    y = relu(x) - relu(-x)
    y.backward()
    print(f"x = {start:4}: y = {y.data:4}, dy/dx = {x.grad}")

# %% exercises
# 1. In 4.2 let `y = 3 * x + 1` depend on `x` and not on `t`. How many paths are there now, and what is `dz/dt`?
# 2. In 4.5, which gradients are 0 because the second hidden node is off? And which would be if `x = [0, 0]`?
# 3. In 4.6 forget the division by 3. Which printed numbers change?
# 4. In 4.7 plant a mistake: leave out the factor `(1 - a)`. Does either method see it? With one sigmoid in place of
#    eight?
# 5. In 4.8 take the targets `[0.2, 0.3, 0.1]`. Why is the gradient no longer `a - y`?
# 6. In 4.14 write `abs(x)` with two ReLUs. What are its value and its gradient at 0, and what should they be?
