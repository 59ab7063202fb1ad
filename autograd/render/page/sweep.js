// The pass: from values and local derivatives to the records of one forward and one backward pass.

// The numbers that the graph came with; editing makes another set of the same shape.
function given(nodes) {
  return {
    values: nodes.map((node) => numeric(node.value)),
    locals: nodes.map((node) => (node.locals || []).map(numeric)),
    edited: new Set(),
  };
}

// What an operation says of its operands, with the name of the node that it would make.
function named(node, compute) {
  try {
    return compute();
  } catch (error) {
    throw new Error(`${node.name} has no value or no slope: ${error.message}`);
  }
}

// The numbers with others at some leaves, given as [node, number] pairs. Throws an Error that says what has no value, and
// changes nothing then.
function edited(nodes, numbers, changes) {
  const values = [...numbers.values];
  const locals = [...numbers.locals];
  const changed = new Set();
  for (const [i, x] of changes) {
    values[i] = x;
    changed.add(i);
  }
  nodes.forEach((node, k) => {
    if (!node.parents.some((p) => changed.has(p))) return;
    changed.add(k);
    const inputs = node.parents.map((p) => values[p]);
    const at = `${node.op}(${inputs.slice(0, 4).map(short).join(", ")}${inputs.length > 4 ? ", ..." : ""})`;
    values[k] = named(node, () => OPS[node.js].f(...inputs));
    if (!Number.isFinite(values[k]) && inputs.every(Number.isFinite)) {
      const where = node.domain ? `; ${node.op} is defined for ${node.domain}` : "";
      throw new Error(`${node.name} = ${at} is not a finite number${where}`);
    }
    locals[k] = named(node, () => OPS[node.js].d(values[k], ...inputs));
    // Nothing is sent to a constant, so it needs no derivative.
    if (node.sends.some((operand) => Number.isNaN(locals[k][operand])) && inputs.every(Number.isFinite)) {
      throw new Error(`${node.name} = ${at} has no derivative there`);
    }
  });
  return { values, locals, edited: new Set([...numbers.edited, ...changed]) };
}

// The records, and where the first number that is not finite was made.
function pass(nodes, seed, numbers) {
  const records = nodes.map((node, i) => ({ kind: "forward", i, messages: [] }));
  const last = nodes.length - 1;
  records.push({ kind: "seed", i: last, gradient: seed, messages: [] });
  const gradients = nodes.map(() => null);
  const expected = nodes.map(() => 0); // messages to each node
  for (const node of nodes) for (const k of node.sends || []) expected[node.parents[k]] += 1;
  const toCome = [...expected];
  gradients[last] = seed;
  let bad = numbers.values.findIndex((x) => !Number.isFinite(x));
  bad = bad >= 0 ? { record: bad, i: bad } : Number.isFinite(seed) ? null : { record: nodes.length, i: last };
  for (let i = last; i >= 0; i--) {
    if (!nodes[i].parents.length) continue;
    const upstream = gradients[i];
    const messages = nodes[i].sends.map((operand) => {
      const target = nodes[i].parents[operand];
      const local = numbers.locals[i][operand];
      const before = gradients[target];
      const product = upstream * local;
      const total = (before === null ? 0 : before) + product;
      gradients[target] = total;
      toCome[target] -= 1;
      if (!bad && !Number.isFinite(total)) bad = { record: records.length, i };
      return { from: i, operand, target, upstream, local, product, before, total, waiting: toCome[target] };
    });
    records.push({ kind: "backward", i, gradient: upstream, messages });
  }
  return { records, bad, gradients, expected, seed, numbers };
}

// What is true after k records: gradients so far, the messages that have arrived, how many are to come, who has sent.
function moment(nodes, played, k) {
  const gradient = nodes.map(() => null);
  const arrived = nodes.map(() => []);
  const visited = nodes.map(() => false);
  if (k > nodes.length) gradient[nodes.length - 1] = played.seed;
  for (const record of played.records.slice(nodes.length + 1, Math.max(k, nodes.length + 1))) {
    visited[record.i] = true;
    for (const message of record.messages) {
      gradient[message.target] = message.total;
      arrived[message.target].push(message);
    }
  }
  const waiting = played.expected.map((n, i) => n - arrived[i].length);
  return { gradient, arrived, waiting, visited, current: k ? played.records[k - 1] : null, backward: k > nodes.length };
}

// The ways from the root down to a node, as lists of [node, operand]; counted first, and listed only up to a limit.
function pathsTo(nodes, wanted, limit) {
  const count = nodes.map(() => 0n);
  count[wanted] = 1n;
  for (let i = wanted + 1; i < nodes.length; i++) for (const p of nodes[i].parents) count[i] += count[p];
  const root = nodes.length - 1;
  const paths = [];
  const stack = count[root] && count[root] <= BigInt(limit) ? [[root, []]] : [];
  while (stack.length) {
    const [i, along] = stack.pop();
    if (i === wanted) paths.push(along);
    else {
      for (let k = nodes[i].parents.length - 1; k >= 0; k--) {
        const parent = nodes[i].parents[k];
        if (count[parent]) stack.push([parent, [...along, [i, k]]]);
      }
    }
  }
  return { count: count[root], paths };
}
