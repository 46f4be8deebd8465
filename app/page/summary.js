// The rhythm in words and figures, the list of events, and what is said of one beat.

import { LABELS, NAMES, REASONS, mark } from "./labels.js";
import { unjudged } from "./paper.js";
import { count, figure, percent, table, when } from "./text.js";

export function countsTable(rhythm) {
  const total = Object.values(rhythm.counts).reduce((sum, number) => sum + number, 0);
  const rows = [...LABELS, "?"].map((label) => {
    const number = rhythm.counts[label === "?" ? "none" : label];
    return [mark(label), NAMES[label], count(number), percent(total ? number / total : 0)];
  });
  return table(rows, { className: "figures" });
}

export function rateTable(rhythm, recording) {
  const rate = rhythm.heart_rate;
  const run = rhythm.longest_run;
  const per = (label) => `${percent(rhythm.burden[label].share)}, ${rhythm.burden[label].per_hour.toFixed(1)} an hour`;
  return table([
    ["Heart rate", rate ? `${figure(rate.mean)} a minute (${figure(rate.lowest)} to ${figure(rate.highest)})` : "–"],
    ["V burden", per("V")],
    ["S burden", per("S")],
    ["Longest run", run ? `${run.beats} ${run.label} at ${when(recording, run.start)}` : "none"],
    ["Pauses of 2 s", count(rhythm.events.filter((event) => event.kind === "pause").length)],
  ]);
}

export function variabilityTable(rhythm) {
  const { sdnn, sdann, rmssd, pnn50 } = rhythm.variability;
  return table([
    ["SDNN", figure(sdnn, 0, " ms")],
    ["SDANN", figure(sdann, 0, " ms")],
    ["RMSSD", figure(rmssd, 0, " ms")],
    ["pNN50", pnn50 === null ? "–" : percent(pnn50)],
  ]);
}

export function hoursTable(rhythm, recording) {
  const rows = rhythm.hours.map((hour) => [
    recording.begun ? when(recording, 3600 * hour.hour) : `${hour.hour}:00`, count(hour.beats), figure(hour.heart_rate), count(hour.ectopic.V), count(hour.ectopic.S),
    count(hour.pauses), count(hour.unjudged),
  ]);
  return table(rows, { head: ["From", "Beats", "Rate", "V", "S", "Pauses", "Not judged"], className: "hours" });
}

// Beats without a label that follow each other, and segments without a beat that could not be judged, as events.
export function withAbstentions(events, beats, recording) {
  const found = [], { fs } = recording;
  for (let beat = 0; beat < beats.label.length; beat++) {
    if (beats.label[beat] !== "?") continue;
    const before = found.at(-1);
    if (before && before.last === beat - 1) {
      Object.assign(before, { last: beat, end: beats.sample[beat] / fs, beats: before.beats + 1 });
    } else {
      const start = beats.sample[beat] / fs;
      found.push({ kind: "abstention", label: "?", start, end: start, beats: 1, last: beat, why: beats.quality[beat] ?? "solve failed" });
    }
  }
  for (const segment of unjudged(recording)) {
    if ([...events, ...found].some((event) => event.start <= segment.end && event.end >= segment.start)) continue;
    found.push({ kind: "not judged", label: "?", start: segment.start, end: segment.end, beats: 0, why: segment.reason });
  }
  return [...events, ...found].sort((a, b) => a.start - b.start);
}

export function eventText(event) {
  if (event.kind === "pause") return `pause, ${(event.end - event.start).toFixed(1)} s`;
  if (event.kind === "abstention") return `${count(event.beats)} not judged: ${event.why.replace("_", " ")}`;
  if (event.kind === "not judged") return `${(event.end - event.start).toFixed(1)} s not judged: ${event.why.replace("_", " ")}`;
  if (event.kind === "couplet") return "couplet";
  return `${event.kind}, ${event.beats} beats`;
}

