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

// What may have gone wrong, the likeliest first; "" if nothing simple gives the number. The words are the terminal's.
function slipText(nodes, played, m, guess) {
  const before = m.before === null ? 0 : m.before;
  const target = nodes[m.target].name;
  const sender = nodes[m.from].name;
  const root = nodes[nodes.length - 1].name;
  const factorText = (name, x) => (near(x, m.total) ? name : `${name} = ${short(x)}`); // not the answer itself
  const upstream = factorText(fraction(root, sender), m.upstream);
  const local = factorText(fraction(sender, target), m.local);
  const slips = [
    [m.product, m.before !== null, `that is only what ${sender} sends: add it to the ${short(before)} that is there already`],
    [before, m.before !== null, `you forgot the path through ${sender}`],
    [0, true, `you forgot the path through ${sender}`],
    [-m.total, true, "the sign is the wrong way round"],
    [before - m.product, true, `the sign of what comes through ${sender} is the wrong way round`],
    [before + m.local, m.before !== null, `you left out ${upstream}`],
    [m.local, true, `that is only the local derivative ${fraction(sender, target)}, not times ${fraction(root, sender)}`],
    [before + m.upstream, true, `you left out ${local}`],
    [m.upstream, true, `that is the gradient of ${sender}: go on from there to ${target}`],
    [before + m.upstream + m.local, true, "upstream and local are multiplied, not added"],
    [before + m.upstream * m.local * m.local, true, `${local} stands there twice`],
    [before + m.upstream * m.upstream * m.local, true, `${upstream} stands there twice`],
    [played.numbers.values[m.target], true, `that is the value of ${target}, not its gradient`],
  ];
  nodes.forEach((node, i) => {
    const other = node.kind !== "number" && played.gradients[i] && i !== m.target;
    slips.push([played.gradients[i], Boolean(other), `that is the gradient of ${node.name}`]);
  });
  const found = slips.find(([number, possible]) => possible && !near(number, m.total) && near(guess.number, number));
  return found ? found[2] : "";
}

function fraction(above, below) {
  const [upper, lower] = [above, below].map((name) => (name.includes(" ") ? `(${name})` : name));
  return `d${upper}/d${lower}`;
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
  const added = m.before === null ? "" : `, and ${totalText(m)}`;
  if (isRight(guess, m.total)) return { right: true, say: `Right: ${productText(m)}${added}.` };
  const what = fraction(nodes[nodes.length - 1].name, nodes[m.target].name);
  const slip = slipText(nodes, played, m, guess);
  const why = slip ? `: ${slip}` : ", and no single slip explains it: it is upstream times local, added to what is there";
  return { right: false, say: `Not yet: ${text.trim()} is not ${what}${m.waiting ? " so far" : ""}${why}.` };
}
