// What the page knows: the events of the local AWS, put together. Pure but for the clock.

const REMEMBERED = 50;
const MOST_LINES = 500;

export class Store {
  constructor() {
    this.overview = { functions: [], apis: [] };
    this.forget();
  }

  /** The local AWS says hello, maybe another one than before: it tells all from the start. */
  hello({ now, since }) {
    this.forget();
    this.since = since;
    this.setClock(now);
  }

  /** Changes of invocations; returns them as they are now. */
  change({ now, missed, changes }) {
    this.setClock(now);
    this.missed = missed;
    const changed = changes.map((each) => this.merge(each));
    while (this.invocations.size > REMEMBERED) this.invocations.delete(this.invocations.keys().next().value);
    return changed;
  }

  /** The newest first. */
  newest() {
    return [...this.invocations.values()].reverse();
  }

  /** Milliseconds from an invocation's arrival until its end, or until now. */
  span(invocation) {
    return invocation.over ?? (invocation.begun === null ? invocation.answered : null) ?? this.age(invocation);
  }

  age(invocation) {
    return Math.max(0, Date.now() + this.offset - invocation.arrivedAt, invocation.answered ?? 0);
  }

  /** Whether it waits while an environment of its function is initialised, so most likely for that. */
  isCold({ begun, answered, function: name }) {
    const found = begun === null && answered === null && this.overview.functions.find((each) => each.name === name);
    return Boolean(found) && found.environments.some(({ state }) => state === "starting");
  }

  forget() {
    this.invocations = new Map();
    this.missed = 0;
    this.offset = 0;
  }

  setClock(now) {
    this.offset = now * 1000 - Date.now();
  }

  merge({ ticks, firstTick, lines, firstLine, ...told }) {
    const before = this.invocations.get(told.sequence) ?? { ticks: [], lines: [], leftOut: 0 };
    const gap = firstLine > before.leftOut + before.lines.length;
    const merged = gap ? lines : [...before.lines, ...lines];
    const leftOut = (gap ? firstLine : before.leftOut) + Math.max(0, merged.length - MOST_LINES);
    const invocation = {
      ...told,
      ticks: [...before.ticks.slice(0, firstTick), ...ticks],
      lines: merged.slice(-MOST_LINES),
      leftOut,
    };
    this.invocations.set(told.sequence, invocation);
    return invocation;
  }
}
