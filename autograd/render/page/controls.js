// The page: where it stands, and what moves it.

const nodes = PAGE.nodes;
const steps = nodes.length + 1 + nodes.filter((node) => node.parents.length).length;
let played = pass(nodes, numeric(PAGE.seed), given(nodes));
const weights = weightsOf(nodes);
let step = 0;
let timer = null;
let runs = newRun([], played.numbers.values[nodes.length - 1]);

PAGE.choose = byId("paths").textContent.trim();
PAGE.hiding = () => openQuestion(played, step, byId("predict").checked) !== null;

function draw() {
  const asked = openQuestion(played, step, byId("predict").checked);
  const seen = asked ? step - 1 : step;
  const now = moment(nodes, played, seen);
  if (step) now.current = played.records[step - 1];
  now.backward = step > nodes.length;
  drawBoxes(nodes, played, step, now);
  drawArrows(nodes, played, step, now);
  fillSums(nodes, played, step, now);
  markEquations(seen);
  sayStep(asked);
  showEquations(asked ? 0 : step);
  for (const id of ["rule", "outcome"]) byId(id).hidden = Boolean(asked); // they tell the gradients
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
  byId("numbers").classList.toggle("spoken", !asked);
}

function go(k, { say = true } = {}) {
  const target = Math.max(0, Math.min(steps, k));
  if (target !== step) forgetGuess();
  step = target;
  draw();
  if (say) history.replaceState(null, "", `#step=${step}`);
  const record = step ? played.records[step - 1] : null;
  if (record && !fitted) show(byId("picture"), boxOf(record.i)?.at);
}

// With a question open, what is typed next is the answer to it.
function move(k) {
  go(k);
  if (PAGE.hiding()) byId("guess").focus();
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

// Of very many nodes the inputs are not told one by one.
function next() {
  let k = step + 1;
  if (nodes.length > MOST_LISTED) while (k <= nodes.length && nodes[k - 1].kind !== "op") k++;
  return k;
}

function tick() {
  if (!PAGE.hiding()) move(next());
  if (step === steps || PAGE.hiding()) playing(false);
}

// --- editing, and learning ---

const alpha = () => Number(byId("alpha").value);

function numbersChanged(numbers) {
  played = pass(nodes, played.seed, numbers);
  answered.clear();
  forgetGuess();
  fillEquations(nodes, played);
  draw();
  drawRun();
  for (const field of document.querySelectorAll("#inputs input")) restore(field);
  setText(byId("problem"), "");
}

function drawRun() {
  const run = runs[runs.length - 1];
  drawLosses(runs, nodes[nodes.length - 1].name);
  setText(byId("rule"), ruleText(nodes, played, weights, alpha()));
  setText(byId("outcome"), outcome(nodes, played, weights, run));
  byId("undo").setAttribute("aria-disabled", String(!run.before.length));
}

// Do it, or say why it can't be done; then the page stays as it was.
function attempt(change, field) {
  try {
    change();
  } catch (error) {
    if (field) field.setAttribute("aria-invalid", "true");
    setText(byId("problem"), `${error.message}. The page keeps the last numbers that work.`);
  }
}

function edit(field) {
  attempt(() => {
    const numbers = edited(nodes, played.numbers, [wanted(nodes, field)]);
    runs = newRun(runs, numbers.values[nodes.length - 1]);
    numbersChanged(numbers);
  }, field);
}

byId("descend").addEventListener("click", () => {
  attempt(() => {
    if (!(alpha() > 0)) throw new Error("alpha needs a number above 0");
    const numbers = stepped(nodes, played, weights, alpha());
    const run = runs[runs.length - 1];
    run.before.push(played.numbers);
    run.alphas.push(alpha());
    run.losses.push(numbers.values[nodes.length - 1]);
    numbersChanged(numbers);
  }, byId("alpha").value > 0 ? null : byId("alpha"));
});
byId("undo").addEventListener("click", () => {
  const run = runs[runs.length - 1];
  if (!run.before.length) return;
  run.alphas.pop();
  run.losses.pop();
  numbersChanged(run.before.pop());
});
byId("alpha").addEventListener("input", () => {
  byId("alpha").removeAttribute("aria-invalid");
  setText(byId("problem"), "");
  drawRun();
});
let dragged = null;
byId("inputs").addEventListener("input", (event) => {
  if (event.target.type !== "range") return;
  // A drag tells more often than the screen can show it.
  if (!dragged) {
    requestAnimationFrame(() => {
      edit(dragged);
      dragged = null;
    });
  }
  dragged = event.target;
});
byId("inputs").addEventListener("change", (event) => event.target.type === "range" || edit(event.target));
byId("reset").addEventListener("click", () => {
  const numbers = given(nodes);
  runs = newRun(runs, numbers.values[nodes.length - 1]);
  numbersChanged(numbers);
});

// --- what moves it ---

const jumps = { first: () => 0, back: () => step - 1, forward: () => step + 1, last: () => steps };
for (const [id, to] of Object.entries(jumps)) {
  byId(id).addEventListener("click", () => {
    playing(false);
    move(to());
  });
}
byId("play").addEventListener("click", () => playing(timer === null));
byId("speed").addEventListener("change", () => timer !== null && playing(true));
byId("step").addEventListener("input", () => {
  playing(false);
  go(Number(byId("step").value));
});

const keys = { ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "last", " ": "play" };
document.addEventListener("keyup", (event) => event.key === " " && event.target.matches("button, summary") && event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen !== null) close();
  const id = keys[event.key];
  if (!id || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const at = event.target;
  // The space bar plays wherever the focus is, but where one types, ticks or chooses with it.
  if (at.matches(id === "play" ? "input:not([type=range]), select" : "input:not([type=checkbox]), select")) return;
  event.preventDefault();
  byId(id).click();
});

const graph = byId("graph");
function choose(at) {
  const box = boxes.find((each) => each.at === at);
  if (box.shown.includes(chosen)) close();
  else {
    chosen = box.shown[0];
    openNeuron(nodes, at.matches(".cell") && box.of.length > box.shown.length ? box : null);
    if (opened) draw();
    else listPaths(nodes, played);
  }
}
function close() {
  closePaths(nodes);
  if (!opened) return;
  openNeuron(nodes, null);
  draw();
}
graph.addEventListener("click", (event) => {
  const box = event.target.closest(".node");
  if (box) choose(box);
});
graph.addEventListener("keydown", (event) => {
  const box = event.target.closest(".node");
  if (!box || event.key !== "Enter") return;
  event.preventDefault();
  choose(box);
});
byId("equations").addEventListener("click", (event) => {
  const item = event.target.closest("li");
  if (item) move(Number(item.dataset.step));
});

byId("predict").addEventListener("change", () => {
  setText(byId("verdict"), "");
  draw();
  if (PAGE.hiding()) byId("guess").focus();
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

byId("close-opened").addEventListener("click", () => {
  const box = opened;
  close();
  box.at.focus();
});
byId("zoom-in").addEventListener("click", () => zoomBy(1.25));
byId("zoom-out").addEventListener("click", () => zoomBy(0.8));
byId("zoom-fit").addEventListener("click", fit);
addEventListener("hashchange", () => {
  const k = fromHash();
  if (k !== null && k !== step) go(k);
});

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, (event) => light(nodes, keysAt(played, event.target)));
}
document.addEventListener("pointermove", tell);

document.body.classList.add("live");
addEventListener("resize", () => fitted && fit());
fit();
fillEquations(nodes, played);
listSums(nodes);
listFields(nodes);
drawRun();
go(fromHash() ?? steps, { say: fromHash() !== null });
opening = false;
