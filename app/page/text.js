// How figures are written.

// A length of time: it is rounded before it is parted, or 59.97 s would be written as 0:00:60.
export function clock(seconds, digits = 0) {
  const units = 10 ** digits;
  const whole = Math.round(Math.max(seconds, 0) * units);
  const minutes = Math.floor(whole / (60 * units));
  const rest = ((whole - 60 * units * minutes) / units).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

const DAY = 86400;

// When a recording began, in seconds of the day, by the clock of who recorded it; null where nobody knows.
export function timeOfDay(recording) {
  const begun = /T(\d\d):(\d\d):(\d\d(?:\.\d+)?)/.exec(recording.begun ?? "");
  return begun && 3600 * begun[1] + 60 * begun[2] + Number(begun[3]);
}

// When something is in a recording: the time of day, where that is known.
export function when(recording, seconds, digits = 0) {
  const begun = timeOfDay(recording);
  if (begun === null) return clock(seconds, digits);
  const units = 10 ** digits;
  const since = Math.round((begun + Math.max(seconds, 0)) * units) / units;
  const day = Math.floor(since / DAY);
  return `${day ? `day ${day + 1}, ` : ""}${clock(since - DAY * day, digits).padStart(digits ? 9 + digits : 8, "0")}`;
}

export const count = (number) => number.toLocaleString("en");

export const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)}\u202f%`;

export const figure = (value, digits = 0, unit = "") => (value === null ? "–" : `${value.toFixed(digits)}${unit}`);

export function table(rows, { caption, head, className } = {}) {
  const element = document.createElement("table");
  if (className) element.className = className;
  if (caption) element.createCaption().textContent = caption;
  if (head) fill(element.createTHead().insertRow(), head, "th");
  const body = element.createTBody();
  for (const row of rows) fill(body.insertRow(), row, "td");
  return element;
}

function fill(row, cells, kind) {
  for (const cell of cells) {
    const element = document.createElement(kind);
    element.append(cell);
    row.append(element);
  }
}
