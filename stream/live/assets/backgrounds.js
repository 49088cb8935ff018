// The tiles of backgrounds, what belongs to the chosen one, and adding files.

import { ask } from "./link.js";
import { change, current, onRefusal, watch } from "./look.js";
import { translate } from "./controls.js";

const card = document.getElementById("backgrounds");
const files = document.getElementById("files");
const note = document.getElementById("background-note");
const colour = document.getElementById("colour");
const INVITATION = note.textContent;
let plain = 0.5; // the strength of a blur that names none
let strength = plain;
let known = new Map();
let missing = "";
let limits = { limit: 0, suffixes: [] };

const isBlur = (name) => name === "blur" || name.startsWith("blur:");
const kindOf = (name) => (isBlur(name) ? "blur" : name.startsWith("#") ? "colour" : name);
const strengthOf = (name) => Number(name.split(":")[1] ?? plain);

/** Wire the card up. state: what the server says. */
export async function begin(state) {
  plain = strength = state.blur;
  limits = state.upload;
  translate("blur", (look) => (isBlur(look.background) ? strengthOf(look.background) : undefined),
    (value) => change({ background: `blur:${value.toFixed(2)}` }));
  card.querySelectorAll(".tiles > label input[type=radio]").forEach(choosing);
  colour.addEventListener("input", () => change({ background: colour.value }));
  onRefusal((fields, line) => {
    if (!fields.includes("background")) return;
    if (line) say(line, true);
    else if (note.classList.contains("bad")) say(INVITATION);
  });
  document.getElementById("file").accept = limits.suffixes.join(",");
  document.getElementById("file").addEventListener("change", (event) => {
    add([...event.target.files]).then(() => { event.target.value = ""; });
  });
  dropping();
  await refresh();
  watch(show);
}

/** Choose the tile after the one in force. */
export function next() {
  const radios = [...card.querySelectorAll("input[name=background]")];
  const at = radios.findIndex((radio) => radio.checked);
  choose(radios[(at + 1) % radios.length].value);
}

function choose(kind) {
  if (kind === "blur") change({ background: `blur:${strength.toFixed(2)}` });
  else change({ background: kind === "colour" ? colour.value : kind });
}

function choosing(radio) {
  radio.addEventListener("change", () => choose(radio.value));
}

function show(look) {
  const name = look.background;
  if (isBlur(name)) strength = strengthOf(name);
  if (name.startsWith("#")) colour.value = name;
  card.style.setProperty("--chosen", colour.value);
  const kind = kindOf(name);
  for (const radio of card.querySelectorAll("input[name=background]")) radio.checked = radio.value === kind;
  const isFile = !isBlur(name) && !name.startsWith("#");
  for (const part of card.querySelectorAll("[data-for]")) {
    part.hidden = part.dataset.for !== (isFile ? "file" : kind);
  }
  if (isFile && !known.has(name) && missing !== name) {
    missing = name; // asked once, or a file that is gone would be asked for without end
    refresh();
  }
}

async function refresh() {
  const { data } = await ask("/backgrounds");
  if (!data) return;
  const old = known;
  known = new Map(data.map((entry) => [entry.name, old.get(entry.name) ?? tile(entry)]));
  files.replaceChildren(...known.values());
  if (old.size) show(current());
}

function tile(entry) {
  const label = document.createElement("label");
  label.className = `tile ${entry.kind}`;
  const radio = Object.assign(document.createElement("input"), { type: "radio", name: "background", value: entry.name });
  const face = Object.assign(document.createElement("span"), { className: "face" });
  const picture = Object.assign(new Image(), { alt: "", loading: "lazy", src: `/backgrounds/${encodeURIComponent(entry.name)}` });
  picture.onerror = () => picture.remove();
  face.append(picture);
  const name = Object.assign(document.createElement("span"), { className: "name", textContent: entry.title, title: entry.title });
  label.append(radio, face, name);
  choosing(radio);
  return label;
}

function dropping() {
  const has = (event) => event.dataTransfer?.types.includes("Files");
  // A file dropped beside the card would otherwise replace the page.
  for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
  card.addEventListener("dragover", (event) => card.classList.toggle("over", has(event)));
  card.addEventListener("dragleave", (event) => {
    if (!card.contains(event.relatedTarget)) card.classList.remove("over");
  });
  card.addEventListener("drop", (event) => {
    card.classList.remove("over");
    add([...event.dataTransfer.files]);
  });
}

async function add(chosen) {
  for (const file of chosen) {
    if (file.size > limits.limit) {
      say(`${file.name}: is larger than ${Math.round(limits.limit / 2 ** 20)} MB`, true);
      return;
    }
    const { data, error } = await upload(file);
    if (error) {
      say(error, true);
      return;
    }
    await refresh();
    change({ background: data.name });
    say(`${data.title} was added.`);
  }
}

/** XMLHttpRequest, since fetch does not tell how far an upload is. */
function upload(file) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/backgrounds?name=${encodeURIComponent(file.name)}`);
    request.responseType = "json";
    request.upload.onprogress = (event) => say(`${file.name}: ${Math.round((100 * event.loaded) / event.total)} %`);
    request.onerror = () => resolve({ error: `${file.name}: could not be sent` });
    request.onload = () => {
      const answer = request.response;
      if (request.status === 200) resolve({ data: answer });
      else resolve({ error: answer?.error ?? `${file.name}: the program answers ${request.status}` });
    };
    request.send(file);
  });
}

function say(line, isError = false) {
  note.textContent = line;
  note.classList.toggle("bad", Boolean(isError));
}
