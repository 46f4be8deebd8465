// How figures are written.

export function clock(seconds, digits = 0) {
  const whole = Math.max(seconds, 0);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = (whole % 60).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return `${parts[0]}:${String(parts[1]).padStart(2, "0")}:${rest}`;
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
