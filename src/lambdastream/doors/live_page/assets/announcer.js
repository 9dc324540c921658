// Tells those who do not see the page what ended, seldom enough to be listened to.

import { counted, told } from "./words.js";

const PAUSE = 4000;

export class Announcer {
  constructor(page) {
    this.region = page.getElementById("announcer");
    this.ended = [];
    this.timer = null;
    this.seen = new Set();
  }

  /** These have changed. */
  hear(changed) {
    const ended = changed.filter(({ answered, sequence }) => answered !== null && !this.seen.has(sequence));
    for (const { sequence } of ended) this.seen.add(sequence);
    this.ended.push(...ended);
    if (this.ended.length && this.timer === null) this.say();
  }

  /** What was there before the page counts as heard. */
  skip(changed) {
    for (const { answered, sequence } of changed) if (answered !== null) this.seen.add(sequence);
  }

  forget() {
    this.seen.clear();
  }

  say() {
    const last = this.ended.at(-1);
    const others = this.ended.length > 1 ? `${counted(this.ended.length, "invocation")} ended. The last: ` : "";
    this.region.textContent = `${others}${last.function}, ${told(last)}.`;
    this.ended = [];
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.ended.length) this.say();
    }, PAUSE);
  }
}
