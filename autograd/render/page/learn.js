// Gradient descent on the page: steps of -alpha times the gradient, and the loss that they lead to.

const MOST_RUNS = 4; // with the one that is going on

// The nodes that a step moves: inputs with a gradient, but not those that a weighted sum takes as its data.
function weightsOf(nodes) {
  const data = new Set();
  for (const node of nodes) {
    const pairs = node.op === "dot" ? Math.floor(node.parents.length / 2) : 0;
    for (const p of node.parents.slice(pairs, 2 * pairs)) data.add(p);
  }
  return nodes.flatMap((node, i) => (node.kind === "leaf" && !data.has(i) ? [i] : []));
}

// A run is a list of losses from one start; every step keeps the numbers that it began with.
function newRun(runs, loss) {
  const kept = runs.filter((run) => run.losses.length > 1);
  return [...kept.slice(-(MOST_RUNS - 1)), { losses: [loss], alphas: [], before: [] }];
}

function stepped(nodes, played, weights, alpha) {
  const moves = weights.map((i) => [i, played.numbers.values[i] - alpha * (played.gradients[i] ?? 0)]);
  const bad = moves.find(([, x]) => !Number.isFinite(x));
  if (bad) throw new Error(`${nodes[bad[0]].name} would not be a finite number`);
  return edited(nodes, played.numbers, moves);
}

function ruleText(nodes, played, weights, alpha) {
  const { values } = played.numbers;
  const said = weights.slice(0, 4).map((i) => {
    const gradient = played.gradients[i] ?? 0;
    return `${nodes[i].name}: ${inMathematics(values[i])} − ${inMathematics(alpha)} · ${inBrackets(gradient, inMathematics(gradient))} = ${inMathematics(values[i] - alpha * gradient)}`;
  });
  return [...said, ...(weights.length > 4 ? [`and ${weights.length - 4} more in the same way`] : [])].join("\n");
}

// What a step has led to, in words.
function outcome(nodes, played, weights, run) {
  const steps = run.alphas.length;
  if (!steps) return "";
  const root = nodes[nodes.length - 1].name;
  const [before, after] = run.losses.slice(-2);
  const moved = after > before ? "rose" : after < before ? "fell" : "stays";
  let said = `Step ${steps}, alpha ${brief(run.alphas[steps - 1])}: ${root} ${moved}`;
  said += after === before ? ` at ${brief(after)}.` : ` from ${brief(before)} to ${brief(after)}.`;
  if (weights.every((i) => !played.gradients[i])) {
    const stopped = stoppedNodes(played);
    const at = nodes.findIndex((node, i) => stopped.has(i));
    const why = at < 0 ? "" : ` ${nodes[at].name} passes nothing back: its local derivative is 0 there.`;
    said += ` Every gradient is 0 now, so a further step moves nothing.${why}`;
  } else if (after > before) said += " The step was too long: try a smaller alpha.";
  return said;
}

// --- the chart ---

const CHART = { left: 58, right: 12, top: 14, bottom: 26, width: 460, height: 150 };
const SVG = "http://www.w3.org/2000/svg";

const drawn = (tag, attributes, text = "") => element(tag, text, attributes, document.createElementNS(SVG, tag));

function drawLosses(runs, root) {
  const { left, right, top, bottom, width, height } = CHART;
  const all = runs.flatMap((run) => run.losses).filter(Number.isFinite);
  const low = Math.min(0, ...all);
  const high = Math.max(0, ...all);
  const last = Math.max(5, ...runs.map((run) => run.losses.length - 1));
  const x = (n) => left + ((width - left - right) * n) / last;
  const y = (loss) => top + (height - top - bottom) * (1 - (loss - low) / (high - low || 1));
  const parts = [];
  for (const loss of [low, high]) {
    parts.push(drawn("line", { x1: left, x2: width - right, y1: y(loss), y2: y(loss), class: "grid" }));
    parts.push(drawn("text", { x: left - 6, y: y(loss) + 4, class: "end" }, brief(loss)));
  }
  for (const n of [0, last]) parts.push(drawn("text", { x: x(n), y: height - 8, class: n ? "end" : "" }, n ? `step ${n}` : "0"));
  runs.forEach((run, r) => {
    const now = r === runs.length - 1;
    const points = run.losses.map((loss, n) => [x(n), y(loss), loss]).filter((point) => Number.isFinite(point[1]));
    const path = points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" ");
    parts.push(drawn("polyline", { points: path, class: now ? "run now" : "run" }));
    for (const [px, py, loss] of points) {
      const dot = drawn("circle", { cx: px, cy: py, r: now ? 4 : 2.5, class: now ? "now" : "" });
      inFull.set(dot, loss);
      parts.push(dot);
    }
    if (!now && points.length) {
      const [px, py] = points[points.length - 1];
      const alphas = [...new Set(run.alphas)].map(brief).join(", ");
      parts.push(drawn("text", { x: Math.min(px + 6, width - 90), y: Math.max(py - 6, 10), class: "faint" }, `alpha ${alphas}`));
    }
  });
  const chart = byId("losses");
  chart.replaceChildren(...parts);
  const told = runs[runs.length - 1].losses.slice(-12).map(brief).join(", ");
  chart.setAttribute("aria-label", `${root} after each step: ${told}`);
}
