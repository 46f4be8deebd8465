// The classes of beats: their names, and how they are marked. A letter always stands beside the colour.

export const LABELS = ["N", "S", "V", "F", "Q"];
export const NAMES = {
  N: "normal", S: "supraventricular ectopic", V: "ventricular ectopic", F: "fusion", Q: "other, or paced", "?": "not judged",
};

// Why a model does not stand by a label.
export const REASONS = { low_confidence: "it is not sure enough", unlike_training: "the beat is unlike those it was trained on" };

export function colour(label) {
  return variable(label === "?" ? "none" : label);
}

export function variable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function mark(label) {
  const element = document.createElement("span");
  element.className = "mark";
  element.style.background = `var(--${label === "?" ? "none" : label})`;
  element.textContent = label;
  element.title = NAMES[label];
  return element;
}
