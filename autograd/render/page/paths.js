// Every path from a chosen node to the root, with the product of the local derivatives along it.

const MOST_PATHS = 12;
let chosen = null;

function markPaths(nodes, paths) {
  const on = new Set(paths.flatMap((path) => path.map((use) => use.join("."))));
  for (const { at, uses } of arrows) at.classList.toggle("on-path", uses.some((use) => on.has(use.join("."))));
}

function markChosen() {
  for (const { at, shown } of boxes) {
    at.classList.toggle("chosen", shown.includes(chosen));
    at.setAttribute("aria-pressed", String(shown.includes(chosen)));
  }
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
  markChosen();
  markPaths(nodes, []);
  byId("paths").replaceChildren(element("p", PAGE.choose));
}

function listPaths(nodes, played) {
  if (chosen === null) return;
  const node = nodes[chosen];
  const root = nodes[nodes.length - 1].name;
  const { count, paths } = pathsTo(nodes, chosen, MOST_PATHS);
  markChosen();
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
    const total = sum(texts.map((text) => text.product));
    const seeded = played.seed === 1 ? "" : `, times the seed ${brief(played.seed)}`;
    said.push(element("p", `Their sum: ${texts.map((t) => shortFactor(t.product)).join(" + ")} = ${brief(total)}${seeded}`));
  }
  const constant = node.kind === "constant" || node.kind === "number";
  const gradient = played.gradients[chosen];
  if (constant) said.push(element("p", `${node.name} is a constant: no gradient is sent to it.`));
  else if (!PAGE.hiding() && !isRoot) said.push(element("p", `The gradient of ${node.name}: ${brief(gradient)}`));
  const close = element("button", "Close", { type: "button", id: "close-paths" });
  close.addEventListener("click", () => {
    const box = boxOf(chosen);
    closePaths(nodes);
    box.at.focus();
  });
  byId("paths").replaceChildren(...said, close);
}
