// The panels beside the picture: equations so far, running sums, and the paths of a chosen node.

// The numbers of every equation, and what a record says besides: that its value is stale, or not finite.
function fillEquations(nodes, played) {
  const { values } = played.numbers;
  for (const item of document.querySelectorAll("#equations li")) {
    const k = Number(item.dataset.step) - 1;
    const { messages } = played.records[k];
    for (const slot of item.querySelectorAll("[data-slot]")) {
      const [, kind, place, brackets] = /^(.)(\d*)(-?)$/.exec(slot.dataset.slot);
      const m = messages[place];
      const x = { v: () => values[place], g: () => played.seed, u: () => m.upstream, l: () => m.local, b: () => m.before, t: () => m.total }[kind]();
      setNumber(slot, x, brackets ? inBrackets(x, inMathematics(x)) : inMathematics(x));
    }
    item.querySelector(".note").textContent = told(nodes, played, k)[1].slice(1).join("\n");
  }
}

// The equations of the record that has just been played, large, beside its sentence.
function showEquations(k) {
  const item = k ? document.querySelector(`#equations li[data-step="${k}"]`) : null;
  const copies = item ? [...item.querySelectorAll("math, .note")].map((each) => each.cloneNode(true)) : [];
  byId("shown").replaceChildren(...copies);
  if (!item) return;
  const originals = item.querySelectorAll("[data-slot]");
  byId("shown").querySelectorAll("[data-slot]").forEach((slot, n) => inFull.set(slot, inFull.get(originals[n])));
}

function markEquations(k) {
  let current = null;
  for (const item of document.querySelectorAll("#equations li")) {
    const n = Number(item.dataset.step);
    item.hidden = n > k;
    item.classList.toggle("current", n === k);
    if (n === k) {
      item.setAttribute("aria-current", "step");
      current = item;
    } else item.removeAttribute("aria-current");
  }
  if (current) show(current.closest(".scroll"), current);
}

function fillSums(nodes, played, k, now) {
  const touched = new Set(now.current ? now.current.messages.map((m) => m.target) : []);
  if (now.current) touched.add(now.current.i);
  let first = null;
  nodes.forEach((node, i) => {
    const row = document.querySelector(`#sums tr[data-node="${node.ids[0]}"]`);
    if (!row) return;
    const gradient = now.gradient[i];
    const terms = now.arrived[i].map((m) => m.product);
    const sum = terms.length > 1 && terms.length <= 6 ? `${terms.map(shortFactor).join(" + ")} = ` : "";
    const value = i < k ? played.numbers.values[i] : null;
    setNumber(row.querySelector(".value"), value, value === null ? "–" : brief(value));
    setNumber(row.querySelector(".gradient"), gradient, gradient === null ? "–" : sum + brief(gradient));
    const waiting = now.waiting[i] ? `${now.waiting[i]} more to come` : "complete";
    setText(row.querySelector(".waiting"), gradient === null ? (now.waiting[i] ? String(now.waiting[i]) : "–") : waiting);
    row.classList.toggle("current", touched.has(i) && now.backward);
    if (row.classList.contains("current")) first = first || row;
  });
  if (first) show(first.closest(".scroll"), first);
}

// --- paths ---

const MOST_PATHS = 12;
let chosen = null;

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function markPaths(nodes, paths) {
  const on = new Set(paths.flatMap((path) => path.map(([i, operand]) => nodes[i].edges[operand])));
  for (const edge of document.querySelectorAll("#graph .edge")) edge.classList.toggle("on-path", on.has(edge.id));
}

function markChosen(nodes) {
  nodes.forEach((node, i) => {
    for (const id of node.ids) {
      byId(id).classList.toggle("chosen", i === chosen);
      byId(id).setAttribute("aria-pressed", String(i === chosen));
    }
  });
}

function pathText(nodes, numbers, path) {
  const product = path.reduce((so, [i, operand]) => so * numbers.locals[i][operand], 1);
  const root = nodes[nodes.length - 1].name;
  const names = [root, ...path.map(([i, operand]) => nodes[nodes[i].parents[operand]].name)];
  const factors = path.map(([i, operand]) => shortFactor(numbers.locals[i][operand])).join(" × ");
  return { product, names: names.join(" → "), factors: `${factors || "1"} = ${brief(product)}` };
}

function closePaths(nodes) {
  chosen = null;
  markChosen(nodes);
  markPaths(nodes, []);
  byId("paths").replaceChildren(element("p", PAGE.choose));
}

function listPaths(nodes, played) {
  if (chosen === null) return;
  const node = nodes[chosen];
  const root = nodes[nodes.length - 1].name;
  const { count, paths } = pathsTo(nodes, chosen, MOST_PATHS);
  markChosen(nodes);
  markPaths(nodes, paths);
  const said = [];
  const isRoot = chosen === nodes.length - 1;
  const there = `${count === 1n ? "1 path leads" : `${count} paths lead`} from ${root} to ${node.name}`;
  if (isRoot) said.push(element("p", `${node.name} is where the backward pass starts: d${node.name}/d${node.name} = 1.`));
  else if (!paths.length) said.push(element("p", `${there}: too many to list. Backward adds them up without listing them.`));
  else said.push(element("p", `${there}:`));
  const list = element("ol", "");
  const texts = isRoot ? [] : paths.map((path) => pathText(nodes, played.numbers, path));
  texts.forEach((text, n) => {
    const button = element("button", "", { type: "button", class: "path", "aria-pressed": "false" });
    const factors = element("span", text.factors, { class: "factors" });
    inFull.set(factors, text.product);
    button.append(element("span", text.names, { class: "names" }), factors);
    button.addEventListener("click", () => {
      const only = button.getAttribute("aria-pressed") === "false";
      for (const each of list.querySelectorAll("button")) each.setAttribute("aria-pressed", String(only && each === button));
      markPaths(nodes, only ? [paths[n]] : paths);
    });
    const item = element("li", "");
    item.append(button);
    list.append(item);
  });
  if (texts.length) said.push(list);
  if (texts.length > 1) {
    const sum = texts.reduce((so, text) => so + text.product, 0);
    const seeded = played.seed === 1 ? "" : `, times the seed ${brief(played.seed)}`;
    said.push(element("p", `Their sum: ${texts.map((t) => shortFactor(t.product)).join(" + ")} = ${brief(sum)}${seeded}`));
  }
  const constant = node.kind === "constant" || node.kind === "number";
  const gradient = played.gradients[chosen];
  if (constant) said.push(element("p", `${node.name} is a constant: no gradient is sent to it.`));
  else if (!PAGE.hiding() && !isRoot) said.push(element("p", `The gradient of ${node.name}: ${brief(gradient)}`));
  const close = element("button", "Close", { type: "button", id: "close-paths" });
  close.addEventListener("click", () => {
    const box = byId(node.ids[0]);
    closePaths(nodes);
    box.focus();
  });
  byId("paths").replaceChildren(...said, close);
}
