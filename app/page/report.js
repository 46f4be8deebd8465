// The report: two pages to print, the rhythm on the first and strips of what happened on the second.

import { MM, drawPaper } from "./paper.js";
import { NAMES } from "./labels.js";
import { drawOverview } from "./overview.js";
import { countsTable, eventText, hoursTable, rateTable, variabilityTable } from "./summary.js";
import { clock, count, when } from "./text.js";
import { COLUMNS, levelFor } from "./tiles.js";

const STRIPS = 5;
const STRIP = { width: 186 * MM, height: 172 }; // what A4 leaves between its margins: a print is to scale
const SECONDS = STRIP.width / (25 * MM);
const HOURS = 26;

export async function fillReport(element, data) {
  await Promise.all(chooseStrips(data).map(({ start }) => loadFor(data, viewAt(start))));
  document.documentElement.classList.add("on-paper"); // dark ink, whatever the screen is
  element.replaceChildren(firstSheet(data), secondSheet(data));
  document.documentElement.classList.remove("on-paper");
}

const viewAt = (start) => ({ start: Math.max(start - SECONDS / 2, 0), perSecond: 25 * MM, gain: 5 * MM });

function firstSheet(data) {
  const sheet = titled(data, "Rhythm");
  const two = add(sheet, "div", "", "two");
  const left = add(two, "div"), right = add(two, "div");
  add(left, "h2", "Beats");
  left.append(countsTable(data.rhythm));
  add(right, "h2", "Figures");
  right.append(rateTable(data.rhythm, data.recording), variabilityTable(data.rhythm));
  add(sheet, "h2", "The whole recording");
  sheet.append(picture({ width: STRIP.width, height: 110 }, (context, size) => drawOverview(context, size, data)));
  add(sheet, "h2", `Hour by hour${data.rhythm.hours.length > HOURS ? `, the first ${HOURS}` : ""}`);
  sheet.append(hoursTable({ hours: data.rhythm.hours.slice(0, HOURS) }, data.recording));
  const model = data.recording.model;
  add(sheet, "p", `Found and classified by cardiode, model ${model.name} ${model.version} (${model.sha256.slice(0, 12)}). `
    + "No medical device: it must not be used to decide on anybody's care.", "quiet");
  return sheet;
}

function secondSheet(data) {
  const sheet = titled(data, "Strips");
  for (const { start, text } of chooseStrips(data)) {
    add(sheet, "h2", `${when(data.recording, start, 1)}: ${text}`);
    sheet.append(picture(STRIP, (context, size) => drawPaper(context, size, viewAt(start), { ...data, selected: null })));
  }
  add(sheet, "p", "25 mm a second and 5 mm a mV, printed on A4 without scaling.", "quiet");
  return sheet;
}

// The longest of each kind of event in turn, then single ectopic beats; the beginning where nothing happened.
function chooseStrips(data) {
  const order = ["run", "pause", "bigeminy", "trigeminy", "couplet"];
  const longest = (a, b) => b.end - b.start - (a.end - a.start);
  const byKind = order.map((kind) => data.events.filter((event) => event.kind === kind).sort(longest));
  const chosen = [];
  for (let round = 0; chosen.length < STRIPS && byKind.some((events) => events.length > round); round++) {
    chosen.push(...byKind.filter((events) => events[round]).map((events) => events[round]));
  }
  const found = chosen.slice(0, STRIPS).map((event) => ({ start: event.start, text: [event.label, eventText(event)].filter(Boolean).join(" ") }));
  for (const label of ["V", "S", "F", "Q", "?"]) {
    const beat = data.beats.label.indexOf(label, 1);
    if (beat > 0 && found.length < STRIPS) found.push({ start: data.beats.sample[beat] / data.recording.fs, text: `the first beat that is ${NAMES[label]}` });
  }
  if (!found.length) found.push({ start: SECONDS / 2, text: "the beginning" });
  return found.sort((a, b) => a.start - b.start);
}

async function loadFor(data, view) {
  const { fs } = data.recording;
  const level = levelFor(fs / view.perSecond, data.tiles.last);
  const column = 2 ** level * COLUMNS;
  await data.tiles.load(level, (view.start * fs) / column, ((view.start + SECONDS) * fs) / column);
}

function titled(data, title) {
  const { name, seconds, leads, lead, begun } = data.recording;
  const sheet = document.createElement("div");
  sheet.className = "sheet";
  add(sheet, "h1", `${title}: ${name}`);
  const began = begun ? `begun ${begun.slice(0, 10)} at ${when(data.recording, 0)}, ` : "";
  add(sheet, "p", `${began}${clock(seconds)} long, ${count(data.beats.sample.length)} beats, leads ${leads.join(", ")}; beats cut from ${lead}`);
  for (const warning of data.recording.warnings) add(sheet, "p", `Read with a warning: ${warning.message}.`, "quiet");
  return sheet;
}

function picture(size, draw) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 2 * size.width, height: 2 * size.height });
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  draw(context, size);
  const image = document.createElement("img");
  image.src = canvas.toDataURL();
  image.alt = "";
  return image;
}

function add(parent, kind, text = "", className = "") {
  const element = document.createElement(kind);
  element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
}
