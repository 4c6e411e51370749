// One turn of the conversation: the question, its sentences as they arrive, and what stands behind them.

import { VERDICTS, count, el, scoreBar, sentOn, verdictMark } from "./dom.js";
import { tell } from "./stream.js";

const OUTCOMES = {
  answered: "Answered from the cables",
  partial: "Answered in part",
  conflicting: "The cables disagree",
  not_in_corpus: "Not in this collection",
};

const FOUND_BY = {
  dense: "by meaning",
  lexical: "by its words",
  both: "by meaning and words",
  reference: "by a reference",
  lookup: "named in the question",
};

export class Turn {
  // `open(cableId, paragraph, citation)` shows a source; `retry()` asks the same again.
  constructor(question, { open, retry, announce }) {
    this.open = open;
    this.announce = announce;
    this.citations = [];
    this.retry = retry;
    this.progress = el("p", { class: "progress" }, el("span", { class: "pulse", "aria-hidden": "true" }), "Reading the cables…");
    this.sentences = el("ol", { class: "sentences", "aria-label": "Answer, sentence by sentence" });
    this.outcome = el("p", { class: "outcome", hidden: true });
    this.rest = el("div", { class: "rest" });
    this.node = el("article", { class: "turn", "aria-busy": "true" },
      el("h2", { class: "asked", tabindex: "-1" }, question), this.outcome, this.sentences, this.progress, this.rest);
    this.slow = setTimeout(() => this.progressText("Still working: a language model on this machine can take a while…"), 8000);
  }

  progressText(text) {
    this.progress.lastChild.textContent = text;
  }

  settle() {
    clearTimeout(this.slow);
    this.progress.remove();
    this.node.removeAttribute("aria-busy");
  }

  retrieved(event) {
    const cables = new Set(event.evidence.map((hit) => hit.cable_id)).size;
    this.progressText(`Reading ${count(event.evidence.length, "paragraph")} of ${count(cables, "cable")}; each sentence is checked before it is shown…`);
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
    const chip = el("button", {
      type: "button",
      class: `chip ${citation.verdict}`,
      "data-marker": citation.marker,
      "aria-label": `Source ${citation.marker}: ${citation.cable_id} paragraph ${citation.paragraph}, ${VERDICTS[citation.verdict].toLowerCase()}. Open the cable.`,
      onclick: () => this.open(citation.cable_id, citation.paragraph, citation, this),
    }, `${citation.cable_id} `, el("span", { class: "pilcrow" }, `¶${citation.paragraph}`));
    chip.title = [citation.origin, sentOn(citation), citation.subject].filter(Boolean).join(" · ");
    return chip;
  }

  // The whole record: drawn anew from it, so that a reload shows exactly what was streamed.
  finish(record) {
    this.settle();
    this.record = record;
    this.citations = record.citations;
    this.sentences.replaceChildren(...record.sentences.map((sentence) => this.sentenceNode(sentence)));
    const absent = record.outcome === "not_in_corpus";
    this.node.classList.toggle("absent", absent);
    this.outcome.hidden = false;
    this.outcome.className = `outcome ${record.outcome}`;
    this.outcome.textContent = OUTCOMES[record.outcome];
    this.rest.replaceChildren(...[
      absent ? this.absence(record) : null,
      ...record.notes.map((note) => el("p", { class: "note" }, note)),
      record.removed.length ? removedNode(record.removed) : null,
      this.evidenceNode(record, absent),
      absent ? el("p", { class: "tools" }, feedbackNode(record)) : this.tools(record),
      methodNode(record),
    ].filter(Boolean));
    this.announce(absent ? "Not in this collection." : `${OUTCOMES[record.outcome]}: ${count(record.sentences.length, "sentence")}, ${count(record.citations.length, "citation")}.`);
  }

  absence(record) {
    const read = record.evidence.length;
    return el("p", { class: "absence" }, read
      ? `No paragraph here answers this, so nothing was written. The ${count(read, "paragraph")} that came closest ${read === 1 ? "is" : "are"} below; they were read and found wanting. That says nothing about archives that were not collected.`
      : "No paragraph here comes near this question, so nothing was written. Fewer filters or other words may help.");
  }

