// The picture at a moment: classes say how far the pass has come, texts what is known.

const byId = (id) => document.getElementById(id);
const setText = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text;
};

// What an element stands for in full, shown while the pointer is on it.
const inFull = new WeakMap();
function setNumber(element, x, text) {
  if (!element) return;
  setText(element, text);
  if (x === null) inFull.delete(element);
  else inFull.set(element, x + 0);
}

function setState(element, state, more = "") {
  for (const each of ["waiting", "current", "visited", "reached"]) element.classList.toggle(each, each === state);
  for (const each of ["plus", "minus"]) element.classList.toggle(each, each === more);
}

// Of a node: as the rows have it. In each phase it waits until something of that phase has reached it.
function nodeState(i, k, now) {
  if (now.current && now.current.i === i) return "current";
  if (!now.backward) return i < k ? "visited" : "waiting";
  if (now.visited[i]) return "visited";
  return now.gradient[i] === null ? "waiting" : "reached";
}

// Whether a gradient arrives at a node and nothing goes on from there: a dead ReLU, a saturated sigmoid.
function isStopped(played, i) {
  const record = played.records.find((each) => each.kind === "backward" && each.i === i);
  return Boolean(record && record.gradient && record.messages.length) && record.messages.every((m) => m.product === 0);
}

function drawNodes(nodes, played, k, now) {
  const { values } = played.numbers;
  const stopped = new Set(now.visited.flatMap((visited, i) => (visited && isStopped(played, i) ? [i] : [])));
  nodes.forEach((node, i) => {
    const known = i < k;
    const gradient = now.gradient[i];
    const toCome = gradient !== null && now.waiting[i] > 0;
    for (const id of node.ids) {
      const box = byId(id);
      setState(box, nodeState(i, k, now));
      box.classList.toggle("stopped", stopped.has(i));
      const written = known || node.kind === "number";
      setNumber(box.querySelector(".value"), written ? values[i] : null, written ? brief(values[i]) : "–");
      const shown = gradient === null ? "–" : brief(gradient) + (toCome ? " + …" : "");
      setNumber(box.querySelector(".gradient"), gradient, shown);
      const spoken = [box.dataset.spoken];
      if (known) spoken.push(`value ${brief(values[i])}`);
      if (gradient !== null) spoken.push(`gradient ${brief(gradient)}${toCome ? " so far" : ""}`);
      box.setAttribute("aria-label", `${spoken.join(", ")}; show its paths`);
    }
  });
}

// How thick an arrow is: by the order of magnitude, four below the largest message being the thinnest.
function thickness(product, largest) {
  const size = Math.log10(Math.abs(product)) - Math.log10(largest);
  return product === 0 || !largest ? 1 : 1.4 + 4.2 * Math.max(0, Math.min(1, 1 + size / 4));
}

function drawEdges(nodes, played, k, now) {
  const { locals } = played.numbers;
  const products = played.records.flatMap((record) => record.messages.map((m) => Math.abs(m.product)));
  const largest = Math.max(0, ...products.filter(Number.isFinite));
  const sent = new Map();
  for (const arrived of now.arrived) for (const m of arrived) sent.set(nodes[m.from].edges[m.operand], m);
  nodes.forEach((node, i) => {
    node.edges.forEach((id, operand) => {
      const edge = byId(id);
      const message = sent.get(id);
      const used = now.backward ? now.visited[i] : i < k;
      const current = now.current && now.current.i === i && (now.backward ? message : true);
      const sign = message && (message.product < 0 ? "minus" : message.product > 0 ? "plus" : "");
      setState(edge, current ? "current" : used ? "visited" : "waiting", sign || "");
      edge.classList.toggle("sent", Boolean(message));
      const local = locals[i][operand];
      setNumber(edge.querySelector(".local"), i < k ? local : null, i < k ? `${edge.dataset.local} ${brief(local)}` : "");
      setNumber(edge.querySelector(".message"), message ? message.product : null, message ? `← ${brief(message.product)}` : "");
      const flow = edge.querySelector(".flow");
      if (flow) flow.style.strokeWidth = message ? `${thickness(message.product, largest).toFixed(2)}px` : "";
    });
  });
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

// All of it, at every size of the picture and of the window.
function fit() {
  fitted = true;
  const { width, height } = byId("graph").viewBox.baseVal;
  const room = byId("picture");
  zoomTo(0.01);
  const tallest = parseFloat(getComputedStyle(room).maxHeight);
  zoomTo(Math.min((room.clientWidth - 4) / width, (tallest - 4) / height, 1.3));
}

const still = matchMedia("(prefers-reduced-motion: reduce)");

// Bring part of a pane into sight, and move nothing but the pane.
function show(pane, element) {
  if (!element) return;
  const outer = pane.getBoundingClientRect();
  const inner = element.getBoundingClientRect();
  const move = { behavior: still.matches ? "auto" : "smooth" };
  const margin = Math.min(80, outer.width / 6);
  if (inner.left < outer.left + margin || inner.right > outer.right - margin) {
    move.left = pane.scrollLeft + (inner.left + inner.right - outer.left - outer.right) / 2;
  }
  const above = pane.id === "picture" ? Math.min(60, outer.height / 4) : 0;
  if (inner.top < outer.top + above || inner.bottom > outer.bottom - above) {
    move.top = pane.scrollTop + (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
  }
  if ("left" in move || "top" in move) pane.scrollTo(move);
}
