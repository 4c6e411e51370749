// What is asked or listed is narrowed to: fields, removable chips, and the address, kept in step.

import { byId, count, el, inLong, setAddress } from "./dom.js";
import { Timeline, dateFields } from "./timeline.js";

// The parameters of the address are those of the API.
const LISTS = {
  origin: { input: "filter-origin", name: "Post", facet: "origins", field: "origins" },
  tag: { input: "filter-tag", name: "Tag", facet: "tags", field: "tags" },
  classification: { input: "filter-classification", name: "Classification", facet: "classifications", field: "classifications" },
  corpus: { input: "filter-corpus", name: "Collection", facet: "corpora", field: "corpora" },
};
const DAYS = { date_from: "From", date_to: "To" };
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export class FilterBar {
  // `changed()` is called after each change that a reader makes.
  constructor(changed = () => {}) {
    this.changed = changed;
    const asked = new URLSearchParams(location.search);
    this.lists = Object.fromEntries(Object.keys(LISTS).map((name) => [name, [...new Set(asked.getAll(name))]]));
    this.days = Object.fromEntries(Object.keys(DAYS).map((name) => [name, DAY.test(asked.get(name) ?? "") ? asked.get(name) : ""]));
    for (const [name, { input }] of Object.entries(LISTS)) {
      byId(input)?.addEventListener("change", (event) => { this.add(name, event.target.value); event.target.value = ""; });
    }
    const choose = (from, to) => this.between(from, to);
    this.timeline = new Timeline(byId("timeline"), choose);
    dateFields("filter-from", "filter-to", choose);
    this.draw();
  }

  // Offers the values that the collection has, commonest first.
  offer(facets, timeline) {
    for (const { input, facet } of Object.values(LISTS)) {
      const node = byId(input);
      if (!node) continue;
      node.append(...facets[facet].map((each) => el("option", { value: each.value }, `${each.value} (${each.count})`)));
      node.closest("label").hidden = facets[facet].length < (facet === "corpora" ? 2 : 1);
    }
    this.data = timeline;
    this.draw();
  }

  has(name, value) {
    return this.lists[name].includes(value);
  }

  add(name, value) {
    if (value && !this.has(name, value)) this.set(name, [...this.lists[name], value]);
  }

  toggle(name, value) {
    this.set(name, this.has(name, value) ? this.lists[name].filter((other) => other !== value) : [...this.lists[name], value]);
  }

  set(name, values) {
    this.lists[name] = values;
    this.moved({ [name]: values });
  }

  between(from, to) {
    // A range told backwards is meant forwards.
    const [first, last] = from && to && from > to ? [to, from] : [from, to];
    this.days = { date_from: first, date_to: last };
    this.moved(this.days);
  }

  clear() {
    for (const name of Object.keys(LISTS)) this.lists[name] = [];
    this.days = { date_from: "", date_to: "" };
    this.moved({ ...this.lists, ...this.days });
  }

  moved(changes) {
    setAddress(changes);
    this.draw();
    this.changed();
  }

  get active() {
    return [
      ...Object.entries(this.lists).flatMap(([name, values]) => values.map((value) => ({
        words: `${LISTS[name].name}: ${value}`, named: `${LISTS[name].name} ${value}`, drop: () => this.toggle(name, value),
      }))),
      ...Object.entries(this.days).filter(([, value]) => value).map(([name, value]) => ({
        words: `${DAYS[name]} ${inLong(value)}`, named: `${DAYS[name]} ${value}`, drop: () => this.between(name === "date_from" ? "" : this.days.date_from, name === "date_to" ? "" : this.days.date_to),
      })),
    ];
  }

  draw() {
    byId("filter-from").value = this.days.date_from;
    byId("filter-to").value = this.days.date_to;
    if (this.data) this.timeline.show(this.data, this.days.date_from, this.days.date_to);
    const { active } = this;
    const inFront = () => (byId("narrowed").querySelector("button") ?? byId("question")).focus();
    byId("narrowed").replaceChildren(
      ...active.map(({ words, named, drop }) => el("li", {}, el("span", {}, words),
        el("button", { type: "button", "aria-label": `Remove the filter ${named}`, title: "Remove", onclick: () => { drop(); inFront(); } }, "×"))),
      ...(active.length > 1 ? [el("li", { class: "all" }, el("button", { type: "button", class: "quiet", onclick: () => { this.clear(); inFront(); } }, "Remove all"))] : []));
    const summary = byId("narrow-state");
    if (summary) summary.textContent = active.length ? count(active.length, "filter") : "";
  }

  // As the contract's `filters`.
  asFilters() {
    const lists = Object.entries(LISTS).map(([name, { field }]) => [field, this.lists[name]]);
    return { ...Object.fromEntries(lists), date_from: this.days.date_from || null, date_to: this.days.date_to || null };
  }

  // As the query of a GET.
  asQuery(more = {}) {
    return asParameters(this.asFilters(), more);
  }
}

// The contract's `filters` as the parameters of an address, behind those of `more`.
export function asParameters(filters, more = {}) {
  const query = new URLSearchParams(more);
  for (const [name, { field }] of Object.entries(LISTS)) filters[field].forEach((value) => query.append(name, value));
  for (const name of Object.keys(DAYS)) if (filters[name]) query.set(name, filters[name]);
  return query;
}
