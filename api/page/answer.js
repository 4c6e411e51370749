// One turn of the conversation: the question, its sentences as they arrive, and what stands behind them.

import { VERDICTS, button, count, el, failureBox, fromLine, verdictMark } from "./dom.js";
import { asText, copyButton } from "./copying.js";
import { evidenceList } from "./evidence.js";
import { exportMenu } from "./exporting.js";
import { absenceNode, conflictNode, inHeader, notEnglish, notesOf } from "./outcome.js";
import { answerRemarks } from "./remarks.js";

const OUTCOMES = {
  answered: "Answered from the cables",
  partial: "Answered in part",
  conflicting: "The cables disagree",
  not_in_corpus: "Not in this collection",
};
const headingOf = (record) => (inHeader(record) ? "In the header only" : notEnglish(record) ? "Not asked in English" : OUTCOMES[record.outcome]);
const SLOW_MS = 8000;
const UNDERSTOOD = 140;
// Here evidence has a column of its own and is open; on less it is folded below the answer.
// A count is told before the first sentence; offsets are in characters, not in UTF-16 units.
const leadBefore = ({ text, sentences }) => (sentences.length ? [...text].slice(0, sentences[0].start).join("").trim() : "");
const BESIDE = "(min-width: 62rem)";

export class Turn {
  // `open(cableId, paragraph, citation, turn)` shows a source; `again()` asks the same once more, and `widen()`,
  // null where nothing narrows, without filters.
  constructor(question, { open, again, widen, announce }) {
    Object.assign(this, { open, again, widen, announce, citations: [], record: null });
    this.asked = el("h2", { class: "asked", tabindex: "-1" }, question);
    // One line for both, so that nothing moves when the one becomes the other.
    this.state = el("p", { class: "state progress" }, el("span", { class: "pulse", "aria-hidden": "true" }), el("span", {}, "Searching the cables…"));
    this.sentences = el("ol", { class: "sentences", "aria-label": "Answer, sentence by sentence" });
    this.lead = el("p", { class: "lead", hidden: true });
    this.rest = el("div", { class: "rest" });
    this.evidence = el("details", { class: "evidence", open: matchMedia(BESIDE).matches },
      el("summary", {}, "Evidence"), el("div", { class: "skeleton", "aria-hidden": "true" }, el("i"), el("i"), el("i"), el("i")));
    this.node = el("article", { class: "turn", "aria-busy": "true" }, this.asked, this.state, this.lead, this.sentences, this.rest, this.evidence);
    this.slow = setTimeout(() => this.say("Still working: a language model on this machine can take a while…"), SLOW_MS);
  }

  say(text) {
    this.state.lastChild.textContent = text;
  }

  tellFirst(lead) {
    this.lead.textContent = lead;
    this.lead.hidden = !lead;
  }

  settle() {
    clearTimeout(this.slow);
    this.node.removeAttribute("aria-busy");
  }

  retrieved({ evidence, lead }) {
    this.tellFirst(lead);
    const cables = new Set(evidence.map((hit) => hit.cable_id)).size;
    this.say(`Reading ${count(evidence.length, "paragraph")} of ${count(cables, "cable")}; each sentence is checked before it is shown…`);
    this.showEvidence(evidence);
  }

  sentence({ sentence, new_citations }) {
    this.citations.push(...new_citations);
    this.sentences.append(this.sentenceNode(sentence));
  }

  sentenceNode(sentence) {
    const chips = sentence.citations.map((index) => this.chip(this.citations[index])).flatMap((chip) => [" ", chip]);
    const doubtful = sentence.verdict !== "supported";
    return el("li", { class: `sentence ${sentence.verdict}` },
      verdictMark(sentence.verdict, sentence.reason),
      el("p", {}, el("span", { class: "words" }, wordsOf(sentence)), ...chips,
        doubtful ? el("span", { class: "why" }, `${VERDICTS[sentence.verdict]}: ${sentence.reason}`) : null));
  }

  chip(citation) {
    return el("button", {
      type: "button",
      class: `chip ${citation.verdict}`,
      title: fromLine(citation),
      "data-marker": citation.marker,
      "aria-label": `Source ${citation.marker}: ${citation.cable_id} paragraph ${citation.paragraph}, ${VERDICTS[citation.verdict].toLowerCase()}. Open the cable.`,
      onclick: () => this.open(citation.cable_id, citation.paragraph, citation, this),
    }, `${citation.cable_id} `, el("span", { class: "pilcrow" }, `¶${citation.paragraph}`));
  }

