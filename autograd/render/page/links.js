// What belongs together lights up together: a box, its row, its fields, and its factor in every equation.

// A key is "3" for node 3 and "5.1" for the arrow of its second operand.
function keysAt(nodes, played, at) {
  const part = at.closest("[data-of]");
  if (part) return [part.dataset.of];
  const edge = at.closest("#graph .edge");
  if (edge) return nodes.flatMap((node, i) => node.edges.flatMap((id, k) => (id === edge.id ? [`${i}.${k}`] : [])));
  const item = at.closest("#equations li");
  if (item) {
    const record = played.records[Number(item.dataset.step) - 1];
    return [record.i, ...record.messages.flatMap((m) => [m.target, `${m.from}.${m.operand}`])].map(String);
  }
  const owner = at.closest("#graph .node, [data-node]");
  const id = owner && (owner.dataset.node || owner.id);
  return nodes.flatMap((node, i) => (id && node.ids.includes(id) ? [String(i)] : []));
}

function light(nodes, keys) {
  const wanted = new Set();
  for (const key of keys) {
    const [i, operand] = key.split(".").map(Number);
    const ids = operand === undefined ? nodes[i].ids : [nodes[i].edges[operand]];
    for (const id of ids) wanted.add(byId(id));
    for (const part of document.querySelectorAll(`[data-of="${key}"], main [data-node="${ids[0]}"]`)) wanted.add(part);
  }
  for (const each of document.querySelectorAll(".lit")) if (!wanted.has(each)) each.classList.remove("lit");
  for (const each of wanted) each.classList.add("lit");
}

// The number in full, beside the pointer.
function tell(event) {
  let at = event.target;
  while (at && !inFull.has(at)) at = at.parentElement;
  const tip = byId("tip");
  const text = at ? String(inFull.get(at)) : "";
  tip.hidden = !at || PAGE.hiding() && !at.closest("#graph");
  if (tip.hidden) return;
  setText(tip, text);
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${event.clientY + 18}px`;
}
