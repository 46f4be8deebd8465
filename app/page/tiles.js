// The tiles of a strip: columns of lowest and highest values, asked for as they are needed and kept for a while.

import { ask } from "./service.js";

export const COLUMNS = 1024;
const MOST_KEPT = 400;
const AT_ONCE = 6;

export class Tiles {
  constructor(recording, onLoad) {
    this.recording = recording;
    this.onLoad = onLoad;
    this.last = Math.max(Math.ceil(Math.log2(recording.samples / COLUMNS)), 0);
    this.kept = new Map();
    this.wanted = [];
    this.underway = 0;
    this.closed = false;
  }

  // The tile, or null until it is there. A missing one is fetched, the one that was asked for last first.
  get(level, number) {
    const key = `${level}/${number}`;
    const tile = this.kept.get(key);
    if (tile === undefined) {
      this.kept.set(key, null);
      this.wanted.push(key);
      this.fetchNext();
      return null;
    }
    if (tile) {
      this.kept.delete(key);
      this.kept.set(key, tile);
    }
    return tile;
  }

  fetchNext() {
    while (this.underway < AT_ONCE && this.wanted.length && !this.closed) this.fetch(this.wanted.pop());
    while (this.wanted.length > 4 * AT_ONCE) this.kept.delete(this.wanted.shift());
  }

  async fetch(key) {
    this.underway += 1;
    try {
      const response = await ask(`recordings/${this.recording.id}/tiles/${key}`);
      this.kept.set(key, new Float32Array(await response.arrayBuffer()));
    } catch {
      setTimeout(() => this.kept.delete(key), 2000); // to be asked for again
    } finally {
      this.underway -= 1;
    }
    while (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value);
    this.fetchNext();
    if (!this.closed) this.onLoad();
  }

  // Waits until all tiles of a stretch are there, for figures that are drawn once.
  async load(level, from, to) {
    for (let number = Math.max(Math.floor(from), 0); number <= to && number * COLUMNS * 2 ** level < this.recording.samples; number++) {
      for (let tries = 0; !this.get(level, number) && tries < 200; tries++) await new Promise((done) => setTimeout(done, 25));
    }
  }

  close() {
    this.closed = true;
  }
}

// The finest level of which a pixel shows at least one column.
export function levelFor(samplesPerPixel, last) {
  return Math.min(Math.max(Math.floor(Math.log2(samplesPerPixel)), 0), last);
}
