// Drawing one stretch of a recording as ECG paper: grid, signals, beats. Knows nothing of the page around it.

import { COLUMNS, levelFor } from "./tiles.js";
import { LABELS, colour, variable } from "./labels.js";
import { timeOfDay, when } from "./text.js";

export const MM = 96 / 25.4; // CSS pixels
const TOP = 34; // for the letters of the beats
const BOTTOM = 20; // for the times
const STEPS = [0.04, 0.2, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200];
const EXPLANATION = { height: 56, fs: 125, least: 0.1 }; // CSS pixels, samples a second, nats that fill its height
const LETTERS_APART = 15;
const DENSE = 6; // the level from which on a column is taller than wide: bars are faster than a line then

// Says whether all of the signal was there to be drawn.
// view: { start, perSecond, gain (pixels a mV, or null to fit) }, size: { width, height }, both in CSS pixels
export function drawPaper(context, size, view, data) {
  context.fillStyle = variable("paper");
  context.fillRect(0, 0, size.width, size.height);
  const lanes = lanesOf(size, view, data);
  drawUnjudged(context, size, view, data.recording);
  drawGrid(context, size, view, lanes);
  if (lanes.length && data.explanation?.beat === data.selected) drawExplanation(context, view, data, lanes[0]);
  const whole = lanes.map((lane) => drawSignal(context, size, view, data, lane)).every(Boolean);
  drawUnjudged(context, size, view, data.recording, true);
  drawBeats(context, size, view, data);
  drawTimes(context, size, view, data.recording);
  drawNames(context, view, data, lanes);
  return whole;
}

function lanesOf(size, view, data) {
  const height = (size.height - TOP - BOTTOM) / Math.max(data.shown.length, 1);
  return data.shown.map((lead, place) => {
    const range = data.ranges[lead];
    const gain = view.gain ?? (0.85 * height) / Math.max(range.high - range.low, 1e-6);
    return { lead, gain, top: TOP + place * height, height, middle: TOP + (place + 0.5) * height, zero: view.gain ? range.usual : (range.high + range.low) / 2 };
  });
}

function drawGrid(context, size, view, lanes) {
  const fine = STEPS.find((step) => step * view.perSecond >= 3.2) ?? 14400;
  const coarse = fine === 0.04 ? 0.2 : STEPS[STEPS.indexOf(fine) + 1] ?? 4 * fine;
  for (const [step, name] of [[fine, "grid"], [coarse, "grid-strong"]]) {
    context.strokeStyle = variable(name);
    context.lineWidth = 1;
    context.beginPath();
    for (let t = Math.ceil(view.start / step) * step; t <= view.start + size.width / view.perSecond; t += step) {
      const x = Math.round((t - view.start) * view.perSecond) + 0.5;
      context.moveTo(x, 0);
      context.lineTo(x, size.height);
    }
    const millivolts = name === "grid" ? 0.1 : 0.5;
    for (const lane of lanes) {
      const apart = millivolts * lane.gain;
      if (apart < 3.2 || !view.gain) continue;
      for (let y = lane.middle % apart; y < lane.top + lane.height; y += apart) {
        if (y < lane.top && lane !== lanes[0]) continue;
        context.moveTo(0, Math.round(y) + 0.5);
        context.lineTo(size.width, Math.round(y) + 0.5);
      }
    }
    context.stroke();
  }
}

// Where nothing could be judged; `say` writes why, over the signal.
function drawUnjudged(context, size, view, recording, say = false) {
  context.font = "11px system-ui, sans-serif";
  for (const { start, end, reason } of unjudged(recording)) {
    const x = Math.max((start - view.start) * view.perSecond, 0);
    const width = Math.min((end - view.start) * view.perSecond, size.width) - x;
    if (width < 0) continue;
    context.fillStyle = variable(say ? "quiet" : "unjudged");
    const text = reason.replace("_", " ");
    if (!say) context.fillRect(x, 0, Math.max(width, 1), size.height);
    else if (context.measureText(text).width + 8 < width) context.fillText(text, x + 4, size.height - BOTTOM - 8);
  }
}

export const unjudged = (recording) => (recording.segments ?? []).filter((segment) => !segment.judged);

