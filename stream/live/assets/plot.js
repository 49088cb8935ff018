// Two lines over the last minute, each with a scale of its own.

const SPAN = 60000;
const NICE = [1, 2, 3, 4, 5, 6, 8, 10];

/** The smallest round number that is not below `value`. */
function ceiling(value) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return unit * NICE.find((step) => step * unit >= value);
}

export class Plot {
  #canvas; #points = [];

  constructor(canvas) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.#draw()).observe(canvas);
  }

  /** One moment: frames a second, and milliseconds. */
  add(fps, latency) {
    const now = performance.now();
    this.#points.push({ now, fps, latency });
    while (now - this.#points[0].now > SPAN + 2000) this.#points.shift();
    if (!document.hidden) this.#draw();
  }

  #draw() {
    const canvas = this.#canvas, { clientWidth: width, clientHeight: height } = canvas;
    const dense = window.devicePixelRatio || 1;
    if (!width) return;
    if (canvas.width !== Math.round(width * dense)) canvas.width = Math.round(width * dense);
    if (canvas.height !== Math.round(height * dense)) canvas.height = Math.round(height * dense);
    const pen = canvas.getContext("2d");
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.clearRect(0, 0, width, height);
    const style = getComputedStyle(canvas);
    const area = { left: 26, right: width - 34, top: 8, bottom: height - 8 };
    const scales = { fps: this.#top("fps", 10), latency: this.#top("latency", 50) };
    grid(pen, area, scales, style);
    this.#line(pen, area, "latency", scales.latency, style.getPropertyValue("--delay"));
    this.#line(pen, area, "fps", scales.fps, style.getPropertyValue("--accent"));
  }

  #top(name, least) {
    return ceiling(Math.max(least, ...this.#points.map((point) => point[name])) * 1.05);
  }

  #line(pen, area, name, top, colour) {
    const now = performance.now();
    pen.beginPath();
    for (const point of this.#points) {
      const x = area.right - ((now - point.now) / SPAN) * (area.right - area.left);
      if (x >= area.left) pen.lineTo(x, area.bottom - (point[name] / top) * (area.bottom - area.top));
    }
    Object.assign(pen, { strokeStyle: colour, lineWidth: 1.75, lineJoin: "round" });
    pen.stroke();
  }
}

function grid(pen, area, scales, style) {
  pen.strokeStyle = style.getPropertyValue("--line");
  pen.lineWidth = 1;
  for (const share of [0, 0.5, 1]) {
    const y = Math.round(area.bottom - share * (area.bottom - area.top)) + 0.5;
    pen.beginPath();
    pen.moveTo(area.left, y);
    pen.lineTo(area.right, y);
    pen.stroke();
    label(pen, String(scales.fps * share), area.left - 6, y, "right", style.getPropertyValue("--accent"));
    label(pen, String(scales.latency * share), area.right + 6, y, "left", style.getPropertyValue("--delay"));
  }
}

function label(pen, text, x, y, align, colour) {
  Object.assign(pen, { fillStyle: colour, textAlign: align, textBaseline: "middle", font: "11px system-ui, sans-serif" });
  pen.fillText(text, x, y);
}
