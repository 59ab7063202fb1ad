// The equations of the pass, one item for each record.

// The numbers of every equation, and what a record says besides: that its value is stale, or not finite.
const items = [...document.querySelectorAll("#equations li")];

function fillEquations(nodes, played) {
  const { values } = played.numbers;
  for (const item of items) {
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
  const item = items[k - 1];
  const copies = item ? [...item.querySelectorAll("math, .note")].map((each) => each.cloneNode(true)) : [];
  byId("shown").replaceChildren(...copies);
  if (!item) return;
  const originals = item.querySelectorAll("[data-slot]");
  byId("shown").querySelectorAll("[data-slot]").forEach((slot, n) => inFull.set(slot, inFull.get(originals[n])));
}

function markEquations(k) {
  let current = null;
  for (const item of items) {
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
