// The reader beside the answer: it opens a cable, keeps its place in the address, and gives the focus back.

import { cardNode, paragraphsNode } from "./cable.js";
import { VERDICTS, el, elsewhere, failureBox, sentOn, setAddress, verdictMark } from "./dom.js";
import { citationRemarks } from "./remarks.js";
import { read } from "./stream.js";

// Below this the reader lies over the page, which must then be out of reach.
const OVER = "(max-width: 61.99rem)";
const loaded = new Map();

async function load(path) {
  if (!loaded.has(path)) loaded.set(path, await read(path));
  return loaded.get(path);
}

export class Reader {
  constructor(node, desk, column) {
    Object.assign(this, { node, desk, column, opener: null, asked: 0, citation: null, turn: null });
    matchMedia(OVER).addEventListener("change", () => this.cover());
  }

  get isOpen() {
    return !this.node.hidden;
  }

  async open(cableId, label = null, citation = null, turn = null) {
    if (!this.isOpen || !this.node.contains(document.activeElement)) this.opener = document.activeElement;
    const asked = (this.asked += 1);
    Object.assign(this, { citation, turn });
    this.node.hidden = false;
    this.desk.classList.add("reading");
    this.cover();
    markActive(turn, citation);
    setAddress({ cable: cableId, paragraph: label, marker: citation ? `${citation.marker}` : null });
    const path = `/v1/cables/${encodeURIComponent(cableId)}`;
    if (!loaded.has(path)) this.node.replaceChildren(this.bar(cableId), el("div", { class: "skeleton", role: "status", "aria-label": "Loading the cable" }, el("i"), el("i"), el("i"), el("i")));
    let record;
    try {
      record = await load(path);
    } catch (failure) {
      if (asked === this.asked) this.node.replaceChildren(this.bar(cableId), failureBox("This cable cannot be shown", failure, () => this.open(cableId, label, citation, turn)));
      return;
    }
    if (asked !== this.asked) return;
    this.show(record, label, citation, turn);
    await this.addNeighbours(path, asked);
  }

  show(record, label, citation, turn) {
    const note = citation && turn?.record ? citationNote(citation, turn.record) : null;
    this.node.replaceChildren(this.bar(record.cable_id, citation, turn), el("nav", { class: "post", "aria-label": "Other cables of this post" }),
      cardNode(record, (id) => this.link(id)), paragraphsNode(record, label, citation, note));
    this.node.setAttribute("aria-label", `Cable ${record.cable_id}`);
    const target = this.node.querySelector("mark") ?? this.node.querySelector(".paragraph.cited");
    if (target) this.scrollTo(target);
    else this.node.scrollTop = 0;
    this.node.focus({ preventScroll: true });
  }

  // The place for these is kept, so that nothing moves when they come.
  async addNeighbours(path, asked) {
    const around = await load(`${path}/neighbours`).catch(() => null);
    if (!around || asked !== this.asked) return;
    this.node.querySelector(".post").replaceChildren(
      this.neighbour(around.previous, "Previous", "prev"), this.neighbour(around.next, "Next", "next"));
  }

  neighbour(header, words, rel) {
    if (!header) return el("span", { class: "unsaid" }, rel === "prev" ? "First of this post" : "Last of this post");
    return this.link(header.cable_id, {
      rel, class: "neighbour", title: header.subject, "aria-label": `${words} cable of this post: ${header.cable_id}, ${sentOn(header)}`,
    }, rel === "prev" ? `‹ ${header.cable_id}` : `${header.cable_id} ›`);
  }

  cover() {
    this.column.inert = this.isOpen && matchMedia(OVER).matches;
  }

  scrollTo(target) {
    const offset = target.getBoundingClientRect().top - this.node.getBoundingClientRect().top;
    this.node.scrollTop += offset - this.node.clientHeight * 0.3;
  }

  close() {
    if (!this.isOpen) return;
    this.node.hidden = true;
    this.asked += 1;
    this.desk.classList.remove("reading");
    this.cover();
    markActive(null, null);
    setAddress({ cable: null, paragraph: null, marker: null });
    this.opener?.focus?.();
  }

  // To the citation before (-1) or after (1) the one that is open.
  step(by) {
    if (!this.isOpen || !this.citation || !this.turn) return;
    const at = this.turn.citations.findIndex((other) => other.marker === this.citation.marker);
    const next = this.turn.citations[at + by];
    if (next) this.open(next.cable_id, next.paragraph, next, this.turn);
  }

  bar(title, citation = null, turn = null) {
    return el("div", { class: "reader-bar" },
      el("p", { class: "reader-title" }, title),
      citation && turn && turn.citations.length > 1 ? this.steps(citation, turn) : null,
      el("button", { type: "button", class: "close", "aria-label": "Close the cable", title: "Close (Esc)", onclick: () => this.close() }, "×"));
  }

  steps(citation, turn) {
    const at = turn.citations.findIndex((other) => other.marker === citation.marker);
    return el("p", { class: "steps" },
      el("button", { type: "button", "aria-label": "Previous citation", title: "Previous citation (p)", disabled: at === 0, onclick: () => this.step(-1) }, "‹"),
      el("span", {}, `citation ${at + 1} of ${turn.citations.length}`),
      el("button", { type: "button", "aria-label": "Next citation", title: "Next citation (n)", disabled: at === turn.citations.length - 1, onclick: () => this.step(1) }, "›"));
  }

  link(id, attributes = { class: "reference" }, words = id) {
    return el("a", { href: `/?cable=${encodeURIComponent(id)}`, ...attributes, onclick: (event) => {
      if (elsewhere(event)) return;
      event.preventDefault();
      this.open(id);
    } }, words);
  }
}

function citationNote(citation, record) {
  return el("div", { class: "cited-note" },
    el("p", {}, verdictMark(citation.verdict, citation.reason), el("span", {}, `${VERDICTS[citation.verdict]}: ${citation.reason}`)),
    citationRemarks(record.answer_id, citation.marker));
}

function markActive(turn, citation) {
  document.querySelectorAll(".chip[aria-current]").forEach((chip) => chip.removeAttribute("aria-current"));
  if (!turn || !citation) return;
  turn.node.querySelectorAll(`.chip[data-marker="${citation.marker}"]`).forEach((chip) => chip.setAttribute("aria-current", "true"));
}
