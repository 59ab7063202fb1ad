// The page: where it stands, and what moves it.

const nodes = PAGE.nodes;
const steps = nodes.length + 1 + nodes.filter((node) => node.parents.length).length;
let played = pass(nodes, numeric(PAGE.seed), given(nodes));
let step = 0;
let timer = null;

PAGE.choose = byId("paths").textContent.trim();
PAGE.hiding = () => openQuestion(played, step, byId("predict").checked) !== null;

function draw() {
  const asked = openQuestion(played, step, byId("predict").checked);
  const seen = asked ? step - 1 : step;
  const now = moment(nodes, played, seen);
  if (step) now.current = played.records[step - 1];
  now.backward = step > nodes.length;
  const all = nodes.map(() => 0);
  for (const record of played.records) for (const m of record.messages) all[m.target] += 1;
  now.waiting = all.map((n, i) => n - now.arrived[i].length);
  drawNodes(nodes, played, step, now);
  drawEdges(nodes, played, step, now);
  fillSums(nodes, played, step, now);
  markEquations(seen);
  sayStep(asked);
  listPaths(nodes, played);
  byId("step").value = step;
  const record = now.current;
  const spoken = record ? `${step} of ${steps}, ${record.kind}: ${nodes[record.i].name}` : `0 of ${steps}`;
  byId("step").setAttribute("aria-valuetext", spoken);
  setText(byId("position"), `${step} / ${steps}`);
  for (const id of ["first", "back"]) byId(id).setAttribute("aria-disabled", String(step === 0));
  for (const id of ["forward", "last"]) byId(id).setAttribute("aria-disabled", String(step === steps));
}

function sayStep(asked) {
  const record = step ? played.records[step - 1] : null;
  const phase = { forward: "Forward", seed: "Seed", backward: "Backward" };
  setText(byId("phase"), record ? `${phase[record.kind]} · step ${step} of ${steps}` : "Before the first step");
  const [sentence, lines] = record ? told(nodes, played, step - 1) : ["Nothing is computed yet. Step forward, or play.", []];
  setText(byId("sentence"), sentence);
  byId("question").hidden = !asked;
  if (asked) {
    const done = record.messages.slice(0, answered.get(step) || 0).map((m) => messageText(nodes, m));
    const open = `to ${nodes[asked.target].name}: ${factor(asked.upstream)} * local = ?`;
    setText(byId("numbers"), [...done, open].join("\n"));
    setText(byId("asked"), question(nodes, asked));
  } else setText(byId("numbers"), broken(lines));
}

function go(k, { say = true } = {}) {
  const target = Math.max(0, Math.min(steps, k));
  if (target !== step) forgetGuess();
  step = target;
  draw();
  if (say) history.replaceState(null, "", `#step=${step}`);
  const record = step ? played.records[step - 1] : null;
  if (record) show(byId("picture"), byId(nodes[record.i].ids[0]));
}

// What was guessed, and said of it, belongs to one step and its numbers.
function forgetGuess() {
  byId("guess").value = "";
  setText(byId("verdict"), "");
}

function fromHash() {
  const found = /^#step=(\d+)$/.exec(location.hash);
  return found ? Number(found[1]) : null;
}

// --- playing ---

function playing(on) {
  clearInterval(timer);
  timer = on ? setInterval(tick, Number(byId("speed").value)) : null;
  document.body.classList.toggle("playing", on);
  byId("play").setAttribute("aria-label", on ? "Pause" : "Play");
  if (on && step === steps) go(0);
}

function tick() {
  if (!PAGE.hiding()) go(step + 1);
  if (step === steps || PAGE.hiding()) playing(false);
}

// --- editing ---

function numbersChanged(numbers) {
  played = pass(nodes, played.seed, numbers);
  answered.clear();
  forgetGuess();
  listEquations(nodes, played);
  draw();
}

