// The picture at a moment: classes say how far the pass has come, texts what is known.

const byId = (id) => document.getElementById(id);
const setText = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text;
};

function element(tag, text, attributes = {}, made = document.createElement(tag)) {
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// What an element stands for in full, shown while the pointer is on it.
const inFull = new WeakMap();
function setNumber(element, x, text) {
  if (!element) return;
  setText(element, text);
  if (x === null) inFull.delete(element);
  else inFull.set(element, x + 0);
}

// Each box with the nodes that it stands for and those whose numbers it shows; each arrow with its uses of operands.
const numbersIn = (text) => text.split(" ").map(Number);
const boxes = [...document.querySelectorAll("#graph .node")].map((at) => ({
  at,
  of: numbersIn(at.dataset.of),
  shown: numbersIn(at.dataset.shown || at.dataset.of),
}));
const arrows = [...document.querySelectorAll("#graph .edge")].map((at) => ({
  at,
  thin: at.classList.contains("thin"),
  uses: at.dataset.of.split(" ").map((use) => use.split(".").map(Number)),
}));
const boxOf = (i) => boxes.find((box) => box.shown.includes(i)) || boxes.find((box) => box.of.includes(i));

function setState(element, state, more = "") {
  for (const each of ["waiting", "current", "visited", "reached"]) element.classList.toggle(each, each === state);
  for (const each of ["plus", "minus"]) element.classList.toggle(each, each === more);
}

const signOf = (x) => (x > 0 ? "plus" : x < 0 ? "minus" : "");

// Of a node: as the rows have it. In each phase it waits until something of that phase has reached it.
function nodeState(i, k, now) {
  if (now.current && now.current.i === i) return "current";
  if (!now.backward) return i < k ? "visited" : "waiting";
  if (now.visited[i]) return "visited";
  return now.gradient[i] === null ? "waiting" : "reached";
}

function boxState(box, k, now) {
  if (now.current && box.of.includes(now.current.i)) return "current";
  const states = new Set(box.shown.map((i) => nodeState(i, k, now)));
  return states.size === 1 ? [...states][0] : "reached";
}

// The nodes where a gradient arrives and nothing goes on: a dead ReLU, a saturated sigmoid.
function stoppedNodes(played) {
  const stops = (record) => record.gradient && record.messages.length && record.messages.every((m) => m.product === 0);
  return new Set(played.records.filter((record) => record.kind === "backward" && stops(record)).map((record) => record.i));
}

const sum = (numbers) => numbers.reduce((so, x) => so + x, 0);

// A number; of several samples the smallest and the largest.
function rangeText(numbers) {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return brief(low) === brief(high) ? brief(low) : `${general(low + 0, 2)} … ${general(high + 0, 2)}`;
}

function drawBoxes(nodes, played, k, now) {
  const { values } = played.numbers;
  const stopped = stoppedNodes(played);
  const gradients = boxes.map(({ shown }) => shown.map((i) => now.gradient[i]).filter((x) => x !== null));
  const largest = Math.max(0, ...gradients.map(sum).filter(Number.isFinite).map(Math.abs));
  boxes.forEach(({ at, of, shown }, n) => {
    const known = shown.every((i) => i < k || nodes[i].kind === "number");
    const gradient = gradients[n].length ? sum(gradients[n]) : null;
    const toCome = gradient !== null && shown.some((i) => now.waiting[i] > 0);
    setState(at, boxState(boxes[n], k, now), gradient === null ? "" : signOf(gradient));
    at.classList.toggle("stopped", shown.every((i) => now.visited[i] && stopped.has(i)));
    const value = known ? rangeText(shown.map((i) => values[i])) : "–";
    setNumber(at.querySelector(".value"), known && shown.length === 1 ? values[shown[0]] : null, value);
    const written = gradient === null ? "–" : brief(gradient) + (toCome ? " + …" : "");
    setNumber(at.querySelector(".gradient"), gradient, written);
    const swatch = at.querySelector(".swatch");
    if (swatch) swatch.style.fillOpacity = gradient ? 0.15 + 0.85 * strength(gradient, largest) : 1;
    const spoken = [at.dataset.spoken];
    if (known) spoken.push(`value ${value}`);
    if (gradient !== null) spoken.push(`gradient ${brief(gradient)}${toCome ? " so far" : ""}`);
    at.setAttribute("aria-label", `${spoken.join(", ")}; ${of.length > shown.length && swatch ? "open its table" : "show its paths"}`);
  });
}

// How strong a message is beside the largest, from 0 to 1: by the order of magnitude, over four of them.
function strength(product, largest) {
  const size = Math.log10(Math.abs(product)) - Math.log10(largest);
  return product === 0 || !largest ? 0 : Math.max(0, Math.min(1, 1 + size / 4));
}

const thickness = (product, largest) => (product === 0 || !largest ? 1 : 1.4 + 4.2 * strength(product, largest));

function drawArrows(nodes, played, k, now) {
  const { locals } = played.numbers;
  const sent = new Map();
  for (const arrived of now.arrived) for (const m of arrived) sent.set(`${m.from}.${m.operand}`, m.product);
  const flows = arrows.map(({ uses }) => {
    const messages = uses.map((use) => sent.get(use.join("."))).filter((x) => x !== undefined);
    return messages.length ? sum(messages) : null;
  });
  const ends = played.records.flatMap((record) => record.messages.map((m) => Math.abs(m.product)));
  const largest = Math.max(0, ...ends.filter(Number.isFinite), ...flows.filter(Number.isFinite).map(Math.abs));
  arrows.forEach(({ at, uses, thin }, n) => {
    if (thin) return;
    const message = flows[n];
    const used = uses.every(([i]) => (now.backward ? now.visited[i] : i < k));
    const current = now.current && uses.some(([i]) => now.current.i === i) && (!now.backward || message !== null);
    setState(at, current ? "current" : used ? "visited" : "waiting", signOf(message));
    at.classList.toggle("sent", message !== null);
    const [i, operand] = uses[0];
    const local = i < k && uses.length === 1 ? locals[i][operand] : null;
    setNumber(at.querySelector(".local"), local, local === null ? "" : `${at.dataset.local} ${brief(local)}`);
    setNumber(at.querySelector(".message"), message, message === null ? "" : `← ${brief(message)}`);
    const flow = at.querySelector(".flow");
    if (flow) flow.style.strokeWidth = message === null ? "" : `${thickness(message, largest).toFixed(2)}px`;
  });
  drawWeights(locals, flows, largest);
}

const MOST_STRONG = 12; // flows into a layer that are drawn over its weights

// Among cells a line is a weight, by its sign and size; the strongest flows are drawn over them.
const fans = [...document.querySelectorAll("#graph .fan")].map((fan) => ({
  lines: arrows.map((arrow, n) => ({ n, at: arrow.at, use: arrow.uses[0] })).filter(({ at }) => at.parentElement === fan),
  strong: [],
  drawn: null, // the local derivatives by which the lines are drawn
}));

function drawWeights(locals, flows, largest) {
  for (const fan of fans) {
    const weight = ({ use }) => locals[use[0]][use[1]];
    const heaviest = Math.max(...fan.lines.map((line) => Math.abs(weight(line)))) || 1;
    for (const line of locals === fan.drawn ? fan.strong : fan.lines) {
      line.at.classList.remove("strong");
      setState(line.at, "", signOf(weight(line)));
      line.at.style.strokeWidth = 0.3 + (1.2 * Math.abs(weight(line))) / heaviest;
    }
    fan.drawn = locals;
    const size = ({ n }) => Math.abs(flows[n]);
    fan.strong = fan.lines.filter(size).sort((a, b) => size(b) - size(a)).slice(0, MOST_STRONG);
    for (const { at, n } of fan.strong) {
      at.classList.add("strong");
      setState(at, "", signOf(flows[n]));
      at.style.strokeWidth = thickness(flows[n], largest) * 0.7;
      at.parentElement.append(at);
    }
  }
}

// --- size, and what is in sight ---

let scale = 1;
let fitted = true;

function zoomTo(size) {
  const graph = byId("graph");
  const { width, height } = graph.viewBox.baseVal;
  scale = Math.min(3, size);
  graph.style.width = `${width * scale}px`;
  graph.style.height = `${height * scale}px`;
}

function zoomBy(factor) {
  fitted = false;
  zoomTo(Math.max(0.1, scale * factor));
}

const READABLE = 0.75; // of their size, where letters are 9 pixels high

// All of it, at every size of the picture and of the window; with the controls in sight where there is room for both and
// the letters can still be read.
function fit() {
  fitted = true;
  const { width, height } = byId("graph").viewBox.baseVal;
  const room = byId("picture");
  zoomTo(0.01);
  const below = byId("bar").offsetHeight + byId("controls").offsetHeight + 24;
  const left = innerHeight - (room.getBoundingClientRect().top + scrollY) - below;
  const wide = (room.clientWidth - 4) / width;
  const wanted = Math.min(READABLE, wide) * height + 4;
  const tallest = Math.min(parseFloat(getComputedStyle(room).maxHeight), Math.max(240, left, wanted));
  zoomTo(Math.min(wide, (tallest - 4) / height, 1.3));
}

const still = matchMedia("(prefers-reduced-motion: reduce)");
let opening = true;

// Bring part of a pane into sight, and move nothing but the pane: lists only up and down, so that lines keep their beginning.
function show(pane, element) {
  if (!element) return;
  const outer = pane.getBoundingClientRect();
  const inner = element.getBoundingClientRect();
  const move = { behavior: still.matches || opening ? "auto" : "smooth" };
  const picture = pane.id === "picture";
  const [beside, above] = picture ? [Math.min(80, outer.width / 6), Math.min(60, outer.height / 4)] : [0, 0];
  if (picture && (inner.left < outer.left + beside || inner.right > outer.right - beside)) {
    move.left = pane.scrollLeft + (inner.left + inner.right - outer.left - outer.right) / 2;
  }
  if (inner.top < outer.top + above || inner.bottom > outer.bottom - above) {
    const middle = pane.scrollTop + (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
    move.top = Math.min(middle, pane.scrollTop + inner.top - outer.top - above); // of what is too long, the beginning
  }
  if ("left" in move || "top" in move) pane.scrollTo(move);
}
