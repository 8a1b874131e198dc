// <cvm-ladder step="500"> around a table of customers per step: draws the density and puts a handle on each limit of
// the form beside it (#id_low_from …). Dragging, arrows and typing are the same: the number field holds the value.
// A handle stops at its neighbours, so no inverted ladder can be drawn.
const SVG = "http://www.w3.org/2000/svg";
const LIMITS = ["id_low_from", "id_potential_from", "id_mid_from", "id_high_from"];
const HEIGHT = 176;
const FLOOR = HEIGHT - 18;
const TOP = 30;

function part(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

class CvmLadder extends HTMLElement {
  connectedCallback() {
    this.rows = [...this.querySelectorAll("[data-customers]")].map((row) => Number(row.dataset.customers));
    this.step = Number(this.getAttribute("step")) / 100;
    this.highest = this.rows.length * this.step;
    this.fields = LIMITS.map((id) => document.getElementById(id));
    this.svg = part("svg", { role: "group" });
    this.prepend(this.svg);
    this.redraw = () => this.draw();
    this.resizing = new ResizeObserver(this.redraw);
    this.resizing.observe(this);
    for (const field of this.fields) field?.addEventListener("input", this.redraw);
    this.draw();
  }

  disconnectedCallback() {
    this.resizing?.disconnect();
    for (const field of this.fields) field?.removeEventListener("input", this.redraw);
    this.svg?.remove();
  }

  place(yuan) {
    return (Math.min(yuan, this.highest) / this.highest) * this.width;
  }

  draw() {
    this.width = Math.max(this.clientWidth, 200);
    const focused = this.svg.querySelector(".handle:focus")?.dataset.field;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    const most = Math.max(...this.rows, 1);
    const wide = this.width / this.rows.length;
    const bars = this.rows.map((customers, at) => {
      const tall = ((FLOOR - TOP) * customers) / most;
      return part("rect", { class: "bar", x: at * wide, y: FLOOR - tall, width: Math.max(wide - 1, 1), height: tall });
    });
    const every = this.width < 500 ? 100 : 50;
    const axis = [];
    for (let yuan = 0; yuan < this.highest; yuan += every) {
      axis.push(part("text", { class: "axis", x: this.place(yuan) + 1, y: HEIGHT - 4 }, String(yuan)));
    }
    this.svg.replaceChildren(...bars, ...axis, ...this.fields.filter(Boolean).map((field) => this.handle(field)));
    if (focused) this.svg.querySelector(`[data-field=${focused}]`)?.focus();
  }

  handle(field) {
    const value = Number(field.value) || 0;
    const x = this.place(value);
    const name = document.querySelector(`label[for=${field.id}]`)?.textContent.trim() ?? "";
    const group = part("g", {
      class: "handle",
      tabindex: 0,
      role: "slider",
      "aria-label": name,
      "aria-valuemin": 1,
      "aria-valuemax": this.highest,
      "aria-valuenow": value,
      "aria-valuetext": `${value} ${this.getAttribute("unit")}`,
      "data-field": field.id,
    });
    const anchor = x > this.width - 50 ? "end" : "start";
    const y = this.isCrowded(field) ? 30 : 14;
    group.append(
      part("rect", { class: "reach", x: x - 12, y: 0, width: 24, height: FLOOR }),
      part("line", { x1: x, x2: x, y1: y, y2: FLOOR }),
      part("circle", { cx: x, cy: y, r: 6 }),
      part("text", { x: x + (anchor === "end" ? -10 : 10), y: y + 4, "text-anchor": anchor }, `¥${value}`),
    );
    group.addEventListener("pointerdown", (event) => this.grab(event, field));
    group.addEventListener("keydown", (event) => this.press(event, field));
    return group;
  }

  // Every second amount stands lower where a neighbour's would run into it.
  isCrowded(field) {
    const order = this.fields.filter(Boolean).sort((one, other) => Number(one.value) - Number(other.value));
    const at = order.indexOf(field);
    const near = [order[at - 1], order[at + 1]].filter(Boolean);
    return at % 2 === 1 && near.some((other) => Math.abs(this.place(other.value) - this.place(field.value)) < 56);
  }

  grab(event, field) {
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
    const move = (moved) => {
      const box = this.svg.getBoundingClientRect();
      this.set(field, ((moved.clientX - box.left) / box.width) * this.highest);
    };
    const drop = () => {
      this.svg.removeEventListener("pointermove", move);
      this.svg.removeEventListener("pointerup", drop);
      this.svg.removeEventListener("pointercancel", drop);
    };
    this.svg.addEventListener("pointermove", move);
    this.svg.addEventListener("pointerup", drop);
    this.svg.addEventListener("pointercancel", drop);
    this.svg.querySelector(`[data-field=${field.id}]`)?.focus();
  }

  press(event, field) {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (!by) return;
    event.preventDefault();
    this.set(field, Number(field.value) + by);
  }

  set(field, yuan) {
    const at = this.fields.indexOf(field);
    const least = at > 0 ? Number(this.fields[at - 1].value) + 1 : 1;
    const most = at < this.fields.length - 1 ? Number(this.fields[at + 1].value) - 1 : this.highest;
    const value = Math.min(Math.max(Math.round(yuan), least), most);
    if (value === Number(field.value)) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

customElements.define("cvm-ladder", CvmLadder);
