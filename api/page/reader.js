// The cable beside the answer: header card, references both ways, paragraphs, the quoted words marked.

import { VERDICTS, el, sentOn, sliceCharacters } from "./dom.js";
import { read } from "./stream.js";

const KINDS = { summary: "Summary", comment: "Comment", action_request: "Action request", quoted_text: "Quoted text", note: "Note" };
const cables = new Map();

async function cable(id) {
  if (!cables.has(id)) cables.set(id, await read(`/v1/cables/${encodeURIComponent(id)}`));
  return cables.get(id);
}

export class Reader {
  constructor(node, desk) {
    this.node = node;
    this.desk = desk;
    this.opener = null;
    this.asked = 0;
  }

  get isOpen() {
    return !this.node.hidden;
  }

  async open(cableId, label = null, citation = null, turn = null) {
    if (!this.isOpen || !this.node.contains(document.activeElement)) this.opener = document.activeElement;
    const asked = (this.asked += 1);
    this.node.hidden = false;
    this.desk.classList.add("reading");
    markActive(turn, citation);
    if (!cables.has(cableId)) this.node.replaceChildren(this.bar(cableId), el("div", { class: "skeleton", "aria-label": "Loading the cable" }, el("i"), el("i"), el("i"), el("i")));
    let record;
    try {
      record = await cable(cableId);
    } catch (failure) {
      if (asked === this.asked) this.node.replaceChildren(this.bar(cableId), el("div", { class: "failure", role: "alert" }, el("h3", {}, "This cable cannot be shown"), el("p", {}, failure.message)));
      return;
    }
    if (asked !== this.asked) return;
    const paragraphs = record.paragraphs.map((paragraph) => paragraphNode(paragraph, paragraph.paragraph === label, citation));
    this.node.replaceChildren(this.bar(record.cable_id, citation, turn), this.card(record), el("div", { class: "paragraphs" }, paragraphs), signature(record));
    this.node.setAttribute("aria-label", `Cable ${record.cable_id}`);
    const target = this.node.querySelector("mark") ?? this.node.querySelector(".paragraph.cited");
    if (target) this.scrollTo(target);
    else this.node.scrollTop = 0;
    this.node.focus({ preventScroll: true });
  }

  scrollTo(target) {
    const offset = target.getBoundingClientRect().top - this.node.getBoundingClientRect().top;
    this.node.scrollTop += offset - this.node.clientHeight * 0.3;
  }

  close() {
    if (!this.isOpen) return;
    this.node.hidden = true;
    this.desk.classList.remove("reading");
    markActive(null, null);
    this.opener?.focus?.();
  }

  bar(title, citation = null, turn = null) {
    const steps = citation && turn && turn.citations.length > 1 ? this.steps(citation, turn) : null;
    return el("div", { class: "reader-bar" },
      el("p", { class: "reader-title" }, title),
      steps,
      el("button", { type: "button", class: "close", "aria-label": "Close the cable", title: "Close (Esc)", onclick: () => this.close() }, "×"));
  }

  steps(citation, turn) {
    const at = turn.citations.findIndex((other) => other.marker === citation.marker);
    const go = (to) => () => {
      const next = turn.citations[to];
      this.open(next.cable_id, next.paragraph, next, turn);
    };
    return el("p", { class: "steps" },
      el("button", { type: "button", "aria-label": "Previous citation", disabled: at === 0, onclick: go(at - 1) }, "‹"),
      el("span", {}, `citation ${at + 1} of ${turn.citations.length}`),
      el("button", { type: "button", "aria-label": "Next citation", disabled: at === turn.citations.length - 1, onclick: go(at + 1) }, "›"));
  }

  card(record) {
    const time = record.sent_at && record.date_precision === "minute" ? `, ${record.sent_at.slice(11, 16)} UTC` : "";
    return el("header", { class: "card" },
      el("p", { class: "card-line" },
        el("span", { class: "card-origin" }, record.origin ?? "Unknown post"),
        record.classification ? el("span", { class: "stamp" }, record.classification) : null),
      record.subject ? el("h2", { class: "card-subject" }, record.subject)
        : el("h2", { class: "card-subject" }, el("span", { class: "unsaid" }, "No subject line in the source")),
      el("dl", {},
        row("Sent", `${sentOn(record)}${time}`, record.date_precision === "year" ? "(its number gives no more than the year)" : ""),
        record.tags.length ? row("TAGS", record.tags.join("  ")) : null,
        record.captions.length ? row("Caption", record.captions.join(", ")) : null,
        record.references.length ? row("Refers to", ...record.references.map((reference) => this.reference(reference))) : null,
        record.referenced_by.length ? row("Cited by", ...record.referenced_by.map((id) => this.link(id))) : null,
        row("Source", record.source)));
  }

  reference(reference) {
    const letter = reference.letter ? `${reference.letter}. ` : "";
    if (!reference.in_collection) {
      return el("span", { class: "reference outside", title: "Not in this collection" }, letter, reference.cable_id ?? reference.text);
    }
    return el("span", { class: "lettered" }, letter, this.link(reference.cable_id));
  }

  link(id) {
    return el("a", { href: `/?cable=${encodeURIComponent(id)}`, class: "reference", onclick: (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.open(id);
    } }, id);
  }
}

function row(name, ...values) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, ...values));
}

function signature(record) {
  return record.signature ? el("p", { class: "signature" }, record.signature) : null;
}

function paragraphNode(paragraph, cited, citation) {
  const kind = KINDS[paragraph.kind];
  return el("section", { class: `paragraph ${paragraph.kind}${cited ? " cited" : ""}`, id: `p-${paragraph.paragraph}`, "aria-label": paragraph.label },
    paragraph.heading ? el("h3", {}, paragraph.heading) : null,
    el("p", { class: "number" }, el("span", {}, `¶${paragraph.paragraph}`),
      paragraph.marking ? el("span", { class: "marking", title: "Portion mark" }, paragraph.marking) : null,
      kind ? el("span", { class: "kind" }, kind) : null),
    el("p", { class: "text" }, ...(cited && citation ? marked(paragraph.text, citation) : [paragraph.text])));
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

function markActive(turn, citation) {
  document.querySelectorAll(".chip[aria-current]").forEach((chip) => chip.removeAttribute("aria-current"));
  if (!turn || !citation) return;
  turn.node.querySelectorAll(`.chip[data-marker="${citation.marker}"]`).forEach((chip) => chip.setAttribute("aria-current", "true"));
}