  // The whole record: drawn anew from it, so that a reload shows exactly what was streamed.
  finish(record) {
    this.settle();
    this.record = record;
    this.citations = record.citations;
    this.asked.textContent = record.question;
    this.node.id = `answer-${record.answer_id}`;
    this.sentences.replaceChildren(...record.sentences.map((sentence) => this.sentenceNode(sentence)));
    const absent = record.outcome === "not_in_corpus";
    this.node.classList.toggle("absent", absent);
    this.state.className = `state outcome ${record.outcome}`;
    this.state.textContent = headingOf(record);
    this.tellFirst(leadBefore(record));
    this.rest.replaceChildren(...[
      absent ? absenceNode(record, { open: (id) => this.open(id), widen: this.widen }) : null,
      record.conflict.length ? conflictNode(record, (citation) => this.chip(citation)) : null,
      ...notesOf(record).map((note) => el("p", { class: "note" }, note)),
      record.removed.length ? removedNode(record.removed) : null,
      this.tools(record, absent),
      el("div", { class: "remarks" }, answerRemarks(record)),
      methodNode(record),
      sourcesNode(record),
    ].filter(Boolean));
    this.showEvidence(record.evidence, new Set(record.citations.map((citation) => citation.label)));
    this.announce(absent ? `${headingOf(record)}.` : `${headingOf(record)}: ${count(record.sentences.length, "sentence")}, ${count(record.citations.length, "citation")}.`);
  }

  showEvidence(evidence, cited = new Set()) {
    this.evidence.hidden = !evidence.length;
    const open = (hit) => this.open(hit.cable_id, hit.paragraph, this.citations.find((citation) => citation.label === hit.label) ?? null, this);
    this.evidence.replaceChildren(el("summary", {}, "Evidence", el("span", { class: "aside" }, `${count(evidence.length, "paragraph")} read`)),
      ...evidenceList(evidence, { open, cited }));
  }

  tools(record, absent) {
    return el("div", { class: "tools" },
      absent ? null : copyButton("Copy with citations", () => asText(record)),
      el("a", { class: "quiet", href: `/?answer=${encodeURIComponent(record.answer_id)}` }, "Link to this answer"),
      button("Ask again", this.again),
      exportMenu(() => `/v1/answers/${encodeURIComponent(record.answer_id)}/export`),
      button("Print", () => print()));
  }

  fail(failure) {
    this.settle();
    const stopped = failure.code === "stopped";
    this.state.className = `state outcome ${stopped ? "stopped" : "failed"}`;
    this.state.textContent = stopped ? "Stopped" : "No answer";
    this.sentences.querySelectorAll("li").forEach((node) => node.classList.add("unfinished"));
    const box = failureBox(stopped ? "Stopped" : "This could not be answered", failure, this.again);
    box.classList.toggle("stopped", stopped);
    if (this.sentences.children.length) box.lastChild.before(el("p", {}, "The sentences above were checked, but the answer is not complete."));
    this.rest.replaceChildren(box);
    if (this.evidence.querySelector(".skeleton")) this.evidence.hidden = true;
    this.announce(failure.message);
  }
}

// A sentence's words without its markers; their chips stand behind it instead.
function wordsOf(sentence) {
  const characters = Array.from(sentence.text);
  for (const { start, end } of [...sentence.markers].reverse()) {
    characters.splice(start - sentence.start, end - start);
  }
  return characters.join("").replace(/ +/g, " ").trim();
}

function removedNode(removed) {
  return el("details", { class: "removed" },
    el("summary", {}, `${count(removed.length, "sentence")} withheld after checking`),
    el("ul", {}, removed.map((item) => el("li", {}, verdictMark(item.verdict, item.reason),
      el("p", {}, el("span", { class: "words" }, item.text), el("span", { class: "why" }, `${VERDICTS[item.verdict]}: ${item.reason}`))))));
}

function methodNode(record) {
  if (inHeader(record)) return el("p", { class: "method" }, `Told from headers; no paragraph was read, and nothing was written. Collection ${record.snapshot}.`);
  const how = record.outcome === "not_in_corpus" ? `Read by ${record.answerer}; nothing was written.` : record.answerer === "extractive"
    ? "Sentences quoted verbatim from the cables; no language model took part."
    : `Written by ${record.answerer}, each sentence checked against the paragraph it cites.`;
  const total = record.timings_ms.total;
  const { standalone_question: whole } = record;
  const read = whole === record.question ? "" : ` Understood as: “${whole.length > UNDERSTOOD ? `${whole.slice(0, UNDERSTOOD)}…` : whole}”.`;
  return el("p", { class: "method" }, `${how} Checked by ${record.verifier}. Collection ${record.snapshot}.`, total ? ` ${Math.round(total)} ms.` : "", read);
}

// On paper the chips cannot be pressed: each source stands there with its words.
function sourcesNode(record) {
  if (!record.citations.length) return null;
  return el("ol", { class: "sources", "aria-hidden": "true" }, record.citations.map((citation) =>
    el("li", {}, el("b", {}, `${citation.label}`), ` ${fromLine(citation)}: “${citation.quote}”`)));
}
