// The overview track: the whole recording at once, as its heart rate and where its ectopic beats are.

import { colour, variable } from "./labels.js";
import { unjudged } from "./paper.js";

const LANES = ["S", "V", "F", "Q", "?"];
const LANE = 7;

export class Overview {
  constructor(canvas, onPick) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.data = null;
    this.picture = null;
    new ResizeObserver(() => this.changed()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.changed());
    const pick = (event) => this.data && onPick((event.offsetX / canvas.clientWidth) * this.data.recording.seconds);
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pick(event);
    });
    canvas.addEventListener("pointermove", (event) => event.buttons && pick(event));
  }

  show(data) {
    this.data = data;
    this.changed();
  }

  changed() {
    this.picture = null;
    if (this.view) this.draw(this.view);
  }

  // The picture is drawn once; what moves is the frame upon it.
  draw(view) {
    this.view = view;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!this.data || !width) return;
    const ratio = devicePixelRatio || 1;
    if (!this.picture) {
      Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
      this.picture = new OffscreenCanvas(this.canvas.width, this.canvas.height);
      const context = this.picture.getContext("2d");
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      drawOverview(context, { width, height }, this.data);
    }
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.context.drawImage(this.picture, 0, 0);
    const scale = this.canvas.width / this.data.recording.seconds;
    const shown = Math.max((view.width / view.perSecond) * scale, 4);
    this.context.fillStyle = variable("rate");
    this.context.globalAlpha = 0.18;
    this.context.fillRect(view.start * scale, 0, shown, this.canvas.height);
    this.context.globalAlpha = 1;
    this.context.fillRect(view.start * scale, 0, 2, this.canvas.height);
    this.context.fillRect(view.start * scale + shown - 2, 0, 2, this.canvas.height);
  }
}

export function drawOverview(context, size, data) {
  context.fillStyle = variable("unjudged");
  for (const { start, end } of unjudged(data.recording)) {
    const scale = size.width / data.recording.seconds;
    context.fillRect(start * scale, 0, Math.max((end - start) * scale, 1), size.height);
  }
  const bottom = size.height - LANES.length * LANE - 4;
  drawRate(context, size.width, bottom, data);
  LANES.forEach((label, lane) => drawLane(context, size, data, label, bottom + 2 + lane * LANE));
}

function drawLane(context, size, data, label, y) {
  const scale = size.width / (data.recording.seconds * data.recording.fs);
  context.fillStyle = colour(label);
  context.font = "bold 8px system-ui, sans-serif";
  const drawn = new Uint8Array(Math.ceil(size.width) + 1);
  for (let beat = 0; beat < data.beats.sample.length; beat++) {
    if (data.beats.label[beat] !== label) continue;
    const x = Math.floor(data.beats.sample[beat] * scale);
    if (!drawn[x]) context.fillRect(x, y, 1.5, LANE - 1);
    drawn[x] = 1;
  }
  context.fillText(label, 2, y + 6.5);
}

// The median of the intervals of each few pixels, as beats a minute.
function drawRate(context, width, bottom, data) {
  const { fs, seconds } = data.recording;
  const wide = 3;
  const bins = Array.from({ length: Math.ceil(width / wide) + 1 }, () => []);
  for (let beat = 1; beat < data.beats.sample.length; beat++) {
    const interval = (data.beats.sample[beat] - data.beats.sample[beat - 1]) / fs;
    if (interval < 3) bins[Math.floor(((data.beats.sample[beat] / fs / seconds) * width) / wide)]?.push(interval);
  }
  const rates = bins.map((bin) => (bin.length ? 60 / bin.sort((a, b) => a - b)[bin.length >> 1] : null));
  const known = rates.filter((rate) => rate !== null);
  if (!known.length) return;
  const low = Math.max(Math.min(...known) - 5, 0), high = Math.max(...known) + 5;
  const y = (rate) => bottom - 4 - ((rate - low) / (high - low)) * (bottom - 10);
  context.strokeStyle = variable("rate");
  context.lineWidth = 1.3;
  context.beginPath();
  rates.forEach((rate, bin) => {
    if (rate === null) return;
    if (bin && rates[bin - 1] !== null) context.lineTo((bin + 0.5) * wide, y(rate));
    else context.moveTo((bin + 0.5) * wide, y(rate));
  });
  context.stroke();
  context.fillStyle = variable("quiet");
  context.font = "11px system-ui, sans-serif";
  context.fillText(`${Math.round(high - 5)} beats a minute`, 4, 12);
  context.fillText(`${Math.round(low + 5)}`, 4, bottom - 3);
}
