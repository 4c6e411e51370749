// What both pages say at their top: how much is here, how it is answered, and which keys work.

import { byId, count, el, failureBox } from "./dom.js";

export function describe(about) {
  byId("holding").textContent = `${count(about.cables, "cable")} · ${count(about.paragraphs, "paragraph")}`;
  const extractive = about.answerer === "extractive";
  byId("engine").textContent = extractive ? "Verbatim quotations, no language model" : `Answers written by ${about.answerer}`;
  byId("engine").title = extractive ? "No language model is configured. Answers are sentences of the cables themselves." : "Each sentence is checked against the paragraph it cites before it is shown.";
}

export const emptyBox = () => el("div", { class: "empty" }, el("h2", {}, "This collection is still empty"),
  el("p", {}, "Read a folder of cables in, then ask:"), el("pre", {}, el("code", {}, "cableqa ingest PATH")));

export const unreadable = (failure) => failureBox("The collection cannot be read", failure, () => location.reload());

const KEYS = [["/", "Go to the question or the search"], ["n", "Next citation, in the open cable"], ["p", "Previous citation"], ["Esc", "Close what is open"], ["c", "Conversations"], ["?", "These keys"]];
// Whoever speaks to the machine may set single letters off by accident, and can turn them off.
const OFF = "cableqa.keys-off";

function showKeys() {
  const box = el("input", { type: "checkbox", checked: !localStorage.getItem(OFF), onchange: () => {
    if (box.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  } });
  const node = el("dialog", { class: "sheet", "aria-labelledby": "keys-title" },
    el("form", { method: "dialog" }, el("h2", { id: "keys-title" }, "Keys"),
      el("dl", { class: "keys" }, KEYS.map(([key, words]) => el("div", {}, el("dt", {}, el("kbd", {}, key)), el("dd", {}, words)))),
      el("label", { class: "check" }, box, "Single keys are on"),
      el("p", { class: "sheet-foot" }, el("button", { class: "primary", type: "submit" }, "Close"))));
  node.addEventListener("close", () => node.remove());
  document.body.append(node);
  node.showModal();
}

// `actions` are by key; single letters count only where nothing is being typed.
export function listenForKeys(reader, actions = {}) {
  const all = { "/": () => byId("question").focus(), n: () => reader.step(1), p: () => reader.step(-1), "?": showKeys, ...actions };
  byId("keys").addEventListener("click", showKeys);
  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") reader.close();
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName);
    if (typing || !Object.hasOwn(all, event.key) || localStorage.getItem(OFF)) return;
    event.preventDefault();
    all[event.key]();
  });
}
