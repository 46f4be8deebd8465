// The page: what is shown when, and what a click or a key does.

import { Problem, ask, decide, json, send } from "./service.js";
import { Tiles } from "./tiles.js";
import { MM, othersOf } from "./paper.js";
import { PAPER_SPEED, Strip } from "./strip.js";
import { Overview } from "./overview.js";
import { fillReport } from "./report.js";
import { mark } from "./labels.js";
import {
  beatDetail, countsTable, eventText, explanationDetail, hoursTable, rateTable, readingTable, variabilityTable, withAbstentions,
} from "./summary.js";
import { clock, count, percent, when } from "./text.js";

const EVENTS_SHOWN = 400;
const AUTO = 0.5; // the dial's last stop

const $ = (id) => document.getElementById(id);
let data = null; // the recording that is looked at: recording, beats, others, rhythm, events, tiles, ranges, selected
let models = [];
let deciding = null;

const overview = new Overview($("overview"), (seconds) => strip.goTo(seconds));
const strip = new Strip($("strip"), moved, select);

// Opening

async function open(form) {
  show("work");
  let last = null, rhythm = null;
  try {
    progress("Sending…", 0);
    form.append("keep", "true");
    form.append("beats", "false");
    await send("recordings", form, (share) => progress(share < 1 ? "Sending…" : "Reading…", share < 1 ? share : null), (line) => {
      if (line.recording) last = line.recording;
      if (line.rhythm) rhythm = line.rhythm;
      if (line.progress) progress(`Looking at beats: ${clock(line.progress.seconds)} of ${clock(last.seconds)}`, line.progress.share);
    });
    await look(last, rhythm);
  } catch (error) {
    show("welcome");
    tell(error);
  }
}

async function look(recording, rhythm) {
  performance.mark("answered");
  const beats = await json(`recordings/${recording.id}/beats`);
  data?.tiles.close();
  const tiles = new Tiles(recording, () => strip.changed());
  data = { recording, beats, rhythm, tiles, selected: null, ranges: await rangesOf(tiles, recording), events: [], first: beats.label };
  show("view");
  $("name").textContent = recording.name;
  const left = recording.left_out.length ? `; left out: ${recording.left_out.join(", ")}` : "";
  const began = recording.begun ? `begun ${recording.begun.slice(0, 10)} at ${when(recording, 0)}, ` : "";
  $("facts").textContent = `${began}${clock(recording.seconds)} at ${recording.fs} Hz, leads ${recording.leads.join(", ") || "none"}${left}`;
  const warnings = recording.warnings.map((warning) => Object.assign(document.createElement("li"), { textContent: warning.message }));
  $("warnings").replaceChildren(...warnings);
  $("warned").hidden = !warnings.length;
  $("reading").hidden = !recording.read_as;
  $("reading-table").replaceChildren(...(recording.read_as ? [readingTable(recording.read_as)] : []));
  if (recording.reason) tell(new Problem(`No beats: ${recording.reason}.`));
  const answered = () => models.find((model) => model.sha256 === recording.model.sha256);
  if (!answered()) await listModels();  // they were reloaded since
  $("model").value = answered() ? nameOf(answered()) : "";
  $("dial-result").textContent = "";
  $("tolerance").value = startOfDial();
  showTolerance();
  told();
  strip.show(data);
  overview.show(data);
  $("strip").focus({ preventScroll: true });
}

// Of each lead: the lowest and highest value, and the usual one, by the coarsest tile.
async function rangesOf(tiles, recording) {
  if (!recording.samples || !recording.leads.length) return [];
  await tiles.load(tiles.last, 0, 0);
  const tile = tiles.get(tiles.last, 0) ?? new Float32Array(0);
  const columns = tile.length / (2 * recording.leads.length);
  return recording.leads.map((_, lead) => {
    const low = sorted(tile.subarray(2 * lead * columns, (2 * lead + 1) * columns));
    const high = sorted(tile.subarray((2 * lead + 1) * columns, (2 * lead + 2) * columns));
    if (!low.length) return { low: -1, high: 1, usual: 0 };
    const middle = tiles.last ? 0.65 * low[low.length >> 1] + 0.35 * high[high.length >> 1] : low[low.length >> 1];
    return { low: low[Math.floor(0.02 * low.length)], high: high[Math.floor(0.98 * (high.length - 1))], usual: middle };
  });
}

const sorted = (values) => values.filter((value) => !Number.isNaN(value)).sort();

function show(id) {
  $("problem").hidden = true;
  for (const part of ["welcome", "work", "view"]) $(part).hidden = part !== id;
}

function progress(text, share) {
  $("work-text").textContent = text;
  if (share === null) $("work-bar").removeAttribute("value");
  else $("work-bar").value = share;
}

function tell(error) {
  if (!(error instanceof Problem)) console.error(error);
  $("problem").textContent = error instanceof Problem ? error.message : `Something in the page failed: ${error.message}`;
  $("problem").hidden = false;
}

// What is said of the recording

