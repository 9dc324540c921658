// The invocations as a table of waterfalls, the newest first.

import { element } from "./elements.js";
import { roundedUp, waterfall } from "./waterfall.js";
import { duration, failure, moments, round, size, told } from "./words.js";

export class InvocationsView {
  constructor(page, store, choose) {
    this.store = store;
    this.choose = choose;
    this.rows = page.getElementById("rows");
    this.table = page.getElementById("table");
    this.none = page.getElementById("no-invocations");
    this.missed = page.getElementById("missed");
    this.axis = page.getElementById("axis");
    this.made = new Map();
    this.scale = "shared";
    this.chosen = null;
  }

  /** Show them all. Rows that stand stay, so that the keyboard's focus does. */
  show() {
    const all = this.store.newest();
    this.none.hidden = all.length > 0;
    this.table.hidden = all.length === 0;
    const { missed } = this.store;
    this.missed.hidden = !missed;
    this.missed.textContent = missed ? `${missed} more came too fast to be shown whole here.` : "";
    const kept = new Set(all.map(({ sequence }) => sequence));
    for (const [sequence, row] of this.made) if (!kept.has(sequence)) this.remove(sequence, row);
    all.forEach((each, place) => this.place(this.row(each), place));
    this.draw(all);
  }

  /** Draw again those that still run, or all when the scale has changed. */
  draw(all = this.store.newest()) {
    const spans = new Map(all.map((each) => [each, this.store.span(each)]));
    const shared = roundedUp(Math.max(1, ...spans.values()));
    const rescaled = shared !== this.shared || this.scale !== this.drawnScale;
    [this.shared, this.drawnScale] = [shared, this.scale];
    if (rescaled) this.axis.replaceChildren(...axis(this.scale === "shared" ? shared : null));
    for (const [each, span] of spans) {
      const row = this.made.get(each.sequence);
      if (row.drawn === each && each.over !== null && !rescaled) continue;
      row.drawn = each;
      const scale = this.scale === "shared" ? shared : roundedUp(Math.max(1, span));
      row.fall.replaceChildren(waterfall(each, span, scale, this.store.isCold(each)));
    }
  }

  mark(sequence) {
    this.chosen = sequence;
    for (const [each, row] of this.made) row.button.setAttribute("aria-pressed", String(each === sequence));
  }

  row(invocation) {
    const row = this.made.get(invocation.sequence) ?? this.make(invocation);
    const { first, last } = moments(invocation);
    row.element.dataset.state = invocation.state;
    row.what.textContent = what(invocation);
    row.state.textContent = invocation.error ? failure(invocation) || invocation.state : "";
    row.first.textContent = duration(first) || "–";
    row.last.textContent = last === null ? (invocation.error ? invocation.state : "...") : duration(last);
    row.chunks.textContent = invocation.chunks ? `${invocation.chunks} · ${size(invocation.bytes)}` : "–";
    row.words.textContent = told(invocation);
    return row;
  }

  make(invocation) {
    const { sequence } = invocation;
    const button = element("button", { type: "button", "aria-pressed": String(sequence === this.chosen) }, invocation.function);
    button.addEventListener("click", () => this.choose(sequence));
    const row = { button, state: element("span", { class: "why" }), fall: element("div", { class: "picture" }) };
    row.first = cell("number", "First byte");
    row.last = cell("number", "Whole");
    row.chunks = cell("number", "Chunks");
    row.words = element("span", { class: "unseen" });
    row.fallCell = element("td", { role: "cell", class: "fall" }, row.fall, row.words);
    row.what = element("span", { class: "quiet" });
    const head = element("th", { role: "rowheader", scope: "row" }, button, " ", row.what, row.state);
    row.element = element("tr", { role: "row", "data-sequence": sequence }, head, row.first, row.last, row.chunks, row.fallCell);
    this.made.set(sequence, row);
    return row;
  }

  place(row, place) {
    const there = this.rows.children[place];
    if (there !== row.element) this.rows.insertBefore(row.element, there ?? null);
  }

  remove(sequence, row) {
    row.element.remove();
    this.made.delete(sequence);
  }
}

function what({ call, status, door }) {
  return [call, status, door].filter(Boolean).join(" · ");
}

function axis(scale) {
  if (scale === null) return ["each its own scale"];
  return [0, 0.25, 0.5, 0.75, 1].map((part) => element("span", {}, round(part * scale)));
}

function cell(kind, label) {
  return element("td", { role: "cell", class: kind, "data-label": label });
}