const SOURCES = {
  file: "as the file says", option: "as you said", times: "by its times", values: "by its values", default: "as nothing else is said",
};

// How the file was understood: its format, rate and columns.
export function readingTable(read) {
  const leads = read.leads.map((lead) => [lead.name, `column ${lead.column}, in ${lead.unit}, ${SOURCES[lead.unit_from]}`]);
  const others = read.left_out.map((signal) => [signal.name || "without a name", `left out: ${signal.reason}`]);
  return table([["Format", read.format], ["Rate", `${figure(read.fs, 3).replace(/\.?0+$/, "")} Hz, ${SOURCES[read.fs_from]}`], ...leads, ...others]);
}

export function beatDetail(beat, before, recording) {
  const label = beat.label ?? "?";
  const head = document.createElement("p");
  const since = before === null ? "" : `, ${(beat.time - before).toFixed(2)} s after the one before`;
  head.append(mark(label), ` ${NAMES[label]}, at ${when(recording, beat.time, 2)}${since}`);
  const parts = [head];
  if (beat.quality !== "good") {
    const why = document.createElement("p");
    why.textContent = `Its signal cannot be judged: ${beat.quality.replace("_", " ")}.`;
    parts.push(why);
  }
  if (beat.abstained && beat.label) {
    const why = document.createElement("p");
    why.textContent = `It abstains: ${REASONS[beat.reason]}. Its best guess:`;
    parts.push(why);
  }
  if (beat.probabilities) parts.push(bars(beat.probabilities));
  if (beat.receipt) parts.push(receiptTable(beat.receipt));
  return parts;
}

// What the curve under the beat means, and what counted beside it.
export function explanationDetail(explanation, label) {
  const text = document.createElement("p");
  const most = Math.max(...explanation.relevance);
  text.textContent = `The curve under the beat tells why ${label}. Where it rises, ${label} hangs on the signal there; where it falls, the signal there speaks against it. `
    + (most < HARDLY ? "No tenth of a second counts for much by itself." : `Without the tenth of a second that counts most, the odds of ${label} would be divided by ${times(most)}.`);
  if (!explanation.parts) return [text];
  const { first_lead: first, second_lead: second, rhythm } = explanation.parts;
  const rows = [["the first lead", change(first)], ["the second lead", change(second)], ["the rhythm", change(rhythm)]];
  return [text, table(rows, { caption: `The odds of ${label} without` })];
}

const HARDLY = 0.1; // nats

// What becomes of odds that lose so many nats: a part of what they were, or a multiple.
function change(nats) {
  if (Math.abs(nats) < HARDLY) return "about as before";
  return `${nats > 0 ? "÷" : "×"} ${times(Math.abs(nats))}`;
}

function times(nats) {
  const factor = Math.exp(nats);
  return factor > 1000 ? "1,000 or more" : factor.toFixed(factor < 10 ? 1 : 0);
}

function bars(probabilities) {
  const rows = LABELS.map((label) => {
    const bar = document.createElement("span");
    bar.className = "share";
    bar.style.width = `${100 * probabilities[label]}%`;
    bar.style.background = `var(--${label})`;
    return [mark(label), bar, percent(probabilities[label])];
  });
  return table(rows, { className: "bars" });
}

function receiptTable(receipt) {
  const tolerance = receipt.rtol === null ? "–" : receipt.rtol === receipt.atol ? String(receipt.rtol) : `${receipt.rtol} relative, ${receipt.atol} absolute`;
  const rows = [
    ["Solved by", receipt.method + (receipt.stage ? ` (${receipt.stage})` : "")],
    ["Tolerance", tolerance],
    ["Evaluations", `${receipt.evaluations} (${receipt.accepted} steps, ${receipt.rejected} rejected)`],
    ["Error estimate", receipt.error === null ? "–" : receipt.error.toExponential(1)],
    ["Status", receipt.status],
    ["Validated", receipt.validated ? "yes" : "no"],
  ];
  return table(rows, { caption: "Receipt" });
}
