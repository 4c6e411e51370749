// Searches that the server keeps, each with what is new since it was last looked at.

import { button, byId, el, failureBox } from "./dom.js";
import { asParameters } from "./filters.js";
import { read, remove, tell } from "./stream.js";

const path = (id) => `/v1/searches/${encodeURIComponent(id)}`;
const addressOf = (search) => `${asParameters(search.filters, { q: search.q })}`;

export class SavedSearches {
  // `changed()` is called when another search is kept, or one is forgotten.
  constructor(node, changed) {
    Object.assign(this, { node, changed, searches: [] });
  }

  async load() {
    try {
      this.searches = (await read("/v1/searches")).searches;
      this.draw();
    } catch (failure) {
      this.node.hidden = false;
      this.node.replaceChildren(failureBox("Saved searches cannot be read", failure, () => this.load()));
    }
  }

  has(parameters) {
    return this.searches.some((each) => addressOf(each) === `${parameters}`);
  }

  async save(title, q, filters) {
    this.searches.unshift(await tell("/v1/searches", { title, q, filters }));
    this.draw();
  }

  // The labels that are new in a search that was just opened; from now on they count as seen.
  async open(id) {
    const { hits } = await read(path(id));
    const seen = await tell(`${path(id)}/seen`);
    this.searches = this.searches.map((each) => (each.search_id === id ? seen : each));
    this.draw();
    return new Set(hits.filter((each) => each.is_new).map(({ hit }) => hit.label));
  }

  draw() {
    this.node.hidden = !this.searches.length;
    this.node.replaceChildren(el("h2", { class: "label" }, "Saved searches"), el("ul", { class: "saved" }, this.searches.map((each) => this.item(each))));
    this.changed();
  }

  item(search) {
    const forget = async () => {
      try {
        await remove(path(search.search_id));
        this.searches = this.searches.filter((each) => each !== search);
        this.draw();
        byId("status").textContent = "The search is forgotten.";
        (this.node.querySelector("a") ?? byId("question")).focus();
      } catch (failure) {
        this.node.append(failureBox("Not forgotten", failure));
      }
    };
    return el("li", {}, el("a", { href: `/browse?${addressOf(search)}&saved=${encodeURIComponent(search.search_id)}` }, search.title),
      search.new ? el("span", { class: "tagged" }, `+${search.new} new since`) : null,
      button("×", forget, { class: "forget", "aria-label": `Forget the search ${search.title}`, title: "Forget" }));
  }
}
