// Hide and predict: the reader says what a backward step gives before it is shown.

const LIMIT = 1e-6;

// A number as typed, with the decimals it was given to; null: it is none.
function typed(text) {
  const plain = text.trim().replace(/^[−–]/, "-").replace(/^(-?\d*),(\d+)$/, "$1.$2");
  const found = /^[-+]?(?:\d+\.?(\d*)|\.(\d+))(?:[eE]([-+]?\d+))?$/.exec(plain);
  if (!found) return null;
  const decimals = (found[1] || found[2] || "").length - Number(found[3] || 0);
  return { number: Number(plain), decimals, approximate: Boolean(found[1] || found[2]) };
}

function near(a, b) {
  return a === b || Math.abs(a - b) <= LIMIT * Math.max(Math.abs(a), Math.abs(b));
}

function isRight(guess, right) {
  if (near(guess.number, right)) return true;
  if (!guess.approximate || guess.number === 0) return false;
  return Math.abs(guess.number - right) <= 0.5 * 10 ** -guess.decimals * (1 + 1e-9);
}

// What may have gone wrong, the likeliest first; "" if nothing simple gives the number.
function slipText(nodes, numbers, m, guess) {
  const before = m.before === null ? 0 : m.before;
  const target = nodes[m.target].name;
  const sender = nodes[m.from].name;
  const root = nodes[nodes.length - 1].name;
  const slips = [
    [m.product, m.before !== null, `that is only this message: add it to the ${short(before)} that is there already`],
    [before, m.before !== null, "that is the sum before this message: add upstream times local"],
    [before - m.product, true, "the sign is wrong"],
    [-m.total, true, "the sign is wrong"],
    [before + m.local, true, `you forgot the upstream gradient d${root}/d${sender} = ${short(m.upstream)}: multiply by it`],
    [m.local, true, `that is the local derivative d${sender}/d${target} alone: multiply it by the upstream gradient`],
    [before + m.upstream, true, `you forgot the local derivative d${sender}/d${target} = ${short(m.local)}: multiply by it`],
    [m.upstream, true, `that is the upstream gradient alone: multiply it by the local derivative`],
    [before + m.upstream + m.local, true, "upstream and local are multiplied, not added"],
    [numbers.values[m.target], true, `that is the value of ${target}, not its gradient`],
  ];
  const found = slips.find(([number, possible]) => possible && !near(number, m.total) && near(guess.number, number));
  return found ? found[2] : "";
}

function question(nodes, m) {
  const target = nodes[m.target].name;
  const so = m.before === null ? "Nothing has reached it yet" : `So far it is ${short(m.before)}`;
  const upstream = `${nodes[m.from].name} has the gradient ${short(m.upstream)}`;
  return `${upstream} and sends to ${target}. ${so}: what is the gradient of ${target} after this?`;
}

// Which of a step's messages have been answered: step -> how many.
const answered = new Map();

function openQuestion(played, k, predicting) {
  const record = k ? played.records[k - 1] : null;
  if (!predicting || !record || record.kind !== "backward") return null;
  return record.messages[answered.get(k) || 0] || null;
}

// Returns what to say, and whether the answer was right.
function judge(nodes, played, k, m, text) {
  const guess = typed(text);
  if (!guess) return { right: false, say: `Type a number, such as ${short(1.5)} or -2.` };
  const all = `${factor(m.upstream)} * ${factor(m.local)} = ${short(m.product)}`;
  const sum = m.before === null ? "" : `, and ${short(m.before)} + ${factor(m.product)} = ${short(m.total)}`;
  if (isRight(guess, m.total)) return { right: true, say: `Right: ${all}${sum}.` };
  const slip = slipText(nodes, played.numbers, m, guess);
  return { right: false, say: slip ? `Not yet: ${slip}.` : "Not yet: it is upstream times local, added to what is there." };
}
