// What an answer comes to where it is more than its sentences: nothing found, or cables that disagree.

import { button, count, el, inLong, sentOn } from "./dom.js";

const LISTS = ["origins", "tags", "classifications", "cable_ids", "corpora", "senders", "addressees", "kinds"];

// What the header says and no paragraph does is no such absence; a record of an earlier version has no such list.
export const inHeader = ({ absence, sentences }) => Boolean(absence?.stated?.length) && !sentences.length;

// As `is_not_english` has it (api/outcomes.py).
export const notEnglish = ({ absence, removed }) => Boolean(absence?.language) && !absence.unknown.length && !removed.length;

// What was searched and how far it came. `open(cableId)` shows a cable; `widen()`, where the page narrows, asks again without.
export function absenceNode(record, { open, widen }) {
  const { absence } = record;
  if (!absence) return el("section", { class: "absence" }, el("p", { class: "absence-lead" }, record.text));
  const within = narrowedTo(record.filters_applied);
  return el("section", { class: "absence", "aria-label": "What was searched" },
    el("p", { class: "absence-lead" }, leadOf(record)),
    el("dl", { class: "searched" },
      inHeader(record) ? null : row("Searched", `${count(absence.paragraphs, "paragraph")} in ${count(absence.cables, "cable")}`),
      within ? row("Within", within) : null,
      absence.hits && !inHeader(record) ? row("Came nearest", `${count(absence.hits, "paragraph")}, read and found wanting`) : null,
      absence.unknown.length ? row("No such cable", absence.unknown.join(", ")) : null,
      absence.without_text.length ? row("Header only", ...absence.without_text.map((id) => button(id, () => open(id), { class: "reference" }))) : null),
    absence.language ? el("p", { class: "absence-foot" }, `Questions are read in English. This one seems to be in ${absence.language}: ask it in English.`) : null,
    inHeader(record) ? null : el("p", { class: "absence-foot" }, "That says nothing about archives that were not collected."),
    el("p", { class: "ways" },
      el("a", { href: `/browse?q=${encodeURIComponent(record.question)}` }, "Search the paragraphs for these words"),
      widen ? button("Ask without the filters", widen) : null));
}

// Kinds of silence: only the header says it, its text is missing, the cable is missing, or nothing that was read answers.
function leadOf({ text, total, absence: { without_text: headers, unknown, hits, stated } }) {
  if (stated?.length || total === 0) return text;
  if (headers.length) return `The text of ${headers.join(", ")} is not available here, so nothing was written.`;
  if (unknown.length) return `There is no cable ${unknown.join(", ")} in this collection, and no other answers. Nothing was written.`;
  return hits ? "No paragraph here answers this, so nothing was written." : "No paragraph here comes near this question, so nothing was written.";
}

function narrowedTo(filters) {
  const dates = [filters.date_from && `from ${inLong(filters.date_from)}`, filters.date_to && `to ${inLong(filters.date_to)}`].filter(Boolean).join(" ");
  return [...LISTS.map((name) => (filters[name] ?? []).join(", ")), dates].filter(Boolean).join("; ");
}

const row = (name, ...values) => el("div", {}, el("dt", {}, name), el("dd", {}, ...values));

// The figures that cables set against each other, side by side; `chip(citation)` leads to the words of one.
export function conflictNode({ conflict, citations }, chip) {
  return el("section", { class: "conflict", "aria-label": "What each cable says" },
    el("ol", { class: "sides" }, conflict.map((side) => {
      const citation = citations.find(({ label }) => label === side.label);
      return el("li", {},
        el("span", { class: "side-figure" }, side.figure),
        el("span", { class: "side-from" }, [citation.origin, sentOn(citation)].filter(Boolean).join(", ")),
        chip(citation));
    })));
}

// In a record for programs the disagreement is told in a note as well; here it is drawn.
export const notesOf = ({ notes, conflict }) => (conflict.length ? notes.filter((note) => !note.startsWith("The cables disagree.")) : notes);
