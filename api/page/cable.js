// A cable drawn as a sheet: header card, references both ways, paragraphs, the quoted words marked.

import { VERDICTS, el, sentOn, sliceCharacters } from "./dom.js";

const KINDS = { summary: "Summary", comment: "Comment", action_request: "Action request", quoted_text: "Quoted text", note: "Note" };

// `link(id)` makes a link that opens another cable.
export function cardNode(record, link) {
  const time = record.sent_at && record.date_precision === "minute" ? `, ${record.sent_at.slice(11, 16)} UTC` : "";
  return el("header", { class: "card" },
    el("p", { class: "card-line" },
      el("span", { class: "card-origin" }, record.origin ?? "Unknown post"),
      record.classification ? el("span", { class: "stamp" }, record.classification) : el("span", { class: "unsaid" }, "no classification given")),
    el("h2", { class: "card-subject" }, record.subject ?? el("span", { class: "unsaid" }, "No subject line in the source")),
    el("dl", {},
      row("Sent", `${sentOn(record)}${time}`, record.date_precision === "year" ? "(its number gives no more than the year)" : ""),
      record.addressees.length ? row("To", ...record.addressees.map((each) => el("span", {}, each))) : null,
      record.tags.length ? row("TAGS", ...record.tags.map((tag) => el("a", { href: `/browse?tag=${encodeURIComponent(tag)}`, class: "reference" }, tag))) : null,
      record.captions.length ? row("Caption", record.captions.join(", ")) : null,
      record.references.length ? row("Refers to", ...record.references.map((each) => referenceNode(each, link))) : null,
      record.referenced_by.length ? row("Cited by", ...record.referenced_by.map((id) => link(id))) : null,
      row("Source", record.source)));
}

function referenceNode(reference, link) {
  const letter = reference.letter ? `${reference.letter}. ` : "";
  if (!reference.in_collection) {
    return el("span", { class: "reference outside", title: "Not in this collection" }, letter, reference.cable_id ?? reference.text, el("span", { class: "hidden" }, " (not in this collection)"));
  }
  return el("span", { class: "lettered" }, letter, link(reference.cable_id));
}

function row(name, ...values) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, ...values));
}

// The paragraphs; the one under `label` is marked, with the words of `citation` where there is one.
export function paragraphsNode(record, label, citation, note) {
  return el("div", { class: "paragraphs" },
    record.paragraphs.map((paragraph) => paragraphNode(paragraph, paragraph.paragraph === label, citation, note)),
    record.signature ? el("p", { class: "signature" }, record.signature) : null);
}

function paragraphNode(paragraph, cited, citation, note) {
  const kind = KINDS[paragraph.kind];
  return el("section", { class: `paragraph ${paragraph.kind}${cited ? " cited" : ""}`, id: `p-${paragraph.paragraph}`, "aria-label": paragraph.label },
    paragraph.heading ? el("h3", {}, paragraph.heading) : null,
    el("p", { class: "number" }, el("span", {}, `¶${paragraph.paragraph}`),
      paragraph.marking ? el("span", { class: "marking", title: "Portion mark" }, paragraph.marking) : null,
      kind ? el("span", { class: "kind" }, kind) : null),
    el("p", { class: "text" }, ...(cited && citation ? marked(paragraph.text, citation) : [paragraph.text])),
    cited ? note : null);
}

// The quoted characters in a <mark>, exactly as the record's offsets have them.
function marked(text, citation) {
  const { char_start: start, char_end: end } = citation;
  return [
    sliceCharacters(text, 0, start),
    el("mark", { class: citation.verdict, title: `${VERDICTS[citation.verdict]}: ${citation.reason}` }, sliceCharacters(text, start, end)),
    sliceCharacters(text, end),
  ];
}
