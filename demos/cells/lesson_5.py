"""The cells of the notebook of lesson 5; `demos/make_notebooks.py` reads this file."""

# %% introduction
# The smallest network that has something to propagate: two weights, a ReLU and an error. You can do all of it on paper,
# and should. Each part below says what the document says, gives you code to run and to change, and ends with a table:
# the document's figures beside those that the engine computes.
#
# How to read a picture: values flow from the inputs to the loss. Each box shows a value and, once the backward pass has
# run, the gradient: how much the loss changes for a small change of that value. **Predict before you run**: write your
# number down, then run the cell.
from autograd import Stepper, Value, compile, dot, explain, lessons, log, relu, sigmoid, tanh
from autograd.reading.paths import path_products

# %% 5.1
# Try other predictions. Which way does the slope point if the target is 0? What happens as `yhat` comes near 0 or 1?
y, yhat = Value(1.0, "y", constant=True), Value(0.8, "yhat")
L = -y * log(yhat) - (1 - y) * log(1 - yhat)
L.label = "L"
L.backward()
print("loss", L.data, " slope", yhat.grad)

# %%
# The same slope, derived step by step:
explain(L, yhat)

# %% 5.2
# One node in each layer, so there is one path from the loss to each weight. The gradient is the product of the local
# derivatives along it.
x, y = Value(1.5, "x", constant=True), Value(1.0, "y", constant=True)
W1, b1, W2, b2 = Value(0.4, "W1"), Value(0.1, "b1"), Value(-0.6, "W2"), Value(0.2, "b2")
z1 = dot([W1], [x], b1)
a1 = tanh(z1)
z2 = dot([W2], [a1], b2)
yhat = sigmoid(z2)
loss = 0.5 * (yhat - y) ** 2
for node, label in ((z1, "z1"), (a1, "a1"), (z2, "z2"), (yhat, "yhat"), (loss, "L")):
    node.label = label
loss.backward()
loss

# %%
# The products by hand, beside what the backward pass left:
delta2 = (yhat.data - y.data) * yhat.data * (1 - yhat.data)
delta1 = W2.data * delta2 * (1 - a1.data**2)
print("dL/dW2: by hand", delta2 * a1.data, " engine", W2.grad)
print("dL/dW1: by hand", delta1 * x.data, " engine", W1.grad)
print("paths from L to W1:", [path.product for path in path_products(loss, W1)])

# %% 5.3
# Before you run it: what are `z2`, `yhat` and `L`? Then go backward: what reaches `m2`, what reaches `m1`?
x, y = Value(2.0, "x", constant=True), Value(1.0, "y", constant=True)
m1, m2 = Value(3.0, "m1"), Value(0.5, "m2")
a1 = m1 * x
z2 = a1 * m2
yhat = relu(z2)
L = 0.5 * (yhat - y) ** 2
a1.label, z2.label, yhat.label, L.label = "a1", "z2", "yhat", "L"
L.backward()
L

# %%
# Follow the error backward, one node at a time. `s.back()` goes back a step, `s.goto(0)` to the start.
s = Stepper(L)
s.until("z2")

# %%
# The graph as it stands at this moment: the error is at `z2`, the weights still wait for theirs.
s.where()

# %%
s.until("m1")

# %%
# Why does `m2` get 12?
s.why("m2")

# %%
# The whole derivation for both weights, with a measurement from the function's values beside it:
explain(L)

# %%
# One step downhill, both gradients taken before either weight moves. Try `alpha = 0.04`: what is different?
alpha = 0.1


def losses(alpha, steps=3, m1=3.0, m2=0.5):
    found = []
    for _ in range(steps + 1):
        first, second = Value(m1), Value(m2)
        loss = 0.5 * (relu(first * 2.0 * second) - 1.0) ** 2
        loss.backward()
        found.append(loss.data)
        m1, m2 = m1 - alpha * first.grad, m2 - alpha * second.grad
    return found


print("m1:", m1.data - alpha * m1.grad, " m2:", m2.data - alpha * m2.grad)
print("the loss, step by step:", losses(alpha))

# %% 5.4
# A graph of 172 nodes. Its picture is drawn in groups; a table of numbers says as much.
loss, node = lessons.get(5).graph("5.4")
loss.backward()
loss

# %%
# One weight of the hundred. Its gradient is the error term of the node it leads to, times the value it is multiplied
# by.
print("dL/dW[3,7]", node["W[3,7]"].grad)
print("delta3 * a7", node["z[3]"].grad * node["a[7]"].data)

# %%
# The compiler reads the scalar nodes and finds the document's Z = W A + b; its X is A, its dZ1 the column delta.
print(compile(loss).describe())

# %% exercises
# 1. In 5.3 set `m2 = -0.5`. Predict `yhat` and both gradients before you run it. What can a step of any size do now?
# 2. For which `alpha` does the first step of 5.3 land exactly on the ReLU's kink, `z2 = 0`? Check with `losses`.
# 3. In 5.2 replace `tanh` by `relu`. Which factor of `dL/dW1` changes, and to what?
# 4. In 5.3 use `m1` twice: `z2 = a1 * m1`. Draw the graph on paper, find both paths, add their products; then compare
#    with `explain`.
# 5. In 5.1, at which `yhat` is the slope for the target 1 exactly -1? And -100?
