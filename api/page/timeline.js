// Counts over time as bars: press one, or drag across several, to choose a range of dates.

import { byId, count, inMonth, svg } from "./dom.js";

const HEIGHT = 84;
const BASE = HEIGHT - 18;
const TICK_GAP = 52;

export class Timeline {
  // `choose(from, to)` is told a range of days. The date fields do the same from the keyboard.
  constructor(node, choose) {
    Object.assign(this, { node, choose, data: null, from: "", to: "", held: null, width: 0 });
    node.addEventListener("pointerdown", (event) => this.press(event));
    node.addEventListener("pointermove", (event) => { if (this.held !== null) this.mark(this.held, this.at(event)); });
    node.addEventListener("pointerup", (event) => this.release(event));
    node.addEventListener("pointercancel", () => { this.held = null; this.draw(); });
    new ResizeObserver(() => { if (node.clientWidth !== this.width) this.draw(); }).observe(node);
  }

  show(data, from, to) {
    Object.assign(this, { data, from, to });
    this.draw();
  }

  get step() {
    return this.width / this.data.bars.length;
  }

  at(event) {
    const x = event.clientX - this.node.getBoundingClientRect().left;
    return Math.min(this.data.bars.length - 1, Math.max(0, Math.floor(x / this.step)));
  }

  press(event) {
    if (!this.data?.bars.length || event.button) return;
    this.held = this.at(event);
    this.node.setPointerCapture(event.pointerId);
    this.mark(this.held, this.held);
  }

  release(event) {
    if (this.held === null) return;
    const [first, last] = [this.held, this.at(event)].sort((a, b) => a - b);
    this.held = null;
    this.choose(this.data.bars[first].start, this.data.bars[last].end);
  }

  mark(one, other) {
    const [first, last] = [one, other].sort((a, b) => a - b);
    this.node.querySelectorAll(".time-bar").forEach((bar, at) => bar.classList.toggle("within", at >= first && at <= last));
  }

  draw() {
    this.width = this.node.clientWidth;
    if (!this.data || !this.width) return;
    const { bars, unit, undated } = this.data;
    if (!bars.length) {
      this.node.replaceChildren();
      return;
    }
    const most = Math.max(...bars.map((bar) => bar.count), 1);
    const total = bars.reduce((sum, bar) => sum + bar.count, 0);
    const words = `${count(total, "cable")} by ${unit}, from ${nameOf(bars[0], unit)} to ${nameOf(bars.at(-1), unit)}${undated ? `; ${undated} undated` : ""}`;
    this.node.replaceChildren(svg("svg", { viewBox: `0 0 ${this.width} ${HEIGHT}`, width: this.width, height: HEIGHT, role: "img", "aria-label": words },
      svg("line", { class: "time-base", x1: 0, x2: this.width, y1: BASE + 0.5, y2: BASE + 0.5 }),
      ...bars.flatMap((bar, at) => this.bar(bar, at, most, unit)), ...this.ticks(bars)));
  }

  bar(bar, at, most, unit) {
    const chosen = (this.from || this.to) && (!this.from || bar.end >= this.from) && (!this.to || bar.start <= this.to);
    const height = bar.count ? Math.max(3, (BASE - 4) * bar.count / most) : 0;
    const gap = this.step > 4 ? Math.min(3, this.step * 0.22) : 0.5;
    const state = chosen ? " within" : this.from || this.to ? " without" : "";
    return [svg("g", { class: `time-bar${state}` },
      svg("title", {}, `${nameOf(bar, unit)}: ${count(bar.count, "cable")}`),
      svg("rect", { class: "time-ground", x: at * this.step, y: 0, width: this.step, height: BASE }),
      svg("rect", { class: "time-fill", x: at * this.step + gap / 2, y: BASE - height, width: Math.max(1, this.step - gap), height, rx: Math.min(2, this.step / 4) }))];
  }

  // A label for a year wherever there is room for one.
  ticks(bars) {
    let free = -Infinity;
    return bars.flatMap((bar, at) => {
      const x = at * this.step;
      const first = at === 0 && this.step * 12 > TICK_GAP;
      if (!(first || bar.start.endsWith("-01-01")) || x < free || x > this.width - 30) return [];
      free = x + TICK_GAP;
      return [svg("text", { class: "time-tick", x: x + 1, y: HEIGHT - 3 }, bar.start.slice(0, 4))];
    });
  }
}

const nameOf = (bar, unit) => (unit === "year" ? bar.start.slice(0, 4) : inMonth(bar.start));

// Two date fields beside the bars, kept in step with them.
export function dateFields(from, to, choose) {
  byId(from).addEventListener("change", () => choose(byId(from).value, byId(to).value));
  byId(to).addEventListener("change", () => choose(byId(from).value, byId(to).value));
}
