// How many cables have each value, as bars to press: a press narrows the list, another takes it back.

import { button, count, el, svg } from "./dom.js";

const FIRST = 8;

export class Plot {
  // `pressed(value)` is told the value whose bar was pressed.
  constructor(node, title, pressed) {
    Object.assign(this, { node, title, pressed, all: false });
  }

  show(values, isChosen) {
    const most = Math.max(...values.map((each) => each.count), 1);
    const shown = this.all ? values : values.filter((each, at) => at < FIRST || isChosen(each.value));
    const rest = values.length - shown.length;
    this.node.replaceChildren(
      el("h2", { class: "label" }, this.title),
      values.length ? el("ul", { class: "plot" }, shown.map((each) => this.row(each, most, isChosen(each.value)))) : el("p", { class: "unsaid" }, "None of these cables gives one."),
      rest ? button(`Show ${rest} more`, () => { this.all = true; this.show(values, isChosen); this.node.querySelector(".plot li:last-child button").focus(); }) : "");
  }

  row({ value, count: number }, most, chosen) {
    return el("li", {}, el("button", {
      type: "button", class: "plot-row", "aria-pressed": `${chosen}`, title: `${value}: ${count(number, "cable")}`, onclick: () => this.pressed(value),
    },
    el("span", { class: "plot-name" }, value),
    el("span", { class: "plot-count" }, number.toLocaleString("en"), el("span", { class: "hidden" }, number === 1 ? " cable" : " cables")),
    svg("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", class: "plot-bar", "aria-hidden": "true" },
      svg("rect", { class: "track", width: 100, height: 4 }), svg("rect", { class: "value", width: Math.max(1, 100 * number / most), height: 4 }))));
  }
}
