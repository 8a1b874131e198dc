// The rule of a segment as nested rows over the textarea, which stays the truth: the rows are built from its JSON,
// every change writes it back and says "segment:changed", for which the count beside the form waits (htmx).
const form = document.getElementById("segment-form");
const tree = document.getElementById("segment-tree");
const source = form.querySelector("textarea[name=rule]");
const fields = JSON.parse(document.getElementById("segment-fields").textContent);
const byName = new Map(fields.map((field) => [field.name, field]));
const DEEPEST = 5;
const HUNDREDTHS = new Set(["fen", "bp"]);

const part = (name) => document.getElementById(`segment-${name}`).content.firstElementChild.cloneNode(true);

const MANY = 24;
const number = (input) => (input.value.trim() === "" ? null : Number(input.value));

// --- leaves: build shows a value, read returns it ---------------------------------------------------

const choices = (field, chosen) => {
  const box = part("choice");
  box.setAttribute("aria-label", field.label);
  const first = (one, other) => chosen.includes(other[0]) - chosen.includes(one[0]);
  // a long list scrolls: what is chosen stands where it is seen
  for (const [value, label] of field.choices.length > MANY ? field.choices.toSorted(first) : field.choices) {
    const line = document.createElement("label");
    line.className = "segment-choice";
    const tick = document.createElement("input");
    tick.type = "checkbox";
    tick.checked = chosen.includes(value);
    tick.value = JSON.stringify(value);
    line.append(tick, label);
    box.append(line);
  }
  return box;
};
const ticked = (box) => [...box.querySelectorAll("input[type=checkbox]:checked")].map((tick) => JSON.parse(tick.value));

const daysOf = (value) => {
  const box = part("days");
  box.querySelector("[data-days]").value = value;
  return box;
};

const KINDS = {
  choice: {
    start: (field) => ({ op: "in", value: [field.choices[0][0]] }),
    build: (field, leaf) => [choices(field, leaf.value)],
    read: (_field, box) => ({ op: "in", value: ticked(box) }),
  },
  number: {
    start: () => ({ op: "at_least", value: 0 }),
    build: (field, leaf) => {
      const box = part("number");
      const scale = HUNDREDTHS.has(field.unit) ? 100 : 1;
      const values = Array.isArray(leaf.value) ? leaf.value : [leaf.value];
      box.querySelector("[data-op]").value = leaf.op;
      box.querySelector("[data-first]").value = values[0] === null ? "" : values[0] / scale;
      box.querySelector("[data-last]").value = (values[1] ?? values[0] ?? 0) / scale;
      box.querySelector("[data-last]").hidden = leaf.op !== "between";
      const unit = box.querySelector("[data-unit]");
      unit.textContent = unit.dataset[field.unit] ?? "";
      return [box];
    },
    read: (field, box) => {
      const scale = HUNDREDTHS.has(field.unit) ? 100 : 1;
      const whole = (input) => (number(input) === null ? null : Math.round(number(input) * scale));
      const op = box.querySelector("[data-op]").value;
      const [first, last] = [box.querySelector("[data-first]"), box.querySelector("[data-last]")];
      last.hidden = op !== "between";
      return { op, value: op === "between" ? [whole(first), whole(last)] : whole(first) };
    },
  },
  month: {
    start: () => ({ op: "in", value: [] }),
    build: (_field, leaf) => {
      const box = part("month");
      box.querySelector("[data-months]").value = leaf.value.join(", ");
      return [box];
    },
    read: (_field, box) => ({ op: "in", value: box.querySelector("[data-months]").value.split(/[\s,，]+/).filter(Boolean) }),
  },
  days: {
    start: () => ({ op: "within", value: 30 }),
    build: (_field, leaf) => [daysOf(leaf.value)],
    read: (_field, box) => ({ op: "within", value: number(box.querySelector("[data-days]")) }),
  },
  events: {
    start: (field) => ({ op: "within", value: { kinds: [field.choices[0][0]], days: 30 } }),
    build: (field, leaf) => [choices(field, leaf.value.kinds), daysOf(leaf.value.days)],
    read: (_field, box) => ({ op: "within", value: { kinds: ticked(box), days: number(box.querySelector("[data-days]")) } }),
  },
};

// --- the tree -------------------------------------------------------------------------------------

const leafRow = (leaf) => {
  const row = part("leaf");
  const select = row.querySelector("[data-field]");
  for (const field of fields) select.add(new Option(field.label, field.name));
  select.value = leaf.field;
  row.querySelector(".segment-value").append(...KINDS[byName.get(leaf.field).kind].build(byName.get(leaf.field), leaf));
  return row;
};

const groupRow = (rule, depth) => {
  const row = part("group");
  const [[join, nodes]] = Object.entries(rule);
  row.dataset.depth = depth;
  row.querySelector("[data-join]").value = join;
  row.querySelector("[data-remove]").hidden = depth === 1;
  row.querySelector("[data-add-group]").hidden = depth === DEEPEST;
  row.querySelector(".segment-nodes").append(...nodes.map((node) => nodeRow(node, depth + 1)));
  return row;
};

const nodeRow = (node, depth) => ("field" in node ? leafRow(node) : groupRow(node, depth));

const readNode = (row) => {
  if (row.matches(".segment-leaf")) {
    const field = byName.get(row.querySelector("[data-field]").value);
    return { field: field.name, ...KINDS[field.kind].read(field, row.querySelector(".segment-value")) };
  }
  return { [row.querySelector("[data-join]").value]: [...row.querySelector(".segment-nodes").children].map(readNode) };
};

const fresh = (field = fields[0]) => ({ field: field.name, ...KINDS[field.kind].start(field) });

const changed = () => {
  source.value = JSON.stringify(readNode(tree.firstElementChild), null, 2);
  form.dispatchEvent(new CustomEvent("segment:changed"));
};

const show = () => {
  let row;
  try {
    row = groupRow(JSON.parse(source.value), 1);
  } catch {
    return false; // not a tree these rows can show: the text stays, and the count says what is wrong with it
  }
  tree.replaceChildren(row);
  return true;
};

tree.addEventListener("change", (event) => {
  if (event.target.matches("[data-field]")) {
    const row = leafRow(fresh(byName.get(event.target.value)));
    event.target.closest(".segment-leaf").replaceWith(row);
    row.querySelector("[data-field]").focus();
  }
  changed();
});

tree.addEventListener("input", (event) => {
  if (event.target.matches("input:not([type=checkbox])")) changed();
});

tree.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const group = button.closest(".segment-group");
  const nodes = group.querySelector(".segment-nodes");
  if (button.matches("[data-add-leaf]")) {
    nodes.append(leafRow(fresh()));
    nodes.lastElementChild.querySelector("[data-field]").focus();
  } else if (button.matches("[data-add-group]")) {
    nodes.append(groupRow({ any: [fresh()] }, Number(group.dataset.depth) + 1));
    nodes.lastElementChild.querySelector("[data-join]").focus();
  } else {
    const row = button.closest(".segment-leaf") ?? group;
    const parent = row.parentElement.closest(".segment-group");
    row.remove();
    parent.querySelector("[data-add-leaf]").focus();
  }
  changed();
});

source.addEventListener("change", () => {
  if (show()) tree.hidden = false;
  form.dispatchEvent(new CustomEvent("segment:changed"));
});

if (show()) {
  tree.hidden = false;
  form.querySelector(".segment-source").open = false;
  form.querySelector("[data-count-button]").hidden = true;
}
