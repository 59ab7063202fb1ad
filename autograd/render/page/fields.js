// A field and a slider for every input; one whose change could not be followed can only be read.

function listFields(nodes) {
  const inputs = listed(nodes).filter((i) => nodes[i].kind !== "op");
  byId("inputs").replaceChildren(...inputs.map((i) => fieldsOf(nodes[i], i)));
  for (const field of document.querySelectorAll("#inputs input")) restore(field);
}

function fieldsOf(node, i) {
  const row = element("div", "", { "data-of": i });
  const field = element("input", "", { type: "number", step: "any", id: `input-${i}` });
  row.append(element("label", node.name, { for: field.id }), field);
  if (node.fixed) {
    const why = `The operation ${node.fixed} has no form in JavaScript, so this can't be changed here`;
    for (const [name, value] of Object.entries({ readonly: "", title: why, "aria-describedby": `why-${i}` })) field.setAttribute(name, value);
    row.append(element("small", `${why}.`, { id: `why-${i}` }));
  } else if (Number.isFinite(numeric(node.value))) {
    const far = reach(numeric(node.value));
    row.append(element("input", "", { type: "range", "aria-label": `${node.name}, slider`, min: -far, max: far, step: "any" }));
  }
  return row;
}

// How far a slider goes on both sides of 0: a round number, at least twice as far as x.
function reach(x) {
  const wanted = Math.max(2 * Math.abs(x), 1);
  const unit = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 5, 10].map((n) => n * unit).find((far) => far >= wanted);
}

const nodeOf = (field) => Number(field.parentElement.dataset.of);

// The node and the number that a field asks for.
function wanted(nodes, field) {
  const i = nodeOf(field);
  const text = field.value.trim();
  const x = field.type === "range" ? onScale(field) : Number(text);
  if (!text || !Number.isFinite(x)) throw new Error(`${nodes[i].name} needs a number`);
  return [i, x];
}

// Where a slider stands, as a number with few digits.
function onScale(field) {
  const unit = 10 ** Math.floor(Math.log10((field.max - field.min) / 100));
  return Number((Math.round(field.value / unit) * unit).toPrecision(12));
}

function restore(field) {
  const x = played.numbers.values[nodeOf(field)];
  field.removeAttribute("aria-invalid");
  if (field.type === "range") {
    field.min = Math.min(field.min, x);
    field.max = Math.max(field.max, x);
    field.value = x;
    field.setAttribute("aria-valuetext", brief(x));
  } else {
    if (Number(field.value) !== x || !field.value) field.value = brief(x);
    inFull.set(field, x + 0);
  }
}
