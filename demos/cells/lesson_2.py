"""The cells of the notebook of lesson 2; `demos/make_notebooks.py` reads this file."""

# %% introduction
# The forward pass saves values, the backward pass makes gradients of them, and on the way some gradients fade, explode
# or stop. Each part below says what the document says, gives you code to run and to change, and ends with a table: the
# document's figures beside those that the engine computes.
#
# How to read a picture: values flow from the inputs to the loss. Each box shows a value and, once the backward pass has
# run, the gradient: how much the loss changes for a small change of that value. **Predict before you run**: write your
# number down, then run the cell.
import numpy as np

from autograd import (
    Stepper,
    Value,
    array,
    compile,
    detect_anomaly,
    exp,
    explain,
    gradcheck,
    grads,
    leaky_relu,
    lessons,
    relu,
    sigmoid,
    tanh,
)

# %% 2.1
# The graph itself is the list of saved values: a node keeps its number and the nodes that it was made from.
L, node = lessons.get(2).graph("2.1")
for label, v in node.items():
    if v.parents:
        print(f"{label:7} = {v.data:8.5f}  made by {v.op:8} from {', '.join(p.label or '...' for p in v.parents)}")

# %%
# No backward pass has run, so the picture has no gradients yet.
L

# %% 2.2
# Now backward. The second hidden node is off: predict which gradients are exactly 0.
L, node = lessons.get(2).graph("2.2")
L.backward()
print("exactly 0:", [label for label, v in node.items() if v.grad == 0.0 and label != "y"])
L

# %%
# The four gradients of layer 1, as they come: stop at each neuron with `s.next("neuron")`.
s = Stepper(L)
s.until("a1[1]")

# %%
s.next("neuron")

# %% 2.3
for z in (-2.0, -0.5, 0.0, 0.5, 2.0):
    slopes = []
    for activation in (relu, sigmoid, tanh):
        v = Value(z, "z")
        activation(v).backward()
        slopes.append(v.grad)
    print(f"z = {z:4}: relu' {slopes[0]:.4f}  sigmoid' {slopes[1]:.4f}  tanh' {slopes[2]:.4f}")

# %% 2.4
# Ten sigmoids in a row, each at its steepest. Predict the gradient of `x`; then set the weight to 4, and to 8.
weight = 1.0
a = x = Value(0.0, "x")
for i in range(10):
    z = weight * a - (0.5 * weight if i else 0.0)
    a = sigmoid(z)
    a.label = f"a{i + 1}"
a.backward()
print("gradient of x", x.grad, " 0.25^10", 0.25**10)

# %% 2.5
# One graph for a batch of four: the mean loss, and each weight is used once for each example.
L, node = lessons.get(2).graph("2.5")
L.backward()
print("messages that meet in W2[1,2]:", [v.parents.count(node["W2[1,2]"]) for v in node.values()].count(1))
print("their sum:", node["W2[1,2]"].grad)
L

# %%
explain(L, node["W2[1,2]"])

# %%
# From the scalar graph back to the matrices: the same network over a hundred examples, read by the compiler. It puts an
# example in each column, so its X is the document's X^T. Which matrices have to be kept for the backward pass?
many, _ = lessons.get(2).claim("2.5").graph(100)
print(compile(many).describe())

# %% 2.6
# Overflow, and the function that avoids it:
try:
    1.0 / (1.0 + exp(-Value(-1000.0, "z")))
except OverflowError as error:
    print("naive: ", error)
print("stable:", sigmoid(Value(-1000.0, "z")).data)

# %%
# Shapes that do not fit, and a ReLU that is off:
try:
    array(np.ones((4, 2))) @ array(np.ones((3, 2)))
except ValueError as error:
    print(error)
for activation in (relu, leaky_relu):
    z = Value(-2.0, "z")
    activation(z).backward()
    print(activation.__name__, "at -2 has slope", z.grad)

# %% 2.7
# Count the work: a backward pass sends one message along each edge of the graph, whatever the number of gradients.
for size in (4, 8, 16, 32):
    inputs = array(np.ones(size), "x")
    s = Stepper(sigmoid(inputs).sum())
    once = sum(len(record.messages) for record in s.records)
    print(
        f"{size:2} gradients: {once:2} messages in one pass; {once * (size + 1):4} edges in {size + 1} forward passes"
    )

# %% 2.8
# Four tools, one line each.
print("gradients against numbers:", gradcheck(lambda x, y: sigmoid(x) * exp(y), 0.3, -1.0))
print("shapes:", grads(array([[1.0, 2.0]])).shape)
try:
    with detect_anomaly():
        x = Value(1e200, "x")
        x * x
except ArithmeticError as error:
    print("infinity:", error)
L, node = lessons.get(2).graph("2.2")
L.backward()
print("zeros:", [label for label, v in node.items() if label.startswith("W") and v.grad == 0.0])

# %% 2.10
# Four examples, and none gets through: the neuron is dead. Change the bias until one does.
L, node = lessons.get(2).graph("2.10")
L.backward()
print("gradients of w and b:", node["w"].grad, node["b"].grad)
L

# %%
explain(L, node["w"])

# %% exercises
# 1. In 2.1, which of the saved values does the backward pass need to find the gradient of `W2[1,1]`? Which of
#    `W1[1,1]`?
# 2. In 2.2, which gradients change if the second hidden node is switched on (a larger `b1[2]`)? Write down the list,
#    then set `node["b1[2]"]` in a graph of your own.
# 3. In 2.4, at which weight does the gradient neither vanish nor explode? Why not exactly at that weight in a trained
#    network?
# 4. In 2.6 find the smallest `z` for which `exp(-z)` still has a value.
# 5. In 2.10, for which biases does at least one of the four examples get through? Use the weight 0.5 and the inputs
#    -1, 0.5, 1 and 2.
