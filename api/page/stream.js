// The API as the page uses it: one error type, and an answer as a stream that survives a cut.

import { askForKey, heldKey } from "./key.js";

export class Failure extends Error {
  constructor(code, message, detail = {}) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

const UNREACHABLE = "The server cannot be reached. Is it still running?";

async function send(path, { method = "GET", body, headers = {}, signal } = {}) {
  const key = heldKey();
  const all = { Accept: "application/json", ...headers, ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  if (body !== undefined) all["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers: all, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure("unreachable", UNREACHABLE);
  }
  if (response.ok) return response;
  const refused = await response.json().catch(() => ({}));
  const { code = "http", message = `The server answered ${response.status}.`, detail } = refused.error ?? {};
  // A server beyond the loopback asks for a key; with one given, the same request goes out again.
  if (response.status === 401 && (await askForKey(message, key))) return send(path, { method, body, headers, signal });
  throw new Failure(code, message, detail);
}

export const read = async (path, signal) => (await send(path, { signal })).json();
export const tell = async (path, body) => (await send(path, { method: "POST", body })).json();
export const change = async (path, body) => (await send(path, { method: "PATCH", body })).json();
export const remove = async (path) => { await send(path, { method: "DELETE" }); };

// A file that the server writes, with the name that it gives it.
export async function fetchFile(path) {
  const response = await send(path, { headers: { Accept: "*/*" } });
  const [, name = "cableqa"] = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "") ?? [];
  return { blob: await response.blob(), name };
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    const blocks = buffer.split("\n\n");
    buffer = blocks.pop();
    for (const block of blocks) {
      const event = { name: "message", data: "", id: null };
      for (const line of block.split("\n")) {
        if (line.startsWith("event: ")) event.name = line.slice(7);
        else if (line.startsWith("data: ")) event.data += line.slice(6);
        else if (line.startsWith("id: ")) event.id = line.slice(4);
      }
      if (event.data) yield event;
    }
  }
}

const RETRIES = 3;

// Yields {name, data} up to and with `answer`. A stream that ends without it is taken up again behind
// the last event seen; an `error` event is thrown as a Failure.
export async function* ask(question, signal) {
  let last = null;
  // Only what brings nothing counts as a try that failed.
  for (let failed = 0; failed <= RETRIES; failed += 1) {
    const headers = { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
    if (failed) await new Promise((resume) => setTimeout(resume, 400 * failed));
    try {
      const response = await send("/v1/answers/stream", { method: "POST", headers, body: question, signal });
      for await (const event of events(response.body)) {
        last = event.id ?? last;
        failed = -1;
        const data = JSON.parse(event.data);
        if (event.name === "error") throw new Failure(data.error.code, data.error.message, data.error.detail);
        yield { name: event.name, data };
        if (event.name === "answer") return;
      }
    } catch (error) {
      const cut = error instanceof TypeError || (error.code === "unreachable" && last);
      if (!cut) throw error;
    }
  }
  throw new Failure("cut", "The connection was lost before the answer was complete.");
}