function edit(input) {
  const i = nodes.findIndex((node) => node.ids.includes(input.dataset.node));
  try {
    const text = input.value.trim();
    const x = Number(text);
    if (!text || !Number.isFinite(x)) throw new Error(`${nodes[i].name} needs a number`);
    numbersChanged(edited(nodes, played.numbers, i, x));
    for (const each of document.querySelectorAll("#inputs input")) restore(each);
    setText(byId("problem"), "");
  } catch (error) {
    input.setAttribute("aria-invalid", "true");
    setText(byId("problem"), `${error.message}. The page keeps the last numbers that work.`);
  }
}

function restore(input) {
  const i = nodes.findIndex((node) => node.ids.includes(input.dataset.node));
  input.removeAttribute("aria-invalid");
  const x = played.numbers.values[i];
  if (Number(input.value) !== x || !input.value) input.value = Object.is(x, -0) ? "-0" : String(x);
}

// --- what moves it ---

const jumps = { first: () => 0, back: () => step - 1, forward: () => step + 1, last: () => steps };
for (const [id, to] of Object.entries(jumps)) {
  byId(id).addEventListener("click", () => {
    playing(false);
    go(to());
  });
}
byId("play").addEventListener("click", () => playing(timer === null));
byId("speed").addEventListener("change", () => timer !== null && playing(true));
byId("step").addEventListener("input", () => {
  playing(false);
  go(Number(byId("step").value));
});

const keys = { ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "last", " ": "play" };
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen !== null) closePaths(nodes);
  const id = keys[event.key];
  if (!id || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const at = event.target;
  if (at.matches("input:not(#step):not([type=checkbox]), select")) return;
  if (at.id === "step" && id !== "play") return;
  if (id === "play" && at.closest("button, a, summary, input[type=checkbox], [role=button]")) return;
  event.preventDefault();
  byId(id).click();
});

const graph = byId("graph");
function choose(box) {
  const i = nodes.findIndex((node) => node.ids.includes(box.id));
  if (i === chosen) closePaths(nodes);
  else {
    chosen = i;
    listPaths(nodes, played);
  }
}
graph.addEventListener("click", (event) => {
  const box = event.target.closest(".node");
  if (box) choose(box);
});
graph.addEventListener("keydown", (event) => {
  const box = event.target.closest(".node");
  if (!box || (event.key !== "Enter" && event.key !== " ")) return;
  event.preventDefault();
  choose(box);
});
byId("equations").addEventListener("click", (event) => {
  const item = event.target.closest("li");
  if (item) go(Number(item.dataset.step));
});

byId("predict").addEventListener("change", () => {
  setText(byId("verdict"), "");
  draw();
  if (PAGE.hiding()) byId("question").scrollIntoView({ block: "nearest" });
});
byId("predicting").addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = openQuestion(played, step, true);
  if (!asked || byId("question").hidden) return;
  const { right, say } = judge(nodes, played, step, asked, byId("guess").value);
  byId("verdict").dataset.right = String(right);
  if (right) settle((answered.get(step) || 0) + 1);
  setText(byId("verdict"), say);
});
byId("reveal").addEventListener("click", () => {
  settle(Infinity);
  setText(byId("verdict"), "");
});

function settle(count) {
  answered.set(step, Math.min(count, played.records[step - 1].messages.length));
  byId("guess").value = "";
  draw();
  if (PAGE.hiding()) byId("guess").focus();
  else byId("forward").focus();
}

byId("inputs").addEventListener("change", (event) => edit(event.target));
byId("reset").addEventListener("click", () => {
  numbersChanged(given(nodes));
  for (const input of document.querySelectorAll("#inputs input")) restore(input);
  setText(byId("problem"), "");
});

byId("zoom-in").addEventListener("click", () => zoomTo(scale * 1.25));
byId("zoom-out").addEventListener("click", () => zoomTo(scale / 1.25));
byId("zoom-fit").addEventListener("click", () => fit(0));
addEventListener("hashchange", () => {
  const k = fromHash();
  if (k !== null && k !== step) go(k);
});

document.body.classList.add("live");
fit(0.9);
go(fromHash() || 0, { say: fromHash() !== null });