function drawSignal(context, size, view, data, lane) {
  const { fs, samples } = data.recording;
  const level = levelFor(fs / view.perSecond, data.tiles.last);
  const first = Math.max(Math.floor((view.start * fs) / 2 ** level) - 1, 0);
  const last = Math.min(Math.ceil(((view.start + size.width / view.perSecond) * fs) / 2 ** level) + 1, Math.ceil(samples / 2 ** level));
  context.save();
  context.beginPath();
  context.rect(0, TOP / 2, size.width, size.height - TOP / 2);
  context.clip();
  context.strokeStyle = context.fillStyle = variable("signal");
  context.lineWidth = 1.2;
  context.lineJoin = "round";
  context.beginPath();
  let whole = true;
  for (let number = Math.floor(first / COLUMNS); number * COLUMNS < last; number++) {
    whole = drawTile(context, view, data, lane, level, number, first, last) && whole;
  }
  context.stroke();
  context.restore();
  return whole;
}

// Where the tile is not there yet, what a coarser one shows of it. Says whether it was there.
function drawTile(context, view, data, lane, level, number, first, last) {
  const from = Math.max(number * COLUMNS, first), to = Math.min((number + 1) * COLUMNS, last);
  const tile = data.tiles.get(level, number);
  if (tile) {
    drawColumns(context, view, data, lane, level, number, tile, from, to);
    return true;
  }
  for (let up = level + 1; up <= data.tiles.last; up++) {
    const key = `${up}/${Math.floor(number / 2 ** (up - level))}`;
    const coarse = data.tiles.kept.get(key);
    if (coarse) {
      const scale = 2 ** (up - level);
      drawColumns(context, view, data, lane, up, Math.floor(number / scale), coarse, Math.floor(from / scale), Math.ceil(to / scale));
      break;
    }
  }
  return false;
}

function drawColumns(context, view, data, lane, level, number, tile, from, to) {
  const columns = tile.length / (2 * data.recording.leads.length);
  const lowest = lane.lead * 2 * columns, highest = lowest + columns;
  const width = (2 ** level / data.recording.fs) * view.perSecond;
  const shift = level ? width / 2 : 0;
  const begin = from - number * COLUMNS, end = Math.min(to - number * COLUMNS + 1, columns);
  let x = from * width - view.start * view.perSecond + shift;
  let drawing = false;
  for (let column = begin; column < end; column++, x += width) {
    const low = tile[lowest + column], high = tile[highest + column];
    if (Number.isNaN(low)) {
      drawing = false;
      continue;
    }
    const y = lane.middle - (high - lane.zero) * lane.gain;
    if (level >= DENSE) {
      context.fillRect(x, y, Math.max(width, 1), Math.max((high - low) * lane.gain, 1));
      continue;
    }
    if (drawing) context.lineTo(x, y);
    else context.moveTo(x, y);
    if (level) context.lineTo(x, lane.middle - (low - lane.zero) * lane.gain + 0.5);
    drawing = true;
  }
}

function drawBeats(context, size, view, data) {
  const { fs } = data.recording;
  const [from, to] = [view.start * fs - 40, (view.start + size.width / view.perSecond) * fs + 40];
  const all = between(data.beats.sample, from, to);
  const everyone = (all[1] - all[0]) * 7 < size.width;
  const [first, last] = everyone ? all : between(data.others.sample, from, to); // too many to mark the normal ones
  const colours = Object.fromEntries([...LABELS, "?"].map((label) => [label, colour(label)])); // asked for once: it is slow
  const ink = variable("mark-ink"), frame = variable("ink"), paper = variable("paper");
  const ticked = {};
  context.font = "bold 12px system-ui, sans-serif";
  context.textAlign = "center";
  let lettered = -Infinity;
  for (let place = first; place < last; place++) {
    const beat = everyone ? place : data.others.beat[place];
    const label = data.beats.label[beat];
    const x = (data.beats.sample[beat] / fs - view.start) * view.perSecond;
    if (ticked[label] === Math.round(x)) continue;
    ticked[label] = Math.round(x);
    context.fillStyle = colours[label];
    context.globalAlpha = everyone ? 0.35 : 0.5;
    context.fillRect(Math.round(x), 22, 1, everyone ? size.height - 22 - BOTTOM : 10);
    context.globalAlpha = 1;
    if (x - lettered < LETTERS_APART) continue;
    lettered = x;
    context.beginPath();
    context.roundRect(x - 8, 4, 16, 17, 4);
    context.fill();
    if (beat === data.selected) {
      context.strokeStyle = frame;
      context.lineWidth = 2;
      context.strokeRect(x - 10.5, 2.5, 21, 20);
    }
    if (data.beats.abstained[beat]) { // hollow: a guess
      context.fillStyle = paper;
      context.beginPath();
      context.roundRect(x - 6, 6, 12, 13, 2);
      context.fill();
      context.fillStyle = colours[label];
    } else {
      context.fillStyle = ink;
    }
    context.fillText(label, x, 17);
  }
}

