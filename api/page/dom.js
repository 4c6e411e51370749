// Building elements. Text only ever goes in as text nodes, so nothing in a cable can become markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== "" && child !== false));
  return node;
}

export const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
export const byId = (id) => document.getElementById(id);

export const button = (words, onclick, attributes = {}) => el("button", { type: "button", class: "quiet", onclick, ...attributes }, words);

// What went wrong, as a box with a way on.
export function failureBox(title, failure, again = null) {
  return el("div", { class: "failure", role: "alert" },
    el("h3", {}, title), el("p", {}, failure.message),
    el("p", { class: "failure-foot" }, again ? button("Try again", again, { class: "secondary" }) : null, el("code", {}, failure.code)));
}

// Offsets in a record count characters as Python does; a JavaScript string counts UTF-16 units.
export function sliceCharacters(text, start, end) {
  return Array.from(text).slice(start, end).join("");
}

const ICONS = {
  supported: "M4 8.500 7 11.500 12.500 5",
  partial: "M3.500 9.200c1.300-2.600 3-2.600 4.500-1.200s3.200 1.400 4.500-1.200",
  contradicted: "M4.500 4.500l7 7M11.500 4.500l-7 7",
  misattributed: "M3.500 6h8l-2.500-2.500M12.500 10h-8l2.500 2.500",
  not_found: "M5.700 6.200c0-3.300 4.800-3.300 4.800-.4 0 1.900-2.300 1.900-2.300 3.800M8.200 12.300v.3",
  uncited: "M4 8h8",
};

export const VERDICTS = {
  supported: "Supported",
  partial: "Partly supported",
  contradicted: "Contradicted by its source",
  misattributed: "Cited to the wrong paragraph",
  not_found: "Not found in its source",
  uncited: "No citation",
};

export function verdictMark(verdict, reason) {
  const words = VERDICTS[verdict] ?? verdict;
  return el("span", { class: `verdict ${verdict}`, title: reason ? `${words}: ${reason}` : words, role: "img", "aria-label": words },
    svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: ICONS[verdict] ?? ICONS.not_found })));
}

// A bar that is full at `best`; drawn, because the content security policy allows no inline style.
export function scoreBar(score, best) {
  const width = Math.max(2, 72 * Math.max(score, 0) / best);
  return svg("svg", { viewBox: "0 0 72 5", class: "bar", role: "img", "aria-label": `Score ${score.toFixed(3)}` },
    svg("rect", { class: "track", width: 72, height: 5, rx: 2.5 }), svg("rect", { class: "value", width, height: 5, rx: 2.5 }));
}

const LONG = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const MONTH = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });

// A date no more exact than its source: a cable dated by its number alone has only a year.
export function sentOn(header) {
  const day = header.sent_at ?? header.date_from;
  if (!day) return "undated";
  const when = new Date(day);
  if (header.date_precision === "year") return `${when.getUTCFullYear()}`;
  if (header.date_precision === "month") return MONTH.format(when);
  return LONG.format(when);
}

export const inLong = (day) => LONG.format(new Date(day));
export const inMonth = (day) => MONTH.format(new Date(day));
export const fromLine = (header) => [header.origin, sentOn(header), header.subject].filter(Boolean).join(" · ");
export const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

// The address of the page with some of its parameters set, or taken out where null; no new entry in the history.
export function setAddress(changes) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    url.searchParams.delete(name);
    for (const each of [value].flat()) if (each !== null && each !== "") url.searchParams.append(name, each);
  }
  history.replaceState(history.state, "", url);
}

// A press that the browser should handle itself: a new tab or window.
export const elsewhere = (event) => event.metaKey || event.ctrlKey || event.shiftKey || event.button > 0;
