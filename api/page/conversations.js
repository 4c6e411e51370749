// Conversations: the list in a drawer, and the one that questions join.

import { button, byId, count, el, elsewhere, failureBox, inLong, setAddress } from "./dom.js";
import { copyButton } from "./copying.js";
import { exportMenu } from "./exporting.js";
import { change, read, remove, tell } from "./stream.js";

const TITLE_LIMIT = 90;
const address = (id) => `/?conversation=${encodeURIComponent(id)}`;
const path = (id) => `/v1/conversations/${encodeURIComponent(id)}`;

// The conversation that the page is in; begun by its first question, and only where answers are kept.
export class Conversation {
  constructor() {
    this.id = null;
    // A question may be quicker than what the server says of itself: whether it is kept is waited for.
    this.kept = new Promise((resolve) => { this.keeps = resolve; });
  }

  async join(question) {
    if (!(await this.kept)) return null;
    if (!this.id) {
      const title = question.length > TITLE_LIMIT ? `${question.slice(0, TITLE_LIMIT - 1).trimEnd()}…` : question;
      this.id = (await tell("/v1/conversations", { title })).conversation_id;
      setAddress({ conversation: this.id });
    }
    return this.id;
  }

  async load(id) {
    const record = await read(path(id));
    this.id = record.conversation_id;
    return record;
  }
}

export class Drawer {
  // `left()` is called when the conversation that is open was deleted.
  constructor(dialog, opener, conversation, left) {
    Object.assign(this, { dialog, conversation, left });
    this.list = el("ul", { class: "conversations" });
    this.dialog.append(el("div", { class: "drawer-head" },
      el("h2", { id: "drawer-title" }, "Conversations"),
      el("button", { type: "button", class: "close", "aria-label": "Close the conversations", onclick: () => dialog.close() }, "×")),
    el("a", { class: "secondary", href: "/" }, "New conversation"), this.list);
    opener.addEventListener("click", () => this.open());
    // A press outside the drawer falls on the dialog itself.
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  }

  async open() {
    if (!this.dialog.open) this.dialog.showModal();
    this.list.replaceChildren(el("li", { class: "skeleton", role: "status", "aria-label": "Loading" }, el("i"), el("i"), el("i"), el("i")));
    try {
      const { conversations } = await read("/v1/conversations?limit=200");
      const begun = conversations.filter((each) => each.answer_ids.length);
      this.list.replaceChildren(...begun.map((each) => this.item(each)), ...(begun.length ? [] : [empty()]));
    } catch (failure) {
      this.list.replaceChildren(el("li", {}, failureBox("The conversations cannot be read", failure, () => this.open())));
    }
  }

  item(conversation) {
    const { conversation_id: id, title, updated_at, answer_ids } = conversation;
    const node = el("li", { class: "conversation" });
    const current = id === this.conversation.id;
    node.append(
      el("a", { href: address(id), "aria-current": current ? "page" : null, onclick: (event) => { if (current && !elsewhere(event)) { event.preventDefault(); this.dialog.close(); } } }, title),
      el("p", {}, `${count(answer_ids.length, "answer")} · ${inLong(updated_at)}`),
      el("div", { class: "conversation-tools" },
        button("Rename", () => this.rename(node, conversation), { "aria-label": `Rename ${title}` }),
        copyButton("Copy link", () => location.origin + address(id)),
        exportMenu(() => `${path(id)}/export`),
        button("Delete", () => this.ask(node, conversation), { "aria-label": `Delete ${title}` })));
    return node;
  }

  rename(node, conversation) {
    const field = el("input", { type: "text", value: conversation.title, maxlength: 200, required: true, "aria-label": "New title" });
    const back = (now) => { const item = this.item(now); node.replaceWith(item); item.querySelector("button").focus(); };
    node.replaceChildren(el("form", { class: "remark", onsubmit: async (event) => {
      event.preventDefault();
      if (!field.value.trim()) return;
      try {
        back({ ...conversation, ...(await change(path(conversation.conversation_id), { title: field.value.trim() })) });
      } catch (failure) {
        node.replaceChildren(failureBox("Not renamed", failure, () => back(conversation)));
      }
    } }, field, el("button", { type: "submit", class: "secondary small" }, "Save"), button("Keep the old", () => back(conversation))));
    field.select();
  }

  // Asked once more, for there is no way back.
  ask(node, conversation) {
    const keep = button("Keep it", () => { const item = this.item(conversation); node.replaceWith(item); item.querySelector("a").focus(); });
    node.replaceChildren(el("p", { class: "conversation-ask" }, `Delete “${conversation.title}”?`),
      el("p", { class: "conversation-tools" },
        button("Yes, delete it", async () => {
          try {
            await remove(path(conversation.conversation_id));
          } catch (failure) {
            node.replaceChildren(failureBox("Not deleted", failure, () => this.open()));
            return;
          }
          node.remove();
          if (!this.list.children.length) this.list.append(empty());
          byId("status").textContent = "The conversation is deleted.";
          if (conversation.conversation_id === this.conversation.id) this.left();
          this.dialog.querySelector("a").focus();
        }, { class: "quiet danger" }), keep));
    keep.focus();
  }
}

const empty = () => el("li", { class: "conversations-empty" }, "No conversation yet. The first question begins one.");
