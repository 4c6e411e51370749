// Building elements. Text only ever goes in as text nodes, so nothing in a cable can become markup.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export const byId = (id) => document.getElementById(id);

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
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[verdict] ?? ICONS.not_found);
  svg.append(path);
  const words = VERDICTS[verdict] ?? verdict;
  return el("span", { class: `verdict ${verdict}`, title: reason ? `${words}: ${reason}` : words, role: "img", "aria-label": words }, svg);
}

// A bar that is full at `best`; drawn, because the content security policy allows no inline style.
export function scoreBar(score, best) {
  const words = `Score ${score.toFixed(3)}`;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 72 5");
  svg.setAttribute("class", "bar");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", words);
  for (const [name, width] of [["track", 72], ["value", Math.max(2, 72 * Math.max(score, 0) / best)]]) {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [attribute, value] of [["class", name], ["width", width], ["height", 5], ["rx", 2.5]]) rect.setAttribute(attribute, value);
    svg.append(rect);
  }
  return svg;
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

export const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
