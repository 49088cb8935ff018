// The way to the server: questions, and two sockets that come back by themselves.

const PATIENCE = 10000;
const LOST = "The connection is lost. Trying again …";
const STALE = "The program was started anew: open the address that it printed.";

/** Ask the server; gives {data} or {error}, a line to show, and never throws. */
export async function ask(path, body) {
  const options = { signal: AbortSignal.timeout(PATIENCE) };
  if (body !== undefined) {
    Object.assign(options, { method: "POST", body: JSON.stringify(body) });
  }
  try {
    return await answer(await fetch(path, options));
  } catch {
    return { error: "Not done: the program does not answer." };
  }
}

async function answer(response) {
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  const data = isJson ? await response.json() : null;
  if (response.ok && isJson) return { data };
  return { error: data?.error ?? `Not done: the program answers ${response.status}.` };
}

/** A socket that opens again whenever it closes, until `close` is called. */
export class Link {
  #path; #on; #socket = null; #wanted = false; #wait = 0; #timer = 0;

  /** on: {open(socket), message(event), lost(line)}, each optional. */
  constructor(path, on) {
    this.#path = path;
    this.#on = on;
  }

  open() {
    this.#wanted = true;
    clearTimeout(this.#timer);
    if (this.#socket) return;
    const socket = new WebSocket(`ws://${location.host}${this.#path}`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => { this.#wait = 0; this.#on.open?.(socket); };
    socket.onmessage = (event) => { if (this.#socket === socket) this.#on.message(event); };
    socket.onclose = () => { if (this.#socket === socket) this.#closed(); };
  }

  send(value) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(value));
  }

  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #closed() {
    this.#socket = null;
    if (!this.#wanted) return;
    this.#on.lost?.(LOST);
    this.#wait = Math.min(4000, this.#wait * 2 || 500);
    this.#timer = setTimeout(() => this.open(), this.#wait);
    this.#explain();
  }

  async #explain() {
    if (!this.#on.lost) return;
    const response = await fetch("/state").catch(() => null);
    if (response?.status === 403) this.#on.lost(STALE);
  }
}