function told() {
  data.others = othersOf(data.beats);
  data.events = withAbstentions(data.rhythm.events, data.beats, data.recording);
  $("summary").replaceChildren(countsTable(data.rhythm), rateTable(data.rhythm, data.recording), variabilityTable(data.rhythm));
  $("hours-table").replaceChildren(hoursTable(data.rhythm, data.recording));
  const kinds = ["all", ...new Set(data.events.map((event) => event.kind))];
  $("event-kind").replaceChildren(...kinds.map((kind) => new Option(kind === "all" ? `all (${count(data.events.length)})` : kind, kind)));
  listEvents();
}

const chosenEvents = () => {
  const kind = $("event-kind").value;
  return kind === "all" ? data.events : data.events.filter((event) => event.kind === kind);
};

function listEvents() {
  const events = chosenEvents();
  const items = events.slice(0, EVENTS_SHOWN).map((event) => {
    const button = document.createElement("button");
    const time = document.createElement("time");
    time.textContent = when(data.recording, event.start);
    if (event.label) button.append(mark(event.label));
    button.append(eventText(event), time);
    button.onclick = () => goToEvent(event);
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  const note = document.createElement("li");
  note.className = "quiet";
  if (!events.length) note.textContent = "None.";
  if (events.length > EVENTS_SHOWN) note.textContent = `${count(events.length - EVENTS_SHOWN)} more: step through them with n and p.`;
  $("events").replaceChildren(...items, ...(note.textContent ? [note] : []));
}

function goToEvent(event) {
  data.event = event;
  const shown = chosenEvents().indexOf(event);
  [...$("events").children].forEach((item, place) => item.firstElementChild?.setAttribute("aria-current", String(place === shown)));
  const item = $("events").children[shown];
  if (item) $("events").scrollTop = item.offsetTop - $("events").offsetTop - $("events").clientHeight / 2; // not the page
  strip.goTo((event.start + Math.min(event.end, event.start + strip.shownSeconds / 2)) / 2);
}

function stepEvent(direction) {
  const events = chosenEvents();
  if (!events.length) return;
  const now = data.event && events.includes(data.event) ? events.indexOf(data.event) : events.findIndex((event) => event.start > strip.view.start) - 1;
  goToEvent(events[Math.min(Math.max(now + direction, 0), events.length - 1)]);
}

async function select(beat) {
  const chosen = { beat };
  Object.assign(data, { selected: beat, explanation: null, chosen });
  strip.changed();
  const path = `recordings/${data.recording.id}/beats/${beat}`;
  const current = () => data?.chosen === chosen;
  try {
    const found = await json(path);
    if (!current()) return;
    $("beat").replaceChildren(...beatDetail(found, beat ? data.beats.sample[beat - 1] / data.recording.fs : null, data.recording));
    const explanation = found.label && (await json(`${path}/explanation`));
    if (!explanation || !current()) return;
    data.explanation = { ...explanation, beat };
    $("beat").querySelector(".bars").after(...explanationDetail(explanation, found.label));
    strip.changed();
  } catch (error) {
    tell(error);
  }
}

function stepBeat(direction) {
  const { sample } = data.beats;
  if (!sample.length) return;
  const middle = (strip.view.start + strip.shownSeconds / 2) * data.recording.fs;
  const next = data.selected === null ? sample.findIndex((at) => at > middle) : data.selected + direction;
  const beat = Math.min(Math.max(next, 0), sample.length - 1);
  const at = sample[beat] / data.recording.fs;
  if (at < strip.view.start || at > strip.view.start + strip.shownSeconds) strip.goTo(at);
  select(beat);
}

function moved(view) {
  overview.draw({ ...view, width: strip.width });
  $("position").textContent = [view.start, view.start + strip.shownSeconds].map((seconds) => when(data.recording, seconds, 1)).join(" – ");
}

// The dial

const nameOf = (model) => (model.current ? model.name : model.pin);

const chosenModel = () => models.find((model) => nameOf(model) === $("model").value);

async function listModels() {
  models = (await json("models").catch((error) => (tell(error), { models: [] }))).models;
  const label = (model) => (model.current ? model.name : `${model.name} ${model.version} (${model.sha256.slice(0, 8)})`);
  const option = (model) => new Option(label(model), nameOf(model), model.default_for_recordings, model.default_for_recordings);
  $("model").replaceChildren(...models.map(option));
}

function startOfDial() {
  const solver = chosenModel()?.solver;
  return solver ? Math.log10(solver.rtol) : -3;
}

function askedSolver() {
  if (!chosenModel()?.solver) return null;
  const value = Number($("tolerance").value);
  if (value === AUTO) return { method: "auto" };
  const tolerance = Number((10 ** value).toPrecision(2));
  return { method: "dopri5", rtol: tolerance, atol: tolerance };
}

function showTolerance() {
  const solver = askedSolver();
  const auto = chosenModel()?.dial?.auto;
  $("tolerance").max = auto ? AUTO : 0;
  $("tolerance-label").hidden = solver === null;
  $("tolerance-value").textContent = solver?.method === "auto" ? "auto" : String(solver?.rtol ?? "");
  if (solver === null) $("dial-result").textContent = "This model has no solver.";
}

async function turn() {
  showTolerance();
  deciding?.abort();
  deciding = new AbortController();
  const mine = deciding;
  const looked = data;
  const before = looked.beats.label;
  const answer = {};
  try {
    const body = { model: $("model").value, ...(askedSolver() ? { solver: askedSolver() } : {}) };
    await decide(looked.recording.id, body, (line) => {
      Object.assign(answer, line);
      if (line.progress && !mine.signal.aborted) $("dial-result").textContent = `Deciding again: ${percent(line.progress.share)}`;
    }, mine.signal);
    if (mine.signal.aborted || data !== looked) return;
    Object.assign(data, { beats: answer.beats, rhythm: answer.rhythm, recording: answer.recording });
    $("dial-result").textContent = dialText(answer, before);
    told();
    strip.changed();
    overview.changed();
    if (data.selected !== null) select(data.selected);
  } catch (error) {
    if (error.name !== "AbortError") tell(error);
  }
}

function dialText(answer, before) {
  const { label, evaluations } = answer.beats;
  const changes = (others) => [...label].filter((own, beat) => own !== others[beat]).length;
  const judged = evaluations.filter((number) => number > 0);
  const mean = judged.length ? judged.reduce((sum, number) => sum + number, 0) / judged.length : 0;
  return `${mean ? `${mean.toFixed(1)} evaluations a beat, ` : ""}${answer.seconds.toFixed(2)} s for ${count(label.length)} beats. `
    + `Labels changed: ${count(changes(before))} since the last setting, ${count(changes(data.first))} since the first.`;
}

// Exports

async function download(accept, extension) {
  try {
    const response = await ask(`recordings/${data.recording.id}`, { headers: { Accept: accept } });
    save(await response.blob(), `${data.recording.name}.${extension}`);
  } catch (error) {
    tell(error);
  }
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function report() {
  await fillReport($("report"), data);
  await Promise.all([...$("report").querySelectorAll("img")].map((image) => image.decode()));
  print();
}

// What a hand does

$("drop").addEventListener("submit", (event) => event.preventDefault());
$("files").addEventListener("change", () => $("files").files.length && open(formWith($("files").files)));
$("demo").addEventListener("click", async () => {
  try {
    const response = await ask("demo");
    open(formWith([new File([await response.blob()], "demo.csv")]));
  } catch (error) {
    tell(error);
  }
});
for (const name of ["dragover", "dragleave", "drop"]) {
  addEventListener(name, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files.length && $("work").hidden) open(formWith(event.dataTransfer.files));
  });
}

function formWith(files) {
  const form = new FormData();
  for (const file of files) form.append("files", file);
  for (const [name, value] of new FormData($("drop"))) if (typeof value === "string" && value) form.append(name, value);
  $("files").value = "";
  return form;
}

const actions = {
  "zoom-in": () => strip.zoom(1.6),
  "zoom-out": () => strip.zoom(1 / 1.6),
  "zoom-paper": () => strip.zoom(PAPER_SPEED / strip.view.perSecond),
  "zoom-all": () => strip.zoom(0),
  "previous-event": () => stepEvent(-1),
  "next-event": () => stepEvent(1),
  "export-csv": () => download("text/csv", "csv"),
  "export-wfdb": () => download("application/x-wfdb", "cde"),
  "export-png": () => $("strip").toBlob((blob) => save(blob, `${data.recording.name}.png`)),
  "report-button": report,
  close: async () => {
    await ask(`recordings/${data.recording.id}`, { method: "DELETE" }).catch(() => null);
    data.tiles.close();
    data = strip.data = overview.data = null;
    $("beat").replaceChildren();
    show("welcome");
  },
};
for (const [id, action] of Object.entries(actions)) $(id).addEventListener("click", action);

$("gain").addEventListener("change", () => {
  strip.view.gain = $("gain").value === "fit" ? null : Number($("gain").value) * MM;
  strip.changed();
});
$("event-kind").addEventListener("change", listEvents);
$("tolerance").addEventListener("input", showTolerance);
$("tolerance").addEventListener("change", turn);
$("model").addEventListener("change", turn);

const keys = {
  ArrowLeft: (event) => strip.move(event.shiftKey ? -0.9 : -0.15),
  ArrowRight: (event) => strip.move(event.shiftKey ? 0.9 : 0.15),
  Home: () => strip.goTo(0),
  End: () => strip.goTo(data.recording.seconds),
  "+": actions["zoom-in"], "=": actions["zoom-in"], "-": actions["zoom-out"], 0: actions["zoom-paper"], a: actions["zoom-all"],
  n: actions["next-event"], p: actions["previous-event"],
  ".": () => stepBeat(1), ",": () => stepBeat(-1),
};
addEventListener("keydown", (event) => {
  if (!data || $("view").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea") || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key](event);
});

await listModels();
