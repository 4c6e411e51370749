// Searches kept in this browser, each with what is new since it was last opened.

import { button, el } from "./dom.js";
import { read } from "./stream.js";

const PLACE = "cableqa.saved";
const LIMIT = 12;
// As many as one search returns at most.
const HITS = 50;

function held() {
  try {
    return JSON.parse(localStorage.getItem(PLACE)) ?? [];
  } catch {
    return [];
  }
}

const keep = (searches) => localStorage.setItem(PLACE, JSON.stringify(searches.slice(0, LIMIT)));

// What a search finds now: paragraphs where it has words, else the number of cables.
async function finds(query) {
  const asked = new URLSearchParams(query);
  if (!asked.get("q")) {
    asked.set("limit", "1");
    return { total: (await read(`/v1/cables?${asked}`)).total };
  }
  asked.set("k", `${HITS}`);
  return { labels: (await read(`/v1/search?${asked}`)).hits.map((hit) => hit.label) };
}

function newSince(before, now) {
  if (now.labels) return now.labels.filter((label) => !before.labels.includes(label)).length;
  return Math.max(0, now.total - before.total);
}

export class SavedSearches {
  constructor(node) {
    this.node = node;
    this.draw();
  }

  async save(query, name) {
    const found = await finds(query);
    keep([{ query, name, found }, ...held().filter((each) => each.query !== query)]);
    this.draw();
  }

  has(query) {
    return held().some((each) => each.query === query);
  }

  draw() {
    const searches = held();
    this.node.hidden = !searches.length;
    this.node.replaceChildren(el("h2", { class: "label" }, "Saved searches"), el("ul", { class: "saved" }, searches.map((each) => this.item(each))));
  }

  item(search) {
    const news = el("span", { class: "tagged", hidden: true });
    let now = search.found;
    finds(search.query).then((found) => {
      now = found;
      const fresh = newSince(search.found, now);
      news.hidden = !fresh;
      news.textContent = `+${fresh} new since`;
    }, () => { news.hidden = true; });
    // What was opened is seen, and no longer new.
    const seen = () => keep(held().map((each) => (each.query === search.query ? { ...each, found: now } : each)));
    const forget = () => { keep(held().filter((each) => each.query !== search.query)); this.draw(); };
    return el("li", {}, el("a", { href: `/browse?${search.query}`, onclick: seen }, search.name), news,
      button("×", forget, { class: "forget", "aria-label": `Forget the search ${search.name}`, title: "Forget" }));
  }
}
