// What belongs together lights up together: a box, its row, its fields, and its factor in every equation.

// A key is "3" for node 3 and "5.1" for the use that node 5 makes of its second operand; data-of lists them.
function keysAt(played, at) {
  const part = at.closest("[data-of]");
  if (part) return (part.dataset.shown || part.dataset.of).split(" ");
  const item = at.closest("#equations li");
  if (!item) return [];
  const record = played.records[Number(item.dataset.step) - 1];
  return [record.i, ...record.messages.flatMap((m) => [m.target, `${m.from}.${m.operand}`])].map(String);
}

function light(nodes, keys) {
  const wanted = new Set();
  for (const key of keys) {
    for (const part of document.querySelectorAll(`[data-of~="${key}"]`)) wanted.add(part);
    const [i, operand] = key.split(".");
    // The weights of a table have no arrows: then their rows light up.
    if (operand && !document.querySelector(`#graph [data-of~="${key}"]`)) {
      for (const box of document.querySelectorAll(`#graph [data-of~="${nodes[i].parents[operand]}"]`)) wanted.add(box);
    }
  }
  for (const each of document.querySelectorAll(".lit")) if (!wanted.has(each)) each.classList.remove("lit");
  for (const each of wanted) each.classList.add("lit");
}

// The number in full, beside the pointer; of a cell all that it stands for.
function tell(event) {
  let at = event.target;
  while (at && !inFull.has(at)) at = at.parentElement;
  const cell = event.target.closest(".cell"); // which may have no room for a name
  const tip = byId("tip");
  const text = at ? String(inFull.get(at)) : cell ? cell.getAttribute("aria-label").split(";")[0] : "";
  at = at || cell;
  tip.hidden = !at || PAGE.hiding() && !at.closest("#graph");
  if (tip.hidden) return;
  setText(tip, text);
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${event.clientY + 18}px`;
}
