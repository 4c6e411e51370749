// Work products to take away: an answer, a conversation or a search, in the formats that the server writes.

import { button, byId, el } from "./dom.js";
import { fetchFile } from "./stream.js";

const FORMATS = { markdown: "Markdown", csv: "CSV", bibtex: "BibTeX", ris: "RIS", html: "Printable page" };

// `path()` is the address of the export without its format.
export function exportMenu(path) {
  const menu = el("details", { class: "menu" });
  const save = (format) => async () => {
    menu.open = false;
    menu.firstChild.focus();
    try {
      download(await fetchFile(`${path()}${path().includes("?") ? "&" : "?"}format=${format}`));
      byId("status").textContent = `Exported as ${FORMATS[format]}.`;
    } catch (failure) {
      menu.after(el("span", { class: "menu-failed", role: "alert" }, `Not exported: ${failure.message}`));
    }
  };
  menu.append(el("summary", {}, "Export"), el("ul", {}, Object.entries(FORMATS).map(([format, words]) => el("li", {}, button(words, save(format))))));
  // A menu closes where one leaves it: by Escape, or by going elsewhere.
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    event.preventDefault();
    menu.open = false;
    menu.firstChild.focus();
  });
  menu.addEventListener("focusout", (event) => { if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false; });
  menu.addEventListener("toggle", () => { if (menu.open && menu.nextElementSibling?.matches(".menu-failed")) menu.nextElementSibling.remove(); });
  return menu;
}

function download({ blob, name }) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
