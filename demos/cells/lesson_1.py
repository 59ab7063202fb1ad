"""The cells of the notebook of lesson 1; `demos/make_notebooks.py` reads this file."""

# %% introduction
# How does a network know which weight to blame for its error, and how much? It follows the chain rule backward from the
# error, one local derivative after the other. Each part below says what the document says, gives you code to run and to
# change, and ends with a table: the document's figures beside those that the engine computes. Where the two differ,
# the table says why.
#
# How to read a picture: values flow from the inputs to the loss. Each box shows a value and, once the backward pass has
# run, the gradient: how much the loss changes for a small change of that value. **Predict before you run**: write your
# number down, then run the cell.
import numpy as np

from autograd import Stepper, Value, array, check_derivative, data, dot, explain, grads, lessons, log, sigmoid

# %% 1.1
# A neuron and a loss. What are the three factors for these numbers? Work them out before you run the cell.
x, y = Value(1.5, "x", constant=True), Value(1.0, "y", constant=True)
w, b = Value(0.8, "w"), Value(-0.2, "b")
z = dot([w], [x], b)
a = sigmoid(z)
J = 0.5 * (a - y) ** 2
z.label, a.label, J.label = "z", "a", "J"
J.backward()
J

# %%
# The engine's derivation: the same three factors.
explain(J, w)

# %%
print("dJ/da", a.data - y.data)
print("da/dz", a.data * (1 - a.data))
print("dz/dw", x.data)
print("their product", (a.data - y.data) * a.data * (1 - a.data) * x.data, " gradient of w", w.grad)

# %% 1.2
# With the half or without it?
for factor in (0.5, 1.0):
    a = Value(0.646, "a")
    J = factor * (a - 0.8) ** 2
    J.backward()
    print(f"J = {factor} (a - y)^2: slope {a.grad:.4f}, a - y = {a.data - 0.8:.4f}")

# %% 1.3
y, a = Value(0.8, "y", constant=True), Value(0.646, "a")
J = -y * log(a) - (1 - y) * log(1 - a)
J.label = "J"
J.backward()
print("engine ", a.grad)
print("by hand", -y.data / a.data + (1 - y.data) / (1 - a.data))

# %% 1.4
# A network with two inputs, three hidden nodes (tanh) and two outputs (sigmoid). Its nodes have the document's names.
J, node = lessons.get(1).graph("1.4")
J.backward()
for i in (1, 2):
    a2, target = node[f"a2[{i}]"].data, node[f"y[{i}]"].data
    print(f"delta2[{i}]: by hand {(a2 - target) * a2 * (1 - a2):.9f}  engine {node[f'z2[{i}]'].grad:.9f}")

# %%
# One entry of `W2^T delta2 * g'(z1)`: both outputs send something back to the first hidden node.
back = sum(node[f"W2[{i},1]"].data * node[f"z2[{i}]"].grad for i in (1, 2))
print(f"delta1[1]: by hand {back * (1 - node['a1[1]'].data ** 2):.9f}  engine {node['z1[1]'].grad:.9f}")
J

# %% 1.5
# A batch has an example in each row. The gradient of the summed loss with respect to a bias is the **sum** of `delta2`
# over the rows, that of the averaged loss its **mean**. The document's function mixes the two.
X, Y = np.array([[1.0, 0.5], [0.2, -0.3], [-0.7, 0.9]]), np.array([[0.8], [0.1], [0.4]])
W, b = array([[0.3], [-0.2]], "W"), array([0.1], "b")
A = sigmoid(X @ W + b)
loss = 0.5 * ((A - Y) ** 2).sum()
loss.backward()
delta = (data(A) - Y) * data(A) * (1 - data(A))
print("gradient of b", grads(b), " sum of delta", delta.sum(0), " mean of delta", delta.mean(0))
print("gradient of W", grads(W).ravel(), " X^T delta", (X.T @ delta).ravel())

# %% 1.6
# The slope of the sigmoid, drawn with characters. Where is it largest?
for step in range(-6, 7):
    z = Value(float(step), "z")
    sigmoid(z).backward()
    print(f"{step:3}  {z.grad:.4f}  {'#' * round(200 * z.grad)}")

# %% 1.7
# Change the factor to 0.25, the most that a sigmoid gives, or to 1.5.
factor = 0.2
h = x = Value(1.0, "x")
for i in range(1, 5):
    h = factor * h
    h.label = f"h{i}"
h.backward()
h

# %%
# Each visit multiplies what came from above by the factor:
s = Stepper(h)
s.run()

# %% 1.8
# The document gives no weights; these meet every digit that it prints. Before you run it, with `delta2 = -0.0353`:
# what is the gradient of `W2[1,1]`, if the node in front of it has the value 0.622?
J, node = lessons.get(1).graph("1.8")
J.backward()
J

# %%
explain(J, node["W1[1,1]"])

# %%
# Step by step: stop when the error has reached the hidden layer.
s = Stepper(J)
s.until("z1[1]")

# %%
s.why("z1[1]")

# %% 1.9
# A gradient is no step. The step goes the other way, and is as long as the learning rate says.
alpha = 0.1
for name in ("W2[1,1]", "W2[1,2]", "b2"):
    v = node[name]
    after = v.data - alpha * v.grad
    print(f"{name:6} {v.data:.4f}  gradient {v.grad:+.4f}  step {-alpha * v.grad:+.5f}  after {after:.5f}")

# %% 1.11
# Plant a mistake and let the check find it: the sigmoid's slope taken at `a` in place of `z`.


def slope(z):
    a = sigmoid(z)
    return sigmoid(a) * (1 - sigmoid(a))  # the right one: a * (1 - a)


check_derivative(sigmoid, slope, at=[0.5, 1.0, 3.0])

# %% 1.13
# The gradient goes back along the very path that the values came; a weight is a leaf beside it.
J, node = lessons.get(1).graph("1.13")
J.backward()
J

# %%
# The nodes in the order in which the backward pass visits them. Where are `w1` and `w2`?
s = Stepper(J)
for record in s.records:
    if record.kind == "backward":
        print(f"{record.name:3} has gradient {record.gradient:9.6f}, sends to {[m.target for m in record.messages]}")

# %% exercises
# 1. In 1.1 take `w = -3`. Which of the three factors becomes small? Why does this neuron learn slowly although its
#    error is large?
# 2. In 1.1 use the cross-entropy of 1.3 in place of the half squared error, with `w = -3` again. What is `dJ/dz` now?
# 3. In 1.7, which factor leaves 1/1000 after four layers? And after ten?
# 4. In 1.8 the document prints -0.003 for the last entry of `dJ/dW1`, and -0.007 for `delta1`. Half of -0.007 is
#    -0.0035. Is one of them wrong?
# 5. In 1.5 divide the loss by 3, the number of examples. Predict which of the printed numbers change.
# 6. In 1.11 plant another mistake: forget the factor `(1 - a)`. What does the check call it?
