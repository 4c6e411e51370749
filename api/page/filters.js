// What the questions are narrowed to: fields, removable chips, and the URL, kept in step.

import { byId, el } from "./dom.js";

const FIELDS = {
  origin: { input: "filter-origin", name: "Post" },
  tag: { input: "filter-tag", name: "Tag" },
  classification: { input: "filter-classification", name: "Classification" },
  date_from: { input: "filter-from", name: "From" },
  date_to: { input: "filter-to", name: "To" },
};

export class FilterBar {
  constructor() {
    const asked = new URLSearchParams(location.search);
    this.values = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, asked.get(name) ?? ""]));
    for (const [name, { input }] of Object.entries(FIELDS)) {
      byId(input).addEventListener("change", (event) => this.set(name, event.target.value));
    }
    this.draw();
  }

  // Offers the values that the collection has, commonest first.
  offer(facets) {
    for (const [name, values] of [["origin", facets.origins], ["tag", facets.tags], ["classification", facets.classifications]]) {
      const input = byId(FIELDS[name].input);
      input.append(...values.map(({ value, count }) => el("option", { value }, `${value} (${count})`)));
      input.value = this.values[name];
    }
  }

  set(name, value) {
    this.values[name] = value;
    const url = new URL(location.href);
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
    history.replaceState(history.state, "", url);
    this.draw();
  }

  draw() {
    const active = Object.entries(this.values).filter(([, value]) => value);
    for (const [name, { input }] of Object.entries(FIELDS)) byId(input).value = this.values[name];
    byId("narrowed").replaceChildren(...active.map(([name, value]) => el("li", {},
      el("span", {}, `${FIELDS[name].name}: ${value}`),
      el("button", { type: "button", "aria-label": `Remove the filter ${FIELDS[name].name} ${value}`, onclick: () => { this.set(name, ""); byId("question").focus(); } }, "×"))));
  }

  // As the contract's `filters`.
  asFilters() {
    const { origin, tag, classification, date_from, date_to } = this.values;
    const list = (value) => (value ? [value] : []);
    return { origins: list(origin), tags: list(tag), classifications: list(classification), date_from: date_from || null, date_to: date_to || null };
  }
}
