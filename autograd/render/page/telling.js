// Records in words, as the stepper tells them. Whatever names the operation comes from there; numbers are put in here.

function made(node, inputs) {
  return node.formula
    .map((part) => {
      if (typeof part === "string") return part;
      const number = short(inputs[part[0]]);
      return part[1] && number.startsWith("-") ? `(${number})` : number;
    })
    .join("");
}

const productText = (m) => `${factor(m.upstream)} * ${factor(m.local)} = ${short(m.product)}`;
const totalText = (m) => `${short(m.before)} + ${factor(m.product)} = ${short(m.total)}`;

function messageText(nodes, m) {
  const text = `to ${nodes[m.target].name}: ${productText(m)}${m.before === null ? "" : `, sum ${totalText(m)}`}`;
  return text + (m.waiting ? ` (${m.waiting} more to come)` : " (complete)");
}

// [the sentence, the lines of numbers]
function told(nodes, played, k) {
  const record = played.records[k];
  const node = nodes[record.i];
  const { values, edited: changed } = played.numbers;
  const value = values[record.i];
  const inputs = node.parents.map((p) => values[p]);
  let sentence = node.forward;
  let lines = [];
  let held = [value];
  if (record.kind === "seed") {
    sentence = PAGE.seedSentence;
    lines = [`gradient of ${node.name} = ${short(played.seed)}`];
    held = [played.seed];
  } else if (record.kind === "backward") {
    sentence = node.backward;
    if (node.kink && (inputs.includes(0) || new Set(inputs).size < inputs.length)) sentence += node.kink;
    lines = [record.messages.slice(0, 6).map((m) => messageText(nodes, m)).join("; ")];
    if (record.messages.length > 6) lines[0] += `; ... and ${record.messages.length - 6} more`;
    if (!record.messages.length) lines = ["nothing is sent: its operands are constants"];
    held = [record.gradient, ...record.messages.map((m) => m.total)];
  } else if (node.kind === "number") lines = [node.name];
  else if (node.kind !== "op") lines = [`${node.name} = ${short(value)}`];
  else {
    lines = [`${node.name} = ${made(node, inputs)} = ${short(value)}`];
    if (node.stale && !changed.has(record.i)) lines.push(node.stale);
  }
  const bad = played.bad;
  if (bad && bad.record <= k && !held.every(Number.isFinite)) {
    const name = nodes[bad.i].name;
    if (bad.record < k) lines.push(`not finite: the first such number was made at step ${bad.record + 1}, by ${name}`);
    else lines.push(`not finite: ${name} is the first node to make such a number`);
  }
  return [sentence, lines];
}

// Lines of numbers with each message on a line of its own.
const broken = (lines) => lines.join("\n").replaceAll("; to ", "\nto ");
