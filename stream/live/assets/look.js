// The look in force: what the server says, with what the operator is just changing laid over it.

import { ask } from "./link.js";

const SETTLING = 700; // ms for which news that was under way is older than the last answer

let said = null;
let waiting = {};
let underWay = {};
let busy = false;
let settled = -SETTLING;
let hiding = false;
let wish = null;
const watchers = [];
const complaints = [];

/** Call `see(look)` now and on every change. */
export function watch(see) {
  watchers.push(see);
  if (said) see(current());
}

/** Call `hear(fields, line)` when a change was refused; line is "" when one was taken. */
export function onRefusal(hear) {
  complaints.push(hear);
}

export function current() {
  return { ...said, ...underWay, ...waiting };
}

/** Change fields; sends the newest values as fast as the server takes them. */
export function change(changes) {
  Object.assign(waiting, changes);
  publish();
  if (!busy) flush();
}

/** Slate on or off. No other change holds it up; it is shown only once the server has said so. */
export async function togglePrivate() {
  wish = !(wish ?? said.private);
  if (hiding) return; // the one under way goes on to the newest wish
  hiding = true;
  let line = "";
  while (wish !== said.private && !line) {
    const { data, error } = await ask("/look", { private: wish });
    if (data) said = { ...said, private: data.look.private };
    line = error ?? "";
  }
  hiding = false;
  wish = null;
  publish();
  complain(["private"], line);
}

/** As the program was started. */
export async function reset() {
  const { data, error } = await ask("/defaults", {});
  if (data) accept(data.look);
  complain(["defaults"], error ?? "");
}

/** The server's look, as its status tells it now and then. */
export function heard(look) {
  const keep = hiding && said ? { private: said.private } : {};
  if (busy || performance.now() - settled < SETTLING) {
    said = { ...said, private: look.private, ...keep };
  } else {
    said = { ...look, ...keep };
  }
  publish();
}

async function flush() {
  busy = true;
  while (Object.keys(waiting).length) {
    underWay = waiting;
    waiting = {};
    const fields = Object.keys(underWay);
    const { data, error } = await ask("/look", underWay);
    underWay = {};
    if (data) accept(data.look);
    else publish();
    complain(fields, error ?? "");
  }
  busy = false;
}

function accept(look) {
  settled = performance.now();
  said = { ...look, private: said?.private ?? look.private };
  publish();
}

function publish() {
  if (!said) return;
  for (const see of watchers) see(current());
}

function complain(fields, line) {
  for (const hear of complaints) hear(fields, line);
}
