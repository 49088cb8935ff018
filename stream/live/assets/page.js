// Puts the page together: state first, then controls, then what moves.

import * as backgrounds from "./backgrounds.js";
import * as cameras from "./cameras.js";
import * as controls from "./controls.js";
import { ask, Link } from "./link.js";
import { change, current, heard, onRefusal, reset, togglePrivate, watch } from "./look.js";
import * as preview from "./preview.js";
import * as status from "./status.js";

const at = (id) => document.getElementById(id);
const RETRY = 2000;

const link = new Link("/status", {
  open: () => lost(""),
  message: (event) => {
    const news = JSON.parse(event.data);
    heard(news.look);
    status.show(news.status);
    cameras.current(news.status.camera);
  },
  lost,
});

function lost(line) {
  at("lost").textContent = line;
  at("lost").hidden = !line;
  if (line) status.forget();
  document.body.classList.toggle("cut", Boolean(line));
}

function privacy() {
  at("privacy").addEventListener("click", togglePrivate);
  watch((look) => {
    at("privacy").setAttribute("aria-checked", look.private);
    document.body.classList.toggle("private", look.private);
  });
  onRefusal((fields, line) => {
    if (!fields.includes("private") && !fields.includes("defaults")) return;
    at("privacy-error").textContent = line;
    at("privacy-error").hidden = !line;
  });
}

const KEYS = {
  p: togglePrivate,
  m: () => change({ view: current().view === "matte" ? "picture" : "matte" }),
  b: backgrounds.next,
};

function shortcuts() {
  document.addEventListener("keydown", (event) => {
    const takesLetters = event.target.matches?.("select, textarea, input:not([type=range], [type=radio], [type=checkbox])");
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || takesLetters) return;
    if (at("shortcuts").checked) KEYS[event.key.toLowerCase()]?.();
  });
}

async function begin() {
  const { data, error } = await ask("/state");
  if (error) {
    lost(error);
    setTimeout(begin, RETRY);
    return;
  }
  heard(data.look);
  privacy(); // first of all: it must not wait for anything
  shortcuts();
  link.open();
  preview.begin();
  const tiles = backgrounds.begin(data);
  controls.build(data);
  cameras.begin();
  at("defaults").addEventListener("click", reset);
  await tiles;
  document.body.classList.add("ready");
}

begin();
