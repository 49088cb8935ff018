// What the session tells of itself: a few figures, bars for the stages, a minute as a plot.

import { Plot } from "./plot.js";

const TITLES = {
  starting: "Starting",
  live: "Live",
  private: "Private",
  "camera lost": "Camera lost",
  "no matte": "No matte",
  stopped: "Stopped",
};
const at = (id) => document.getElementById(id);
const plot = new Plot(at("plot"));
const bars = new Map();

/** Nothing is known any more. */
export function forget() {
  say(at("state"), "Not connected");
  at("state").dataset.state = "stopped";
}

/** Show one status. */
export function show(status) {
  say(at("state"), TITLES[status.state] ?? status.state);
  at("state").dataset.state = status.state;
  say(at("message"), status.message);
  const [height, width] = status.size;
  const format = height ? `${width} × ${height}, ${trim(status.rate)} fps` : "";
  say(at("format"), [status.camera, format].filter(Boolean).join(" · "));
  say(at("fps"), status.fps.toFixed(1));
  say(at("latency"), `${Math.round(status.latency)} ms`);
  say(at("latency_99"), `${Math.round(status.latency_99)} ms`);
  say(at("dropped"), String(status.dropped));
  say(at("late"), String(status.late));
  say(at("processor"), status.processor.toFixed(1));
  say(at("step"), status.step ? `Step ${status.step}: ${status.step_means}` : "Full quality");
  stages(status.stages, 1000 / (status.rate || 25));
  plot.add(status.fps, status.latency);
}

function trim(rate) {
  return String(Math.round(rate * 100) / 100);
}

/** Bars as shares of the time that a frame has. */
function stages(times, budget) {
  const list = at("stages");
  for (const [name, bar] of bars) {
    if (!(name in times)) {
      bar.row.remove();
      bars.delete(name);
    }
  }
  for (const [name, time] of Object.entries(times)) {
    const bar = bars.get(name) ?? row(list, name);
    say(bar.time, `${time.toFixed(1)} ms`);
    bar.fill.style.setProperty("--share", Math.min(1, time / budget));
    bar.fill.classList.toggle("over", time > budget);
  }
}

function row(list, name) {
  const make = (tag, className) => Object.assign(document.createElement(tag), { className });
  const [li, title, fill, time] = [make("li", ""), make("span", ""), make("i", "share"), make("span", "numbers")];
  title.textContent = name;
  fill.setAttribute("aria-hidden", "true");
  li.append(title, fill, time);
  list.append(li);
  const bar = { row: li, fill, time };
  bars.set(name, bar);
  return bar;
}

/** Only what changed is written, so that screen readers hear news alone. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
