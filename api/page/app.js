// The page of questions: what holds the question box, the turns, the conversation and the reader together.

import { Turn } from "./answer.js";
import { Conversation, Drawer } from "./conversations.js";
import { button, byId, count, el, sentOn, setAddress } from "./dom.js";
import { FilterBar } from "./filters.js";
import { describe, emptyBox, listenForKeys, unreadable } from "./masthead.js";
import { Reader } from "./reader.js";
import { Failure, ask, read } from "./stream.js";

const turns = [];
const reader = new Reader(byId("reader"), byId("desk"), byId("column"));
const filters = new FilterBar(() => { byId("browse").href = `/browse?${filters.asQuery()}`; });
const conversation = new Conversation();
const drawer = new Drawer(byId("drawer"), byId("open-drawer"), conversation, () => location.assign("/"));
const question = byId("question");
const HISTORY_TURNS = 6;
const FOLLOW_UP = "Ask a follow-up";
let running = null;

const announce = (text) => { byId("status").textContent = text; };
const open = (...source) => reader.open(...source);

function busy(controller) {
  running = controller;
  byId("send").hidden = controller !== null;
  byId("stop").hidden = controller === null;
}

function addTurn(text, again) {
  toWelcome(false);
  const widen = filters.active.length ? () => { filters.clear(); again(); } : null;
  const turn = new Turn(text, { open, again, widen, announce });
  byId("turns").append(turn.node);
  return turn;
}

async function submit(text) {
  if (running) return;
  const turn = addTurn(text, () => {
    if (running) return;
    if (!turn.record) turn.node.remove();
    submit(text);
  });
  const controller = new AbortController();
  busy(controller);
  announce("Searching the cables.");
  reader.close();
  turn.node.scrollIntoView({ block: "start", behavior: "smooth" });
  try {
    const history = turns.slice(-HISTORY_TURNS).map(({ record }) => ({ question: record.question, answer: record.text }));
    const asked = { question: text, history, filters: filters.asFilters(), conversation_id: await conversation.join(text) };
    for await (const { name, data } of ask(asked, controller.signal)) {
      if (name === "retrieved") turn.retrieved(data);
      else if (name === "sentence") turn.sentence(data);
      else if (name === "answer") finish(turn, data);
    }
  } catch (error) {
    if (error.name === "AbortError") turn.fail(new Failure("stopped", "You stopped this answer."));
    else if (error instanceof Failure) {
      // Deleted meanwhile: the next try begins another.
      if (error.detail?.conversation_id) conversation.id = null;
      turn.fail(error);
    } else throw error;
  } finally {
    busy(null);
  }
}

function finish(turn, record) {
  turn.finish(record);
  turns.push(turn);
  question.placeholder = FOLLOW_UP;
  setAddress({ answer: record.answer_id, q: null });
}

// A conversation as it was: every answer drawn from its record, with its citations.
async function showConversation(id) {
  const record = await conversation.load(id);
  document.title = `${record.title} · cableqa`;
  const gone = record.answer_ids.length - record.answers.length;
  if (gone) byId("turns").append(el("p", { class: "note gone" }, `${count(gone, "answer")} of this conversation ${gone === 1 ? "is" : "are"} no longer kept.`));
  for (const answer of record.answers) show(answer);
}

function show(record) {
  const turn = addTurn(record.question, () => submit(record.question));
  turn.finish(record);
  turns.push(turn);
  question.placeholder = FOLLOW_UP;
}

async function showStored(asked) {
  const [id, answerId] = [asked.get("conversation"), asked.get("answer")];
  if (!id && !answerId) return;
  try {
    if (id) await showConversation(id);
    else show(await read(`/v1/answers/${encodeURIComponent(answerId)}`));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    addTurn(id ? "An earlier conversation" : "An earlier answer", () => location.reload()).fail(failure);
  }
  const asksFor = byId(`answer-${answerId}`);
  if (asksFor && turns.length > 1) asksFor.scrollIntoView({ block: "start" });
}

// The cable that the address names, with the quotation marked where one of the answers cites it.
function openNamed(asked) {
  const [cable, paragraph, marker] = ["cable", "paragraph", "marker"].map((name) => asked.get(name));
  if (!cable) return;
  const turn = turns.find(({ record }) => record.answer_id === asked.get("answer")) ?? null;
  const citation = turn?.citations.find((each) => `${each.marker}` === marker && each.cable_id === cable) ?? null;
  reader.open(cable, paragraph, citation, turn);
}

function welcome(about, list) {
  const node = byId("welcome");
  if (!about.cables) node.append(emptyBox());
  else {
    node.append(
      el("h2", { class: "label" }, "Try a question"),
      el("ul", { class: "examples" }, about.examples.map((text) => el("li", {}, button(text, () => submit(text), { class: null })))),
      el("h2", { class: "label" }, "In this collection ", el("a", { href: "/browse" }, "Browse it all")),
      el("ul", { class: "cables" }, list.cables.map((cable) => el("li", {},
        el("button", { type: "button", onclick: () => reader.open(cable.cable_id) },
          el("span", { class: "cables-subject" }, cable.subject ?? cable.cable_id),
          el("span", { class: "cables-from" }, `${cable.cable_id} · ${sentOn(cable)}`))))));
  }
  toWelcome(true);
}

// The column is shown once it is known which of the two it holds: a welcome, or answers.
function toWelcome(wanted) {
  byId("welcome").hidden = !wanted;
  byId("desk").classList.toggle("asked-once", !wanted);
  byId("desk").classList.add("ready");
}

async function start() {
  const asked = new URLSearchParams(location.search);
  toWelcome(!["q", "answer", "conversation"].some((name) => asked.get(name)));
  try {
    const [about, list, timeline] = await Promise.all([read("/v1/about"), read("/v1/cables?limit=6"), read("/v1/timeline")]);
    describe(about);
    const kept = about.keep_questions_days > 0;
    conversation.keeps(kept);
    byId("privacy").textContent = kept
      ? `Questions and answers are kept here for ${count(about.keep_questions_days, "day")}.`
      : "Questions and answers are not kept.";
    question.maxLength = about.question_limit_chars;
    filters.offer(list.facets, timeline);
    await showStored(asked);
    if (!byId("turns").children.length) welcome(about, list);
    openNamed(asked);
    if (asked.get("q")) submit(asked.get("q"));
  } catch (failure) {
    conversation.keeps(true);
    if (!(failure instanceof Failure)) throw failure;
    byId("welcome").replaceChildren(unreadable(failure));
    toWelcome(true);
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
listenForKeys(reader, { c: () => drawer.open() });
start();
