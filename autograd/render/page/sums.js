// Nodes as rows: the running sums of all that the picture shows, and the table of a neuron that is opened among cells.

const MOST_LISTED = 150; // nodes, before the weights of neurons that are not open are left out
let opened = null; // the box of a neuron

// The nodes that have rows and fields, in the order of the picture.
function listed(nodes) {
  const all = nodes.length <= MOST_LISTED;
  const found = new Set(boxes.flatMap((box) => (all || box === opened ? box.of : box.shown)));
  return [...found].filter((i) => nodes[i].kind !== "number");
}

function nodeRow(nodes, i, kinds) {
  const row = element("tr", "", { "data-of": i });
  row.append(element("th", nodes[i].name, { scope: "row" }), ...kinds.map((kind) => element("td", "", { class: kind })));
  return row;
}

function listSums(nodes) {
  const learning = listed(nodes).filter((i) => nodes[i].kind !== "constant");
  const rows = learning.map((i) => nodeRow(nodes, i, ["value", "gradient", "waiting"]));
  document.querySelector("#sums tbody").replaceChildren(...rows);
}

function fillSums(nodes, played, k, now) {
  const touched = new Set(now.current ? now.current.messages.map((m) => m.target) : []);
  if (now.current) touched.add(now.current.i);
  let first = null;
  for (const row of document.querySelectorAll("#sums tbody tr, #opened tbody tr")) {
    const i = Number(row.dataset.of);
    const gradient = now.gradient[i];
    const terms = now.arrived[i].map((m) => m.product);
    const adding = terms.length > 1 && terms.length <= 6 && row.closest("#sums");
    const sumText = adding ? `${terms.map(shortFactor).join(" + ")} = ` : "";
    const value = i < k ? played.numbers.values[i] : null;
    setNumber(row.querySelector(".value"), value, value === null ? "–" : brief(value));
    setNumber(row.querySelector(".gradient"), gradient, gradient === null ? "–" : sumText + brief(gradient));
    const waiting = now.waiting[i] ? `${now.waiting[i]} more to come` : "complete";
    setText(row.querySelector(".waiting"), gradient === null ? (now.waiting[i] ? String(now.waiting[i]) : "–") : waiting);
    row.classList.toggle("current", touched.has(i) && now.backward);
    if (row.classList.contains("current") && row.closest("#sums")) first = first || row;
  }
  if (first) show(first.closest(".scroll"), first);
}

// A neuron that is a cell has room for its numbers only here.
function openNeuron(nodes, box) {
  if (opened === box) return;
  opened = box;
  byId("opened").hidden = !box;
  listSums(nodes);
  listFields(nodes);
  if (!box) return;
  setText(byId("opened-title"), box.at.dataset.name);
  const rows = box.of.map((i) => nodeRow(nodes, i, ["value", "gradient"]));
  document.querySelector("#opened tbody").replaceChildren(...rows);
  const [frame, cell] = [byId("frame").getBoundingClientRect(), box.at.getBoundingClientRect()];
  const right = cell.left > frame.left + frame.width / 2; // on the side where more of the picture stays in sight
  byId("opened").style.left = right ? "8px" : "auto";
  byId("opened").style.right = right ? "auto" : "8px";
}
