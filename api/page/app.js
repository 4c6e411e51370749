// The page: what holds the question box, the turns and the reader together.

import { Turn } from "./answer.js";
import { byId, count, el, sentOn } from "./dom.js";
import { FilterBar } from "./filters.js";
import { Reader } from "./reader.js";
import { Failure, ask, read } from "./stream.js";

const turns = [];
const reader = new Reader(byId("reader"), byId("desk"));
const filters = new FilterBar();
const question = byId("question");
const HISTORY_TURNS = 6;
let running = null;

const announce = (text) => { byId("status").textContent = text; };
const open = (...source) => reader.open(...source);

function busy(controller) {
  running = controller;
  byId("send").hidden = controller !== null;
  byId("stop").hidden = controller === null;
}

function addTurn(text, retry) {
  byId("welcome").hidden = true;
  byId("column").classList.add("asked-once");
  const turn = new Turn(text, { open, retry, announce });
  byId("turns").append(turn.node);
  return turn;
}

async function submit(text) {
  if (running) return;
  const history = turns.slice(-HISTORY_TURNS).map(({ record }) => ({ question: record.question, answer: record.text }));
  const turn = addTurn(text, () => { turn.node.remove(); submit(text); });
  const controller = new AbortController();
  busy(controller);
  announce("Reading the cables.");
  turn.node.scrollIntoView({ block: "start", behavior: "smooth" });
  try {
    for await (const { name, data } of ask({ question: text, history, filters: filters.asFilters() }, controller.signal)) {
      if (name === "retrieved") turn.retrieved(data);
      else if (name === "sentence") turn.sentence(data);
      else if (name === "answer") finish(turn, data);
    }
  } catch (error) {
    if (error.name === "AbortError") turn.fail(new Failure("stopped", "You stopped this answer."));
    else if (error instanceof Failure) turn.fail(error);
    else throw error;
  } finally {
    busy(null);
  }
}

function finish(turn, record) {
  turn.finish(record);
  turns.push(turn);
  question.placeholder = "Ask a follow-up, or something else";
  const url = new URL(location.href);
  url.searchParams.set("answer", record.answer_id);
  for (const spent of ["cable", "paragraph", "q"]) url.searchParams.delete(spent);
  history.replaceState(null, "", url);
}

async function showStored(answerId) {
  const turn = addTurn("", () => location.reload());
  try {
    const record = await read(`/v1/answers/${encodeURIComponent(answerId)}`);
    turn.node.querySelector(".asked").textContent = record.question;
    finish(turn, record);
  } catch (failure) {
    turn.node.querySelector(".asked").textContent = "An earlier answer";
    turn.fail(failure);
  }
}

function describe(about) {
  byId("holding").textContent = `${count(about.cables, "cable")} · ${count(about.paragraphs, "paragraph")}`;
  const extractive = about.answerer === "extractive";
  byId("engine").textContent = extractive ? "Extractive: verbatim quotations, no language model" : `Answers written by ${about.answerer}`;
  byId("engine").title = extractive ? "No language model is configured. Answers are sentences of the cables themselves." : "Each sentence is checked against the paragraph it cites before it is shown.";
  byId("privacy").textContent = about.keep_questions_days
    ? `Questions and answers are kept here for ${count(about.keep_questions_days, "day")}.`
    : "Questions and answers are not kept.";
  question.maxLength = about.question_limit_chars;
}

function welcome(about, list) {
  const node = byId("welcome");
  const intro = [
    el("h1", {}, "Ask the cables."),
    el("p", { class: "lede" }, "Every sentence of an answer cites the paragraph it rests on, quotes its exact words, and is checked before you see it. What is not in this collection is said not to be."),
  ];
  if (!about.cables) {
    node.replaceChildren(...intro, el("div", { class: "empty" }, el("h2", {}, "This collection is still empty"),
      el("p", {}, "Read a folder of cables in, then ask:"), el("pre", {}, el("code", {}, "cableqa ingest PATH"))));
  } else {
    node.replaceChildren(...intro,
      el("h2", { class: "label" }, "Try a question"),
      el("ul", { class: "examples" }, about.examples.map((text) => el("li", {}, el("button", { type: "button", onclick: () => submit(text) }, text)))),
      el("h2", { class: "label" }, "In this collection"),
      el("ul", { class: "cables" }, list.cables.map((cable) => el("li", {},
        el("button", { type: "button", onclick: () => reader.open(cable.cable_id) },
          el("span", { class: "cables-subject" }, cable.subject ?? cable.cable_id),
          el("span", { class: "cables-from" }, `${cable.cable_id} · ${sentOn(cable)}`))))));
  }
  node.hidden = false;
}

async function start() {
  const asked = new URLSearchParams(location.search);
  try {
    const [about, list] = await Promise.all([read("/v1/about"), read("/v1/cables?limit=6")]);
    describe(about);
    filters.offer(list.facets);
    if (asked.get("answer")) await showStored(asked.get("answer"));
    else welcome(about, list);
    if (asked.get("cable")) reader.open(asked.get("cable"), asked.get("paragraph"));
    if (asked.get("q")) submit(asked.get("q"));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    byId("welcome").replaceChildren(el("div", { class: "failure", role: "alert" },
      el("h1", {}, "The collection cannot be read"), el("p", {}, failure.message),
      el("p", { class: "failure-foot" }, el("button", { type: "button", class: "secondary", onclick: () => location.reload() }, "Try again"), el("code", {}, failure.code))));
    byId("welcome").hidden = false;
  }
}

function grow() {
  question.style.height = "auto";
  question.style.height = `${Math.min(question.scrollHeight, 220)}px`;
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = question.value.trim();
  if (!text || running) return;
  question.value = "";
  grow();
  submit(text);
});
byId("stop").addEventListener("click", () => running?.abort());
question.addEventListener("input", grow);
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    byId("ask").requestSubmit();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") reader.close();
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName);
  if (event.key === "/" && !typing && !event.metaKey && !event.ctrlKey) {
    event.preventDefault();
    question.focus();
  }
});
start();
