// The collection to look through: counts over time and by value, a list of cables, a search that explains itself.

import { button, byId, count, el, failureBox, sentOn, setAddress } from "./dom.js";
import { evidenceList, searchedWords } from "./evidence.js";
import { exportMenu } from "./exporting.js";
import { FilterBar } from "./filters.js";
import { describe, emptyBox, listenForKeys, unreadable } from "./masthead.js";
import { Plot } from "./plots.js";
import { Reader } from "./reader.js";
import { SavedSearches } from "./saved.js";
import { Failure, read } from "./stream.js";

const PAGE = 50;
// As many as a saved search watches.
const HITS = 50;
const TITLE_LIMIT = 200;
const reader = new Reader(byId("reader"), byId("desk"), byId("column"));
const filters = new FilterBar(() => refresh());
const saved = new SavedSearches(byId("saved"), drawSave);
const field = byId("question");
const plots = [
  ["origin", "origins", "By post"],
  ["tag", "tags", "By TAGS"],
  ["classification", "classifications", "By classification"],
  ["corpus", "corpora", "By collection"],
].map(([name, facet, title]) => ({ name, facet, plot: new Plot(byId(`plot-${name}`), title, (value) => filters.toggle(name, value)) }));
let asked = 0;
let searched = new URLSearchParams(location.search).get("q") ?? "";
// What is new in a saved search that was opened.
let fresh = new Set();

const announce = (text) => { byId("status").textContent = text; };
const query = () => filters.asQuery(searched ? { q: searched } : {});

async function refresh() {
  const mine = (asked += 1);
  byId("results").setAttribute("aria-busy", "true");
  byId("to-ask").hidden = !filters.active.length;
  byId("to-ask").href = `/?${filters.asQuery()}`;
  try {
    const narrowed = filters.asQuery({ limit: PAGE });
    const [list, timeline, hits] = await Promise.all([
      read(`/v1/cables?${narrowed}`), read(`/v1/timeline?${filters.asQuery()}`),
      searched ? read(`/v1/search?${filters.asQuery({ q: searched, k: HITS })}`) : null,
    ]);
    if (mine !== asked) return;
    // Without a range of its own, so that another can be chosen.
    if (!filters.days.date_from && !filters.days.date_to) filters.data = timeline;
    filters.draw();
    byId("undated").textContent = timeline.undated ? `${count(timeline.undated, "cable")} without a date ${timeline.undated === 1 ? "is" : "are"} not in the bars.` : "";
    for (const { name, facet, plot } of plots) {
      byId(`plot-${name}`).hidden = name === "corpus" && list.facets.corpora.length < 2 && !filters.lists.corpus.length;
      plot.show(list.facets[facet], (value) => filters.has(name, value));
    }
    if (hits) showHits(hits.hits);
    else showCables(list);
    document.querySelector(".list-head .menu").hidden = !hits;
    drawSave();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (mine === asked) byId("results").replaceChildren(failureBox("The list cannot be read", failure, refresh));
  } finally {
    if (mine === asked) byId("results").removeAttribute("aria-busy");
  }
}

function showCables(list) {
  const rows = el("ol", { class: "cable-list" }, list.cables.map(cableRow));
  const words = `${count(list.total, "cable")}${filters.active.length ? " within these filters" : ""}`;
  byId("results-title").textContent = words;
  announce(words);
  byId("results").replaceChildren(list.total ? rows : nothing("No cable passes these filters."), list.next ? moreButton(rows, list.next) : "");
}

function moreButton(rows, next) {
  const more = button("Show more cables", async () => {
    more.disabled = true;
    try {
      const page = await read(`/v1/cables?${filters.asQuery({ limit: PAGE, after: next })}`);
      const added = page.cables.map(cableRow);
      rows.append(...added);
      added[0]?.querySelector("button").focus();
      more.replaceWith(page.next ? moreButton(rows, page.next) : "");
    } catch (failure) {
      more.replaceWith(failureBox("No more can be read", failure, refresh));
    }
  }, { class: "secondary more-cables" });
  return more;
}

function cableRow(cable) {
  return el("li", {}, el("button", { type: "button", class: "cable-row", onclick: () => reader.open(cable.cable_id) },
    el("span", { class: "cable-date" }, sentOn(cable)),
    el("span", { class: "cable-what" },
      el("span", { class: "cable-subject" }, cable.subject ?? cable.cable_id),
      el("span", { class: "cable-from" }, [cable.subject ? cable.cable_id : "No subject line in the source", cable.origin, cable.tags.join(" ")].filter(Boolean).join(" · "))),
    cable.classification ? el("span", { class: "stamp" }, cable.classification) : null));
}

function showHits(hits) {
  const words = hits.length ? `${count(hits.length, "paragraph")}, the nearest first` : "Nothing found";
  byId("results-title").textContent = words;
  announce(words);
  const open = (hit) => reader.open(hit.cable_id, hit.paragraph);
  byId("results").replaceChildren(...(hits.length ? evidenceList(hits, { open, fresh, words: searchedWords(searched), all: true }) : [nothing("No paragraph comes near these words within these filters.")]));
}

const nothing = (words) => el("p", { class: "absence" }, words, " ", filters.active.length ? button("Remove the filters", () => filters.clear()) : "");

function drawSave() {
  byId("save").hidden = !searched || saved.has(query());
}

byId("save").addEventListener("click", async () => {
  const title = [`“${searched}”`, ...filters.active.map(({ words }) => words)].join(", ").slice(0, TITLE_LIMIT);
  try {
    await saved.save(title, searched, filters.asFilters());
    announce("The search is saved.");
  } catch (failure) {
    byId("save").parentNode.after(failureBox("The search is not saved", failure));
  }
});
byId("save").after(exportMenu(() => `/v1/search/export?${filters.asQuery({ q: searched, k: HITS })}`));
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  searched = field.value.trim();
  fresh = new Set();
  setAddress({ q: searched });
  refresh();
});
field.addEventListener("search", () => { if (!field.value && searched) byId("search").requestSubmit(); });

async function openSaved(id) {
  setAddress({ saved: null });
  try {
    fresh = await saved.open(id);
  } catch (failure) {
    byId("saved").hidden = false;
    byId("saved").append(failureBox("What is new in it cannot be told", failure));
  }
}

async function start() {
  field.value = searched;
  try {
    const about = await read("/v1/about");
    describe(about);
    field.maxLength = about.question_limit_chars;
    if (!about.cables) {
      byId("shelf").replaceChildren(emptyBox());
      return;
    }
    const [all, timeline] = await Promise.all([read("/v1/cables?limit=1"), read("/v1/timeline"), saved.load()]);
    filters.offer(all.facets, timeline);
    const at = new URLSearchParams(location.search);
    if (at.get("saved")) await openSaved(at.get("saved"));
    await refresh();
    if (at.get("cable")) reader.open(at.get("cable"), at.get("paragraph"));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    byId("shelf").replaceChildren(unreadable(failure));
  }
}

listenForKeys(reader);
start();
