// Paragraphs that were found: where each comes from, how near it is, and which way it was found.

import { count, el, fromLine, scoreBar } from "./dom.js";

const FOUND_BY = {
  dense: "by meaning",
  lexical: "by its words",
  both: "by meaning and words",
  reference: "by a reference",
  lookup: "named in the question",
};

// Shown at once; cited paragraphs are shown wherever they stand.
const FIRST = 4;

export function evidenceList(hits, { open, cited = new Set(), fresh = new Set(), words = [], all = false }) {
  const best = Math.max(...hits.map((hit) => hit.score), 1e-9);
  const items = hits.map((hit) => found(hit, best, { open, cited, fresh, words }));
  const hidden = all ? [] : items.filter((item, at) => at >= FIRST && !cited.has(hits[at].label));
  hidden.forEach((item) => { item.hidden = true; });
  const list = el("ol", { class: "founds" }, items);
  if (!hidden.length) return [list];
  const more = el("button", { type: "button", class: "quiet more", onclick: () => {
    hidden.forEach((item) => { item.hidden = false; });
    hidden[0].querySelector("button").focus();
    more.remove();
  } }, `Show ${count(hidden.length, "more paragraph")}`);
  return [list, more];
}

function found(hit, best, { open, cited, fresh, words }) {
  return el("li", {},
    el("button", { type: "button", class: "found", onclick: () => open(hit) },
      el("span", { class: "found-head" },
        el("span", { class: "found-label" }, hit.label),
        hit.marking ? el("span", { class: "marking" }, hit.marking) : null,
        cited.has(hit.label) ? el("span", { class: "tagged" }, "cited") : null,
        fresh.has(hit.label) ? el("span", { class: "tagged" }, "new") : null,
        el("span", { class: "found-score" }, scoreBar(hit.score, best), el("span", {}, hit.score.toFixed(2)))),
      el("span", { class: "found-from" }, fromLine(hit)),
      el("span", { class: "found-text" }, ...emphasised(hit.text, words)),
      el("span", { class: "found-why", title: "Its place in each search, and in brackets its similarity of meaning and its BM25 score" },
        [`found ${FOUND_BY[hit.found_by] ?? hit.found_by}`, ...ranks(hit)].join(" · "))));
}

function ranks(hit) {
  return [
    hit.dense_rank ? `meaning ${ordinal(hit.dense_rank)} (${hit.dense_score.toFixed(2)})` : null,
    hit.lexical_rank ? `words ${ordinal(hit.lexical_rank)} (${hit.lexical_score.toFixed(1)})` : null,
  ].filter(Boolean);
}

const SUFFIX = { one: "st", two: "nd", few: "rd", other: "th" };
const rules = new Intl.PluralRules("en", { type: "ordinal" });
const ordinal = (n) => `${n}${SUFFIX[rules.select(n)]}`;

// The words of a search where they stand in a text, each in a <b>.
function emphasised(text, words) {
  if (!words.length) return [text];
  const either = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  return text.split(new RegExp(`\\b((?:${either})\\w*)`, "giu")).map((part, at) => (at % 2 ? el("b", {}, part) : part));
}

const SMALL = new Set("the and for was were are who what how did does from with that this has had have his her its into than".split(" "));

export const searchedWords = (query) => [...new Set(query.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [])].filter((word) => !SMALL.has(word));
