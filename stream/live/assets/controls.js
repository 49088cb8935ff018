// Sliders, switches and choices, one for each field of the look; ranges come from the server.

import { change, onRefusal, watch } from "./look.js";

const signed = (text, value) => (value > 0 ? `+${text}` : text.replace("-", "−"));
const percent = (value) => `${Math.round(value * 100)} %`;
const FORMATS = {
  percent,
  thousandths: (value) => `${value.toFixed(1)} ‰`,
  signed: (value) => signed(`${value.toFixed(1)} ‰`, value),
  signedpercent: (value) => signed(percent(value), value),
};
// What other fields mean on the page and in a look; see backgrounds.js.
const readers = {};
const writers = {};

/** Let `field` be a part of another field: read(look) gives its value, write(value) changes. */
export function translate(field, read, write) {
  readers[field] = read;
  writers[field] = write;
}

/** Build every control of the document. state: what the server says of ranges and defaults. */
export function build(state) {
  document.querySelectorAll(".slider[data-field]").forEach((box) => slider(box, state));
  document.querySelectorAll(".switch[data-field]").forEach(toggle);
  document.querySelectorAll("[data-choice]").forEach(choice);
}

const read = (field, look) => (readers[field] ? readers[field](look) : look[field]);
const write = (field, value) =>
  writers[field] ? writers[field](value) : change({ [field]: value });

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function slider(box, state) {
  const { field, label, as } = box.dataset;
  const [low, high] = state.ranges[field];
  const neutral = read(field, state.neutral);
  const format = FORMATS[as];
  const step = 10 ** Math.floor(Math.log10((high - low) / 50));
  const input = make("input", { type: "range", id: `set-${field}`, min: low, max: high, step });
  const output = make("output", { className: "value" });
  output.htmlFor = input.id;
  const undo = make("button", { type: "button", className: "undo", textContent: "↺" });
  undo.setAttribute("aria-label", `Reset: ${label}`);
  undo.title = "Reset";
  const name = make("label", { htmlFor: input.id, textContent: label });
  box.append(name, undo, output, input, complaint(input, field));

  const show = (value) => {
    if (input.valueAsNumber !== value) input.value = value;
    output.value = format(value);
    input.setAttribute("aria-valuetext", format(value));
    const place = (at) => (Math.min(Math.max(at, low), high) - low) / (high - low);
    const ends = [place(low < 0 ? 0 : field === "scale" ? neutral : low), place(value)].sort((a, b) => a - b);
    input.style.setProperty("--from", ends[0]);
    input.style.setProperty("--to", ends[1]);
    undo.classList.toggle("idle", Math.abs(value - neutral) < step / 2);
  };
  input.addEventListener("input", () => { show(input.valueAsNumber); write(field, input.valueAsNumber); });
  undo.addEventListener("click", () => { write(field, neutral); input.focus(); });
  watch((look) => { const value = read(field, look); if (value !== undefined) show(value); });
}

function toggle(box) {
  const { field, label, on, off, key } = box.dataset;
  const button = make("button", { type: "button", id: `set-${field}` }, make("span", { textContent: label }));
  if (key) button.append(hidden(make("kbd", { textContent: key })));
  button.append(hidden(make("i", { className: "knob" })));
  button.setAttribute("role", "switch");
  box.append(button, complaint(button, field));
  const isOn = () => button.getAttribute("aria-checked") === "true";
  button.addEventListener("click", () => write(field, isOn() ? (off ?? false) : (on ?? true)));
  watch((look) => button.setAttribute("aria-checked", look[field] === (on ?? true)));
}

function choice(box) {
  const field = box.dataset.choice;
  const radios = [...box.querySelectorAll("input")];
  for (const radio of radios) radio.addEventListener("change", () => write(field, radio.value));
  watch((look) => { for (const radio of radios) radio.checked = radio.value === look[field]; });
}

function hidden(element) {
  element.setAttribute("aria-hidden", "true");
  return element;
}

/** A line that appears over the control's lower edge, so that nothing moves. */
function complaint(control, field) {
  const line = make("p", { className: "error", id: `error-${field}`, hidden: true });
  line.setAttribute("role", "alert");
  control.setAttribute("aria-describedby", line.id);
  onRefusal((fields, text) => {
    if (!fields.includes(field)) return;
    line.textContent = text;
    line.hidden = !text;
  });
  return line;
}