// Under the selected beat: what spoke for its label rises from the line, what spoke against it falls.
function drawExplanation(context, view, data, lane) {
  const { relevance, before, beat } = data.explanation;
  const length = relevance.findLastIndex((value) => value !== 0) + 1; // padding counts for nothing
  if (!length) return;
  const start = data.beats.sample[beat] / data.recording.fs - before / EXPLANATION.fs;
  const [x, end] = [0, length].map((sample) => (start + sample / EXPLANATION.fs - view.start) * view.perSecond);
  const bottom = lane.top + lane.height - 4;
  const most = Math.max(...relevance, EXPLANATION.least), least = Math.min(...relevance, 0);
  const scale = (EXPLANATION.height - 8) / (most - least); // 4 pixels free above and below
  const zero = bottom - 4 + least * scale;
  context.globalAlpha = 0.85;
  context.fillStyle = variable("paper");
  context.fillRect(x, bottom - EXPLANATION.height, end - x, EXPLANATION.height);
  context.globalAlpha = 1;
  for (const [name, held] of [[data.beats.label[beat], (value) => Math.max(value, 0)], ["?", (value) => Math.min(value, 0)]]) {
    context.fillStyle = colour(name);
    context.beginPath();
    context.moveTo(x, zero);
    for (let sample = 0; sample < length; sample++) {
      const middle = x + ((sample + 0.5) * (end - x)) / length;
      context.lineTo(middle, zero - held(relevance[sample]) * scale);
    }
    context.lineTo(end, zero);
    context.fill();
  }
  context.fillStyle = context.strokeStyle = variable("ink");
  context.lineWidth = 1;
  context.strokeRect(Math.round(x) + 0.5, Math.round(bottom - EXPLANATION.height) + 0.5, Math.round(end - x), EXPLANATION.height);
  context.fillRect(x, Math.round(zero), end - x, 1);
}

// The beats that are not normal, by number and place: of a day few enough to draw all.
export function othersOf(beats) {
  const beat = beats.sample.map((_, number) => number).filter((number) => beats.label[number] !== "N");
  return { beat, sample: beat.map((number) => beats.sample[number]) };
}

function between(samples, from, to) {
  return [search(samples, from), search(samples, to)];
}

// The number of the first value that is not below.
export function search(values, wanted) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Marks stand at whole steps of the clock that they show: that of the day, where it is known.
function drawTimes(context, size, view, recording) {
  const step = [...STEPS, 14400].find((candidate) => candidate >= 1 && candidate * view.perSecond >= 78) ?? 28800;
  context.fillStyle = variable("quiet");
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "left";
  const since = timeOfDay(recording) ?? 0;
  const first = Math.ceil((view.start + since) / step) * step - since;
  for (let t = first; t <= view.start + size.width / view.perSecond; t += step) {
    const x = (t - view.start) * view.perSecond;
    context.fillRect(Math.round(x), size.height - BOTTOM + 2, 1, 6);
    context.fillText(when(recording, t).split(", ").at(-1), x + 4, size.height - 5);
  }
}

function drawNames(context, view, data, lanes) {
  context.font = "bold 13px system-ui, sans-serif";
  context.textAlign = "left";
  for (const lane of lanes) {
    const name = data.recording.leads[lane.lead];
    const text = view.gain ? name : `${name}, 1 mV = ${lane.gain < 1 ? lane.gain.toPrecision(2) : Math.round(lane.gain)} px`;
    context.fillStyle = variable("paper");
    context.globalAlpha = 0.8;
    context.fillRect(4, lane.top + 4, context.measureText(text).width + 8, 19);
    context.globalAlpha = 1;
    context.fillStyle = variable("signal");
    context.fillText(text, 8, lane.top + 18);
  }
}
