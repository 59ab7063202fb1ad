"""A compiled graph: the same numbers as the scalar graph gives, computed on arrays.

:class:`Program` is what :func:`autograd.compile` returns; :class:`BatchProgram` is what its `vectorize` returns, one
sample's graph run on many samples at once.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..engine.graph import is_constant, topological_order
from ..engine.messages import name_of
from ..engine.op import number
from ..engine.ops import LEAF, LITERAL
from ..engine.together import attributes, commit
from ..engine.value import Value
from ..errors import ArgumentError, OperandError, ShapeError
from .arrays import Floats
from .describe import Description
from .guards import Guard, checker
from .leaves import Carried, Leaves, Training, numbers_of
from .namespace_source import ArrayProgram
from .numpy_source import Source
from .plan import Plan
from .recording import Buffer, changes_of, roots_of
from .scalar import Scalar
from .tape import BatchTape, Numbers, Sample

__all__ = ["Program"]


class Program:
    """The forward and backward pass of one recorded graph. Made by :func:`autograd.compile`.

    Its arrays are its own and change with every pass, so a program is for one thread at a time.

    Args:
        root: the result.
        guards: comparisons that have to come out as they did while the graph was recorded.
        buffers: of the modules in the graph; a forward pass that succeeds leaves their new numbers in them.

    Example:
        >>> from autograd import compile
        >>> x, w = Value(3.0, "x", constant=True), Value(2.0, "w")
        >>> program = compile((w * x - 1) ** 2)
        >>> program.forward()
        25.0
        >>> program.backward()
        >>> w.grad                                  # 2 (w x - 1) x
        30.0
    """

    def __init__(self, root: Value, guards: Sequence[Guard] = (), buffers: Sequence[Buffer] = ()) -> None:
        self.root = root
        self._buffers = buffers
        # What is compared is computed first, so that where the graph fails the branches taken can be looked at.
        compared = dict.fromkeys(x for guard in guards for x in (guard.left, guard.right) if isinstance(x, Value))
        plan = Plan([*compared, *roots_of(buffers), root])
        self._own: set[Value] = set()  # leaves whose numbers were set here and are not read again
        self._guards = checker(guards, {node: plan.place_of(node) for node in compared}) if guards else None
        self._run_on(Scalar(plan, Source(plan)))

    def _run_on(self, scalar: Scalar) -> None:
        """Make these passes the program's."""
        self._plan, self._source, self._scalar = scalar.plan, scalar.source, scalar
        scalar.check = self._guards
        known = dict(scalar.plan.leaves())
        buffers = [buffer for buffer in self._buffers if buffer.results or not known.keys().isdisjoint(buffer.leaves)]
        self._leaves = Leaves(scalar.plan.leaves(), self._own, buffers)
        self._carried = Carried(buffers, scalar.plan.place_of, scalar.source.values)
        self._at = scalar.plan.root
        self._is_fresh = False
        self._training: Training | None = None
        self._undo: tuple[Any, Floats] | None = None  # the trained numbers, and their places, before a run

    @property
    def _values(self) -> Floats:
        if self._undo is not None:  # the end of a run was interrupted, so none of its steps counts
            places, numbers = self._undo
            self._source.values[places] = numbers
            self._undo = None
        return self._source.values

    @property
    def source(self) -> str:
        """The NumPy code that runs, with what was found as comments; its first lines say what the names stand for."""
        return self._source.text()

    def forward(self) -> float:
        """Read the leaves' numbers, compute, store the root's number in the root, and return it.

        The nodes between keep the numbers that they had, so a backward pass of the root itself would mix old and new.

        Raises:
            AutogradError: what the scalar graph raises at these numbers; the message names the operation.
            BranchError: a function was compiled, and at these numbers it would take another branch.
        """
        self._leaves.refresh(self._values)
        self._forward()
        result = float(self._values[self._at])
        if self._carried:
            self._carried.hold(0)
            commit(self._carried.writes(0), attributes([self.root], "_data", [result]))
        else:
            self.root._data = result
        return result

    def backward(self, seed: float = 1.0) -> None:
        """Add d root / d leaf, times `seed`, to every leaf's gradient, at the numbers of the last `forward`."""
        if not self._is_fresh:
            self.forward()
        if is_constant(self.root):
            return
        source = self._source.to_all
        with np.errstate(all="ignore"):
            self._scalar.backward(source, number(seed))
        found = zip([node._grad for node in source.leaves], self._source.gradients[source.places].tolist(), strict=True)
        commit(attributes(source.leaves, "_grad", [new if old is None else old + new for old, new in found]))

    def _forward(self) -> None:
        self._is_fresh = False  # stays so if a number has no value
        with np.errstate(all="ignore"):
            self._scalar.forward()
        if self._guards is not None:
            self._guards(self._values)
        self._is_fresh = True

    def run(self, optimizer: Any, steps: int = 1) -> Floats:
        """Take steps of an optimiser without leaving the arrays in between.

        Args:
            optimizer: of :mod:`autograd.optim`, over leaves of this graph.
            steps: how many, 0 or more.

        Returns:
            The loss before each step, of shape (steps,). When it returns, the parameters' ``data`` and ``grad`` are
            those after the last step; when anything is raised, Ctrl-C too, they and the optimiser's state are those
            after some step.

        Raises:
            ArgumentError: a parameter is no leaf of this graph.
            OperandError: `optimizer` is no optimiser, or `steps` no whole number.

        Example:
            >>> from autograd import compile, optim
            >>> w = Value(0.0, "w")
            >>> compile((w - 3) ** 2).run(optim.SGD([w], lr=0.25), 3)
            array([9.    , 2.25  , 0.5625])
            >>> w.data
            2.625
        """
        try:
            steps = operator.index(steps)
        except TypeError:
            raise OperandError(f"the number of steps is a whole number, got {steps!r}") from None
        if steps < 0:
            raise ArgumentError(f"the number of steps is 0 or more, got {steps}")
        training = self._trained_by(optimizer)
        self._leaves.refresh(self._values)
        self._undo = training.begin(optimizer)
        self._is_fresh = False
        losses = np.empty(steps)
        with np.errstate(all="ignore"):
            update, values, at = self._carried.along(training), self._source.values, self._at
            forward, backward, check = self._scalar.forward, self._scalar.backward, self._guards
            try:
                for k in range(steps):
                    forward()
                    if check is not None:
                        check(values)
                    losses[k] = values[at]
                    backward(training.backward, 1.0, aloud=k == 0)
                    update()
            finally:  # after an error, too, the parameters are those that the optimiser has reached
                made = training.made
                commit(
                    # first the root: it may be a parameter
                    attributes([self.root], "_data", losses[made - 1 : made].tolist() if made else ()),
                    *((training.writes(), self._carried.writes(made)) if made else ()),
                    attributes([self], "_undo", [None]),
                )
        return losses

    def _trained_by(self, optimizer: Any) -> Training:
        if not hasattr(optimizer, "prepare_update"):
            kind = type(optimizer).__name__
            raise OperandError(f"run takes an optimiser, as optim.SGD(net.parameters(), lr=0.1), got {kind}")
        parameters = optimizer.parameters
        if self._training is None or not self._training.is_of(parameters):
            for p in parameters:
                if p._row is not LEAF or p not in self._leaves.place:
                    raise ArgumentError(f"{name_of(p)} is no leaf of this program, so it can't be trained by it")
            places = np.array([self._leaves.place[p] for p in parameters], dtype=np.int64)
            self._training = Training(parameters, places, self._source)
        return self._training

    def set(self, leaves: Any, numbers: Any) -> None:
        """Put numbers into leaves. From then on `forward` keeps them, whatever the leaves' ``data`` say.

        Args:
            leaves: an array or (nested) list of leaves.
            numbers: of the same shape.

        Raises:
            ShapeError: the shapes differ.
            ArgumentError: one is no leaf of this graph.
            OperandError: there is something among the numbers that is no real number.

        Example:
            >>> from autograd import compile
            >>> x, w = [Value(0.0), Value(0.0)], Value(2.0)
            >>> program = compile(w * x[0] * x[1])
            >>> program.set(x, [3.0, 4.0])
            >>> program.forward(), program.read(x).tolist()
            (24.0, [3.0, 4.0])
            >>> program.backward()
            >>> program.gradients(x).tolist()
            [8.0, 6.0]
        """
        places = self._block(leaves)
        array = np.atleast_1d(numbers_of(numbers))
        if array.shape != places.shape:
            raise ShapeError(f"the leaves have shape {places.shape}, the numbers {array.shape}")
        self._leaves.keep(leaves)
        self._values[places] = array
        self._is_fresh = False

    def read(self, leaves: Any) -> Floats:
        """The numbers of leaves as the program has them, in the shape of `leaves`."""
        places = self._block(leaves)
        return self._values[places]

    def gradients(self, leaves: Any) -> Floats:
        """The gradients of the last backward pass, in the shape of `leaves`."""
        places = self._block(leaves)
        return self._source.gradients[places]

    def _block(self, leaves: Any) -> Numbers:
        return self._leaves.places(leaves)

    def vectorize(self, inputs: Any) -> Program:
        """One sample's program run on a batch: its root is the mean of this one's root over the batch.

        Args:
            inputs: the leaves that differ from sample to sample; ``set(inputs, X)`` with X of shape
                (batch, number of inputs) then gives a row to each sample. The other leaves have the numbers of their
                ``data``; what was set here is set there anew.

        Raises:
            ArgumentError: one is no leaf of the graph, or occurs twice, or the program was made of a function that
                compares Values.

        Example:
            >>> from autograd import compile
            >>> x, w = Value(0.0, "x", constant=True), Value(2.0, "w")
            >>> program = compile(w * x).vectorize([x])
            >>> program.set([x], [[1.0], [2.0], [6.0]])
            >>> program.forward()                   # the mean of 2, 4 and 12
            6.0
        """
        if self._guards is not None:
            raise ArgumentError(
                "this program was made of a function that compares Values, and each sample might take another branch; "
                "write the choice with relu, maximum, minimum or clip, or compile the function's result, which keeps "
                "to this branch"
            )

        return vectorized(self.root, inputs, self._buffers)

    def to(self, xp: Any, inputs: Sequence[Any] = (), functions: Mapping[str, Any] | None = None) -> ArrayProgram:
        """The program as pure functions over an array namespace: NumPy, jax.numpy (to be jitted, sharded), torch.

        Args:
            xp: the namespace.
            inputs: blocks of leaves, arrays or nested lists, each of which becomes an argument; the first argument
                stands for all other leaves that can be trained. What is left keeps the number that it has now.
            functions: by name, what the namespace lacks, such as ``{"erf": jax.scipy.special.erf}``.

        Raises:
            ArgumentError: an operation has no form over this namespace (the message names it), thousands of nodes are
                computed one by one, or the program was made of a function that compares Values or changes a module's
                buffers. (Buffers that are only read, as after ``.eval()``, keep the numbers that they have now.)

        Example:
            >>> import numpy as np
            >>> from autograd import compile, dot
            >>> w, x = [Value(1.0), Value(2.0)], [Value(3.0, constant=True), Value(4.0, constant=True)]
            >>> pure = compile(dot(w, x) ** 2).to(np, inputs=[x])
            >>> value, gradient = pure.value_and_grad(pure.theta(), np.array([3.0, 5.0]))
            >>> float(value), gradient.tolist()
            (169.0, [78.0, 130.0])

        Over JAX, ``jax.jit(pure.value_and_grad)`` compiles it, and where the rows of an input are spread over devices
        (``jax.device_put(X, NamedSharding(mesh, P("batch")))``), each device does its rows and JAX adds up the result.
        """
        if self._guards is not None:
            raise ArgumentError(
                "this program was made of a function that compares Values, and a pure function over arrays can't check "
                "that it would branch as it did; write the choice with relu, maximum, minimum or clip, or compile the "
                "function's result, which keeps to this branch"
            )
        self._carried.refuse("a pure function over arrays changes nothing")
        if not hasattr(xp, "asarray"):
            name = getattr(xp, "__name__", None) or repr(xp)
            raise ArgumentError(f"to takes an array namespace, a module such as numpy or jax.numpy; {name} is none")
        if isinstance(inputs, Value | str) or not hasattr(inputs, "__iter__"):
            raise ArgumentError(f"inputs is a list of blocks of leaves, as inputs=[X], got {type(inputs).__name__}")
        functions = {} if functions is None else functions
        if not isinstance(functions, Mapping) or not all(map(callable, functions.values())):
            raise ArgumentError(
                f"functions is a dict of functions, as {{'erf': jax.scipy.special.erf}}, got {functions!r}"
            )
        blocks = [np.asarray(block, dtype=object) for block in inputs]
        given = [(block, self._block(block).reshape(block.shape)) for block in blocks]
        return ArrayProgram(self._plan, given, self._numbers, xp, functions)

    def _numbers(self, computed: bool) -> Floats:
        """Every place's number at the leaves' present numbers; `computed`: those of the other nodes, too."""
        self._is_fresh = False
        self._leaves.refresh(self._values)
        if computed:
            self._forward()
        return self._values.copy()

    def describe(self) -> str:
        """What was found in the graph, in words and formulas: a line for each group, below a layer's its way back."""
        return "\n".join(Description(self._plan).lines())

    def __reduce__(self) -> NoReturn:
        raise TypeError("a program is no data, so it can't be copied or pickled; copy its root and compile that")

    def __repr__(self) -> str:
        nodes, steps = len(self._plan.place), len(self._plan.steps)
        return f"Program({nodes:,} node{'s' * (nodes != 1)} in {steps:,} step{'s' * (steps != 1)})"


