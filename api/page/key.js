// A key, where the server asks for one: typed once, kept for this tab only.

import { el } from "./dom.js";

const PLACE = "cableqa.key";
let asking = null;

export const heldKey = () => sessionStorage.getItem(PLACE);

// True once another key than `refused` is at hand; false where none was given. One dialog for all that wait.
export function askForKey(message, refused) {
  if (heldKey() !== refused) return Promise.resolve(true);
  asking ??= dialog(message, refused).finally(() => { asking = null; });
  return asking;
}

function dialog(message, refused) {
  return new Promise((done) => {
    const field = el("input", { id: "key", type: "password", autocomplete: "off", required: true });
    const node = el("dialog", { class: "sheet", "aria-labelledby": "key-title" },
      el("form", { method: "dialog", onsubmit: () => sessionStorage.setItem(PLACE, field.value.trim()) },
        el("h2", { id: "key-title" }, refused ? "That key does not open this" : "This server asks for a key"),
        el("p", {}, message),
        el("label", { for: "key" }, "Key"), field,
        el("p", { class: "sheet-foot" }, el("button", { class: "primary", type: "submit" }, "Use this key"),
          el("button", { class: "secondary", type: "button", onclick: () => node.close() }, "Not now"))));
    node.addEventListener("close", () => { node.remove(); done(heldKey() !== refused); });
    document.body.append(node);
    node.showModal();
  });
}
