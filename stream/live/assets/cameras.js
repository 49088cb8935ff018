// Which camera, from those that there are.

import { ask } from "./link.js";

const list = document.getElementById("camera");
const note = document.getElementById("camera-note");
let inForce = "";

export function begin() {
  list.addEventListener("change", choose);
  document.getElementById("seek").addEventListener("click", seek);
  seek();
}

/** The name of the camera in force, as the status tells it. */
export function current(name) {
  if (name === inForce) return;
  inForce = name;
  mark();
}

async function seek() {
  const { data, error } = await ask("/cameras");
  say(error ?? (data.length ? "" : "No camera was found."), error);
  if (!data) return;
  list.replaceChildren(...data.map((camera) => new Option(camera.name, camera.path)));
  mark();
}

function mark() {
  const options = [...list.options];
  options.filter((option) => option.hidden).forEach((option) => option.remove());
  // The chosen one first: two cameras may have one name.
  const found = [...list.selectedOptions, ...options].find((option) => option.text === inForce && !option.hidden);
  if (found) {
    found.selected = true;
  } else {
    const other = new Option(inForce || "–", "", true, true);
    other.hidden = true;
    list.prepend(other);
  }
}

async function choose() {
  const { error } = await ask("/camera", { path: list.value });
  say(error ?? "", error);
  if (error) mark();
}

function say(line, isError) {
  note.textContent = line;
  note.classList.toggle("bad", Boolean(isError));
}
