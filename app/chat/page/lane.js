/**
 * A lane: one address, its answer as it comes, and its times. Text is always set as text, never as HTML.
 */

import { answer, Arrivals, NoAnswer } from "./answer.js";

const seconds = (time) => (time === undefined ? "–" : `${time.toFixed(2)} s`);

export class Lane {
  arrivals = new Arrivals();
  #signal;
  #address;
  #section;

  constructor(template, address, signal) {
    this.#address = address;
    this.#signal = signal;
    this.#section = template.content.firstElementChild.cloneNode(true);
    this.#find(".address").textContent = address;
    this.#find("h2").textContent = new URL(address).host;
    this.#find("h2").id = `lane-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    this.#section.setAttribute("aria-labelledby", this.#find("h2").id);
  }

  get element() {
    return this.#section;
  }

  #find(selector) {
    return this.#section.querySelector(selector);
  }

  /** Asks, and shows what comes. `onPiece` is called after each piece. Ends when the answer does, whatever becomes of it. */
  async ask(query, onPiece) {
    this.#tell("waiting", "Waiting for the first byte …");
    this.#find(".answer").ariaBusy = "true";
    try {
      await answer(this.#address, query, {
        signal: this.#signal,
        arrivals: this.arrivals,
        onHead: (servedBy) => this.#name(servedBy),
        onItem: (item) => (typeof item === "string" ? this.#say(item) : this.#find(".cards").append(card(item))),
        onPiece: () => {
          this.#progress();
          onPiece();
        },
      });
      this.#complete();
    } catch (error) {
      this.#broken(error);
    } finally {
      this.#find(".answer").ariaBusy = "false";
    }
  }

  /** Draws when the pieces arrived, on a line that is `length` seconds long. */
  draw(length) {
    this.#find(".timeline").replaceChildren(
      ...this.arrivals.times.map((time) => {
        const tick = document.createElement("i");
        tick.style.left = `${(100 * time) / length}%`;
        return tick;
      }),
    );
  }

  #name(servedBy) {
    if (servedBy) this.#find("h2").textContent = servedBy;
  }

  #say(words) {
    this.#find(".text").append(words);
  }

  #progress() {
    const { arrivals } = this;
    this.#find(".first").textContent = seconds(arrivals.first);
    this.#find(".pieces").textContent = arrivals.times.length;
    if (arrivals.times.length === 1) this.#tell("running", "The answer has begun.");
    if (arrivals.streamed) this.#judge("streaming");
  }

  #complete() {
    const { verdict, last } = this.arrivals;
    this.#find(".last").textContent = seconds(last);
    this.#judge(verdict);
    const how = {
      streamed: "The words came as they were written.",
      buffered: "It came all at once: something on the way held it back until it was whole.",
      "too short to tell": "It was too quick to tell whether it was streamed.",
    };
    this.#tell("complete", `Complete after ${seconds(last)}. ${how[verdict]}`);
  }

  #broken(error) {
    if (this.arrivals.times.length) this.#find(".last").textContent = seconds(this.arrivals.last);
    if (!this.arrivals.streamed) this.#judge(null);
    else this.#judge("streamed");
    if (this.#signal.aborted) this.#tell("stopped", "Stopped.");
    else if (error instanceof NoAnswer) this.#tell("failed", error.message);
    else {
      this.#tell("failed", "This page has an error.");
      throw error;
    }
  }

  #judge(verdict) {
    const badge = this.#find(".verdict");
    badge.hidden = !verdict;
    badge.textContent = verdict ?? "";
    badge.dataset.verdict = verdict ?? "";
  }

  #tell(state, words) {
    this.#section.dataset.state = state;
    this.#find(".status").textContent = words;
  }
}

/** An artifact as a card. Its uri becomes a link if it is an address on the web, and nothing else. */
export function card({ title, description, uri }) {
  const item = document.createElement("li");
  const safe = /^https?:\/\//i.test(uri) && URL.canParse(uri);
  const name = document.createElement(safe ? "a" : "strong");
  name.textContent = title;
  if (safe) Object.assign(name, { href: uri, target: "_blank", rel: "noopener noreferrer" });
  const about = document.createElement("p");
  about.textContent = description;
  const where = document.createElement("p");
  where.className = "quiet";
  where.textContent = safe ? new URL(uri).host : uri;
  item.append(name, about, where);
  return item;
}
