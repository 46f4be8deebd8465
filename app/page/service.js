// What is asked of the service. Errors come as `Problem`, with the text that the service gives.

import { authorization, keyGivenAfter } from "./key.js";

export class Problem extends Error {}

export async function json(path, options) {
  return (await ask(path, options)).json();
}

export async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { ...options?.headers, ...authorization() } });
  } catch {
    throw new Problem("The service cannot be reached. Is it still running?");
  }
  if (await keyGivenAfter(response.status)) return ask(path, options);
  if (!response.ok) throw new Problem(await problemText(response));
  return response;
}

async function problemText(response) {
  const body = await response.json().catch(() => null);
  return body?.detail ?? `The service answered ${response.status}.`;
}

// Sends a form; `onSent` is told the share that is sent, `onLine` each line of the answer as it comes.
export function send(path, form, onSent, onLine) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const read = lineReader(onLine);
    request.open("POST", path);
    const headers = { Accept: "application/x-ndjson", ...authorization() };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && onSent(event.loaded / event.total);
    request.onprogress = () => request.status === 200 && attempt(() => read(request.responseText), reject);
    request.onerror = () => reject(new Problem("The connection to the service broke off."));
    request.onload = async () => {
      if (await keyGivenAfter(request.status)) return resolve(send(path, form, onSent, onLine));
      if (request.status !== 200) return reject(new Problem(detailOf(request)));
      if (attempt(() => read(request.responseText), reject)) resolve();
    };
    request.send(form);
  });
}

function attempt(work, reject) {
  try {
    work();
    return true;
  } catch (error) {
    reject(error);
    return false;
  }
}

function detailOf(request) {
  try {
    return JSON.parse(request.responseText).detail;
  } catch {
    return `The service answered ${request.status}.`;
  }
}

function lineReader(onLine) {
  let read = 0;
  return (text) => {
    for (let end = text.indexOf("\n", read); end >= 0; end = text.indexOf("\n", read)) {
      take(text.slice(read, end), onLine);
      read = end + 1;
    }
  };
}

function take(line, onLine) {
  const content = JSON.parse(line);
  if (content.problem) throw new Problem(content.problem.detail);
  onLine(content);
}

// Asks for decisions by another model or solver; `onLine` is told each line of the answer.
export async function decide(id, body, onLine, signal) {
  const response = await ask(`recordings/${id}/decisions`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal,
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const read = lineReader(onLine);
  let text = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    text += piece.value;
    read(text);
  }
}
