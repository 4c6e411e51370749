// An answer as text to take away, every citation with its words.

import { button, el, fromLine } from "./dom.js";

export function asText(record) {
  const notes = record.citations.map((citation) => `[${citation.marker}] ${citation.label}, ${fromLine(citation)}: “${citation.quote}”`);
  const method = `Checked by ${record.verifier}; collection ${record.snapshot}; answer ${record.answer_id}.`;
  return `${record.question}\n\n${record.text}\n\n${notes.join("\n")}\n\n${method}\n`;
}

// A button that says for a moment that it has copied.
export function copyButton(words, text) {
  const node = button(words, async () => {
    node.textContent = (await copy(text())) ? "Copied" : "Copying is not allowed here";
    setTimeout(() => { node.textContent = words; }, 1800);
  });
  return node;
}

async function copy(text) {
  // The clipboard of a page that is not on the loopback or under https is closed; the old way is not.
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(() => true, () => false);
  }
  const area = el("textarea", { class: "hidden", readonly: true });
  area.value = text;
  const before = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  return done;
}