  evidenceNode(record, open) {
    if (!record.evidence.length) return null;
    const cited = new Set(record.citations.map((citation) => citation.label));
    const best = Math.max(...record.evidence.map((hit) => hit.score), 1e-9);
    return el("details", { class: "evidence", open },
      el("summary", {}, `${count(record.evidence.length, "paragraph")} read`),
      el("ol", {}, record.evidence.map((hit) => el("li", {},
        el("button", { type: "button", class: "found", onclick: () => this.open(hit.cable_id, hit.paragraph, null, this) },
          el("span", { class: "found-head" },
            el("span", { class: "found-label" }, hit.label),
            cited.has(hit.label) ? el("span", { class: "tagged" }, "cited") : null,
            el("span", { class: "found-why" }, `found ${FOUND_BY[hit.found_by] ?? hit.found_by}`),
            scoreBar(hit.score, best)),
          el("span", { class: "found-from" }, [hit.origin, sentOn(hit), hit.subject].filter(Boolean).join(" · ")),
          el("span", { class: "found-text" }, hit.text))))));
  }

  tools(record) {
    const copied = el("button", { type: "button", class: "quiet", onclick: async () => {
      await navigator.clipboard.writeText(asText(record));
      copied.textContent = "Copied";
      setTimeout(() => { copied.textContent = "Copy with citations"; }, 1600);
    } }, "Copy with citations");
    const link = el("a", { class: "quiet", href: `/?answer=${encodeURIComponent(record.answer_id)}` }, "Link to this answer");
    return el("p", { class: "tools" }, copied, link, feedbackNode(record));
  }

  fail(failure) {
    this.settle();
    this.sentences.querySelectorAll("li").forEach((node) => node.classList.add("unfinished"));
    this.rest.replaceChildren(el("div", { class: "failure", role: "alert" },
      el("h3", {}, failure.code === "stopped" ? "Stopped" : "This could not be answered"),
      el("p", {}, failure.message),
      this.sentences.children.length ? el("p", {}, "The sentences above were checked, but the answer is not complete.") : null,
      el("p", { class: "failure-foot" }, el("button", { type: "button", class: "secondary", onclick: this.retry }, "Try again"),
        el("code", {}, failure.code))));
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

const REMARKS = { helpful: "Helpful", wrong: "Wrong" };
const ABSENT_REMARKS = { helpful: "Right, it is not here", should_have_answered: "It is in the collection" };

function feedbackNode(record) {
  const remarks = record.outcome === "not_in_corpus" ? ABSENT_REMARKS : REMARKS;
  const node = el("span", { class: "feedback", role: "group", "aria-label": "Feedback on this answer" },
    Object.entries(remarks).map(([reason, words]) => el("button", { type: "button", class: "quiet", onclick: async () => {
      try {
        await tell("/v1/feedback", { answer_id: record.answer_id, reason });
        node.replaceChildren("Noted, thank you.");
      } catch (failure) {
        node.replaceChildren(`Not noted: ${failure.message}`);
      }
    } }, words)));
  return node;
}

function removedNode(removed) {
  return el("details", { class: "removed" },
    el("summary", {}, `${count(removed.length, "sentence")} withheld after checking`),
    el("ul", {}, removed.map((item) => el("li", {}, verdictMark(item.verdict, item.reason),
      el("p", {}, el("span", { class: "words" }, item.text), el("span", { class: "why" }, `${VERDICTS[item.verdict]}: ${item.reason}`))))));
}

function methodNode(record) {
  const how = record.answerer === "extractive"
    ? "Sentences quoted verbatim from the cables; no language model took part."
    : `Written by ${record.answerer}, each sentence checked against the paragraph it cites.`;
  const total = record.timings_ms.total;
  return el("p", { class: "method" }, `${how} Checked by ${record.verifier}. Collection ${record.snapshot}.`, total ? ` ${Math.round(total)} ms.` : "");
}

export function asText(record) {
  const notes = record.citations.map((citation) =>
    `[${citation.marker}] ${citation.label}, ${[citation.origin, sentOn(citation), citation.subject].filter(Boolean).join(", ")}: “${citation.quote}”`);
  return `${record.question}\n\n${record.text}\n\n${notes.join("\n")}\n`;
}
