"""The cells of the notebook of lesson 3; `demos/make_notebooks.py` reads this file."""

# %% introduction
# A loss says how wrong the network is, a gradient says how each weight should change, and a loop makes it learn. Each
# part below says what the document says, gives you code to run and to change, and ends with a table: the document's
# figures beside those that the engine computes.
#
# How to read a picture: values flow from the inputs to the loss. Each box shows a value and, once the backward pass has
# run, the gradient: how much the loss changes for a small change of that value. **Predict before you run**: write your
# number down, then run the cell.
from autograd import Stepper, Value, array, explain, grads, lessons, log, mean, sigmoid

# %% 3.1
# Which of the four predictions gets the largest gradient?
p, actual = array([2.5, 0.0, 2.0, 7.0], "p"), [3.0, -0.5, 2.0, 8.0]
loss = mean([(guess - a) ** 2 for guess, a in zip(p, actual, strict=True)])
loss.label = "MSE"
loss.backward()
print("gradients", grads(p))
loss

# %%
# Cross-entropy for two classes. Try `p = 0.1`: how much steeper is it where the prediction is wrong?
y, p = Value(1.0, "y", constant=True), Value(0.9, "p")
loss = -(y * log(p) + (1 - y) * log(1 - p))
loss.backward()
print("loss", loss.data, " slope", p.grad)

# %% 3.3
# Five factors from the loss down to `w1`. Which is the smallest, and why?
given, actual = Value(1.5, "input", constant=True), Value(1.0, "actual", constant=True)
w1, w2 = Value(0.8, "w1"), Value(-0.6, "w2")
z1 = w1 * given
hidden = sigmoid(z1)
z2 = w2 * hidden
predicted = sigmoid(z2)
loss = 0.5 * (predicted - actual) ** 2
for node, label in ((z1, "z1"), (hidden, "hidden"), (z2, "z2"), (predicted, "predicted"), (loss, "Loss")):
    node.label = label
loss.backward()
loss

# %%
explain(loss, w1)

# %%
# Follow the error backward: each line multiplies what came from above by one local derivative.
s = Stepper(loss)
s.until("w1")

# %% 3.4
# The same network. Move `w2` against its gradient and along it: predict which loss is lower.
loss, node = lessons.get(3).graph("3.4")
loss.backward()
gradient, start = node["w2"].grad, node["w2"].data
print("gradient", gradient)
for step in (-1.0, 0.0, 1.0):
    w2 = start + step * gradient
    predicted = sigmoid(w2 * sigmoid(node["w1"].data * node["input"].data))
    print(f"w2 {step:+.0f} * gradient: loss {0.5 * (predicted - node['actual'].data) ** 2:.6f}")

# %% 3.5
# Gradient descent on (w - 3)^2. Try rates of 0.1, 0.5, 0.99 and 1.01: slow, at once, oscillating, exploding.
rate = 0.1
w = Value(0.0, "w")
for step in range(8):
    loss = (w - 3.0) ** 2
    w.zero_grad()
    loss.backward()
    print(f"step {step}: w {w.data:8.5f}  loss {loss.data:9.6f}  gradient {w.grad:9.5f}")
    w.data -= rate * w.grad

# %% exercises
# 1. In 3.1 the gradient of the mean squared error has a factor `2/n`. What must the learning rate be multiplied by if
#    you sum in place of averaging, for the same steps?
# 2. In 3.3 set `w2 = 60` and `actual` to 0. The prediction is as wrong as it can be. What is the gradient of `w2`?
# 3. In 3.3 replace the first sigmoid by `given * w1` alone, without an activation. Which factor disappears?
# 4. In 3.5, which rate reaches `w = 3` in a single step, and why that one?
# 5. In 3.5 leave out `w.zero_grad()`. Predict the second gradient before you run it.
