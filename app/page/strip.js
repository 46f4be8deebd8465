// The strip: where one looks, and how one moves.

import { MM, drawPaper, search } from "./paper.js";

export const PAPER_SPEED = 25 * MM;
const FASTEST = 400 * MM;
const SHOWN_LEADS = 3;

export class Strip {
  constructor(canvas, onMove, onPick) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.onMove = onMove;
    this.onPick = onPick;
    this.data = null;
    this.view = { start: 0, perSecond: PAPER_SPEED, gain: 10 * MM };
    this.pending = false;
    this.pointers = new Map();
    new ResizeObserver(() => this.changed()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.changed());
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.moved(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.up(event));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  get width() {
    return this.canvas.clientWidth;
  }

  get shownSeconds() {
    return this.width / this.view.perSecond;
  }

  // The beat's own lead first, then others.
  show(data) {
    this.data = data;
    this.painted = false;
    const own = data.recording.leads.indexOf(data.recording.lead ?? data.recording.leads[0]);
    const others = data.recording.leads.map((_, lead) => lead).filter((lead) => lead !== own);
    data.shown = (own < 0 ? others : [own, ...others]).slice(0, SHOWN_LEADS);
    this.view = { ...this.view, start: 0, perSecond: PAPER_SPEED };
    this.changed();
  }

  changed() {
    this.hold();
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw();
    });
  }

  hold() {
    if (!this.data) return;
    const { seconds } = this.data.recording;
    this.view.perSecond = Math.min(Math.max(this.view.perSecond, this.width / Math.max(seconds, 0.1)), FASTEST);
    this.view.start = Math.min(Math.max(this.view.start, 0), Math.max(seconds - this.shownSeconds, 0));
  }

  draw() {
    if (!this.data || !this.width) return;
    const ratio = devicePixelRatio || 1;
    const size = { width: this.width, height: this.canvas.clientHeight };
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const whole = drawPaper(this.context, size, this.view, this.data);
    if (whole && !this.painted) performance.mark("painted");
    this.painted ||= whole;
    this.onMove(this.view);
  }

  goTo(seconds) {
    this.view.start = seconds - this.shownSeconds / 2;
    this.changed();
  }

  move(share) {
    this.view.start += share * this.shownSeconds;
    this.changed();
  }

  zoom(factor, x = this.width / 2) {
    const at = this.view.start + x / this.view.perSecond;
    this.view.perSecond = Math.min(Math.max(this.view.perSecond * factor, this.width / this.data.recording.seconds), FASTEST);
    this.view.start = at - x / this.view.perSecond;
    this.changed();
  }

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.offsetX, from: event.offsetX, moved: false });
    this.canvas.classList.add("dragging");
  }

  moved(event) {
    const pointer = this.pointers.get(event.pointerId);
    if (!pointer) return;
    const others = [...this.pointers.entries()].filter(([id]) => id !== event.pointerId);
    if (others.length) {
      const other = others[0][1].x;
      this.zoom(Math.max(Math.abs(event.offsetX - other), 10) / Math.max(Math.abs(pointer.x - other), 10), (event.offsetX + other) / 2);
    } else {
      this.view.start -= (event.offsetX - pointer.x) / this.view.perSecond;
      this.changed();
    }
    pointer.moved ||= Math.abs(event.offsetX - pointer.from) > 4;
    pointer.x = event.offsetX;
  }

  up(event) {
    const pointer = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.canvas.classList.remove("dragging");
    if (event.type === "pointerup" && pointer && !pointer.moved) this.pick(event.offsetX);
  }

  pick(x) {
    const { beats, recording } = this.data;
    const wanted = (this.view.start + x / this.view.perSecond) * recording.fs;
    const after = search(beats.sample, wanted);
    const nearest = [after - 1, after]
      .filter((beat) => beat >= 0 && beat < beats.sample.length)
      .sort((a, b) => Math.abs(beats.sample[a] - wanted) - Math.abs(beats.sample[b] - wanted))[0];
    if (nearest === undefined) return;
    const away = (Math.abs(beats.sample[nearest] - wanted) / recording.fs) * this.view.perSecond;
    if (away < Math.max(40, 0.3 * this.view.perSecond)) this.onPick(nearest);
  }

  wheel(event) {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(-event.deltaY / 200), event.offsetX);
    else this.move((Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY) / this.width);
  }
}
