// What a reader thinks: of an answer, or of one citation. Two presses at most, a few words if they like.

import { button, el } from "./dom.js";
import { inHeader } from "./outcome.js";
import { tell } from "./stream.js";

const OF_ANSWER = { helpful: "Helpful", wrong: "Wrong", incomplete: "Incomplete", should_have_abstained: "Should not have answered" };
const OF_ABSENCE = { helpful: "Right, it is not here", should_have_answered: "It is in the collection" };
const OF_CITATION = { helpful: "Supports it", does_not_support: "Does not support it", wrong_paragraph: "Wrong paragraph" };

export function answerRemarks(record) {
  const reasons = record.outcome === "not_in_corpus" && !inHeader(record) ? OF_ABSENCE : OF_ANSWER;
  return remarks("Your judgement:", "Feedback on this answer", reasons, { answer_id: record.answer_id });
}

export function citationRemarks(answerId, marker) {
  return remarks("Is it right?", `Feedback on citation ${marker}`, OF_CITATION, { answer_id: answerId, marker });
}

// `question` is seen, `name` is what a screen reader calls the group.
function remarks(question, name, reasons, about) {
  const node = el("span", { class: "feedback", role: "group", "aria-label": name });
  const give = async (reason, comment) => {
    try {
      await tell("/v1/feedback", { ...about, reason, ...(comment ? { comment } : {}) });
      said(node, "Noted, thank you.");
    } catch (failure) {
      said(node, `Not noted: ${failure.message}`);
    }
  };
  node.append(el("span", {}, question), ...Object.entries(reasons).map(([reason, words]) =>
    button(words, () => (reason === "helpful" ? give(reason) : node.replaceChildren(form(words, (comment) => give(reason, comment)))))));
  return node;
}

function form(words, give) {
  const field = el("input", { type: "text", maxlength: 4000, placeholder: "What is wrong? (optional)", "aria-label": `${words}: what is wrong? Optional` });
  queueMicrotask(() => field.focus());
  return el("form", { class: "remark", onsubmit: (event) => { event.preventDefault(); give(field.value.trim()); } },
    field, el("button", { type: "submit", class: "secondary small" }, "Send"));
}

function said(node, words) {
  const line = el("span", { role: "status", tabindex: "-1" }, words);
  node.replaceChildren(line);
  line.focus({ preventScroll: true });
}
