// The live preview: asks for the next picture once the last is drawn, and only while it is seen.

import { Link } from "./link.js";

const stage = document.getElementById("stage");
const veil = document.getElementById("veil");
const after = document.getElementById("after");
const before = document.getElementById("before");
const split = document.getElementById("split");
const STILL = 1500; // ms without a new picture after which the page says so
let way = "result";
let number = -1;
let asked = "";
let drawnAt = 0;
let turn = 0; // counts connections: what was asked of an earlier one goes on no longer

const link = new Link("/preview", {
  open: () => { turn += 1; number = -1; question(); },
  message: (event) => {
    const mine = turn;
    const goOn = () => { if (turn === mine) question(); };
    take(event.data).then(goOn, goOn);
  },
});

export function begin() {
  document.querySelectorAll("input[name=way]").forEach((radio) => {
    radio.addEventListener("change", () => look(radio.value));
  });
  split.addEventListener("input", divide);
  document.addEventListener("visibilitychange", follow);
  look(document.querySelector("input[name=way]:checked").value);
  divide();
  follow();
}

function look(wanted) {
  way = wanted;
  number = -1; // the same picture anew, in the other way
  stage.dataset.way = way;
}

function follow() {
  if (document.hidden) link.close();
  else link.open();
}

function divide() {
  stage.style.setProperty("--split", `${split.value}%`);
  split.setAttribute("aria-valuetext", `${split.value} % camera`);
}

function question() {
  asked = way;
  link.send({ way, after: number });
}

async function take(data) {
  const size = new DataView(data).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, size)));
  if (!header.parts) {
    if (performance.now() - drawnAt > STILL) cover(drawnAt ? "No new pictures" : "Waiting for the first picture");
    return;
  }
  const bitmaps = await decoded(header.parts, data, 4 + size);
  await new Promise(requestAnimationFrame);
  if (asked !== way) return; // it is looked at in another way by now
  number = header.number;
  drawnAt = performance.now();
  show(bitmaps);
}

async function decoded(parts, data, start) {
  const bitmaps = {};
  for (const [name, size] of Object.entries(parts)) {
    bitmaps[name] = await createImageBitmap(new Blob([new Uint8Array(data, start, size)], { type: "image/jpeg" }));
    start += size;
  }
  return bitmaps;
}

function show({ picture, camera, alpha }) {
  const main = picture ?? alpha;
  paint(after, main);
  paint(before, camera);
  stage.classList.toggle("split", Boolean(camera));
  if (!main) cover("No matte while the slate is shown");
  else veil.hidden = true;
}

function paint(canvas, bitmap) {
  canvas.hidden = !bitmap;
  if (!bitmap) return;
  if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
  if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
}

/** A word over the stage; what is under it stays. */
export function cover(line) {
  if (veil.textContent !== line) veil.textContent = line;
  veil.hidden = false;
}