_OF_A_BATCH = ("_plan", "_source", "_scalar", "_leaves", "_carried", "_at", "_is_fresh", "_training", "_undo")
_SIZES = 4  # sizes of batches that stay compiled: the last batch of an epoch is often a smaller one


class BatchProgram(Program):
    """The mean of one sample's result over a batch. Made by :func:`vectorized`; ``set(inputs, X)`` comes first.

    Args:
        root: the result of one sample.
        inputs: its input leaves, in order.

    Attributes:
        root: a leaf that holds the mean of the last forward pass.
    """

    def __init__(self, root: Value, inputs: Sequence[Value], buffers: Sequence[Buffer] = ()) -> None:
        self.root = Value(0.0)
        self.sample = root
        self.inputs = list(inputs)
        self._buffers = buffers
        self._graph = Sample(root, self.inputs, changes_of(buffers))
        self._own = set()
        self._guards = None
        self._rows: Numbers | None = None  # the places of the inputs, a row for each sample
        self._compiled: dict[int, tuple[Scalar, Numbers]] = {}  # by the size of the batch; that of now is the last

    def set(self, leaves: Any, numbers: Any) -> None:
        """Put numbers into leaves; for the inputs of one sample, a row for each sample.

        The first batch of a size compiles a program for this size; those of the last few sizes are kept.

        Args:
            leaves: the inputs that the program was made for, or other leaves of the graph.
            numbers: of shape (batch, number of inputs); for other leaves, of their shape.

        Raises:
            ShapeError: the shapes don't fit.
            ArgumentError: other leaves come before the inputs, or one is no leaf of the graph.
        """
        flat = list(np.asarray(leaves, dtype=object).ravel())
        if len(flat) != len(self.inputs) or any(a is not b for a, b in zip(flat, self.inputs, strict=True)):
            super().set(leaves, numbers)
            return
        rows = numbers_of(numbers)
        if rows.ndim != 2 or rows.shape[1] != len(self.inputs) or not len(rows):
            empty = ", which has no row" if rows.ndim == 2 and not len(rows) else ""
            raise ShapeError(
                f"{len(self.inputs)} inputs take rows of shape (batch, {len(self.inputs)}), got {rows.shape}{empty}"
            )
        if self._rows is None or len(self._rows) != len(rows):
            self._resize(len(rows))
        self._values[self._rows] = rows
        self._is_fresh = False

    def _resize(self, count: int) -> None:
        """Go on with a batch of another size."""
        if count in self._compiled:
            scalar, rows = self._compiled.pop(count)
        else:
            scalar, rows = self._compile(count)
        self._compiled[count] = scalar, rows
        if len(self._compiled) > _SIZES:
            del self._compiled[next(iter(self._compiled))]
        before = None if self._rows is None else (self._plan, self._values, self._source.gradients)
        self._run_on(scalar)
        self._rows = rows
        if before is not None:  # what was set, and the last gradients, stay
            plan, values, gradients = before
            old, new = ([place for _, place in plan.leaves()] for plan in (plan, scalar.plan))
            self._values[new] = values[old]
            self._source.gradients[new] = gradients[old]

    def _compile(self, count: int) -> tuple[Scalar, Numbers]:
        graph = self._graph
        plan = Plan([*roots_of(self._buffers), self.root], lambda _: BatchTape(graph, count))
        return Scalar(plan, Source(plan)), plan.place[graph.numbers(graph.inputs, count)].astype(np.int64)

    if not TYPE_CHECKING:  # a type checker would take any name for an attribute

        def __getattr__(self, name: str) -> Any:
            if name in _OF_A_BATCH:
                shape = f"(batch, {len(self.inputs)})"
                raise ArgumentError(f"there is no batch yet; call set(inputs, X) with X of shape {shape}")
            return object.__getattribute__(self, name)  # raises Python's own error

    def vectorize(self, inputs: Any) -> Program:
        """As :meth:`Program.vectorize`, over other leaves; the samples stay those of now."""
        self._carried.refuse("a batch of batches has no order of its samples")
        nodes, graph = self._plan.nodes(), self._graph
        copies = graph.numbers(graph.inputs, len(self._values[self._rows]))
        for i, x in zip(copies.ravel().tolist(), self._values[self._rows].ravel().tolist(), strict=True):
            nodes[i]._data = x
        return vectorized(nodes[self._plan.result], inputs)

    def __repr__(self) -> str:
        return "Program(no batch yet)" if self._rows is None else super().__repr__()

    def _block(self, leaves: Any) -> Numbers:
        places = self._leaves.places
        try:
            return places(leaves)
        except ArgumentError:
            for node in np.asarray(leaves, dtype=object).ravel().tolist():
                if any(node is x for x in self.inputs):
                    raise ArgumentError(
                        f"{node!r} is no leaf of this program but an input, with a number for each sample: "
                        "set(inputs, X) takes all inputs together, in the order given to vectorize"
                    ) from None
            raise


def vectorized(root: Value, inputs: Any, buffers: Sequence[Buffer] = ()) -> BatchProgram:
    """A program whose root is the mean of `root` over a batch of inputs."""
    nodes = list(np.asarray(inputs, dtype=object).ravel())
    below = set(topological_order(root))
    for node in nodes:
        if node not in below or node.parents or node._row is LITERAL:
            raise ArgumentError(f"{node!r} is no leaf of this graph, so it can't be an input of it")
    if len(set(nodes)) != len(nodes) or not nodes:
        raise ArgumentError("the inputs are one or more leaves, each named once")
    return BatchProgram(root, nodes, buffers)
