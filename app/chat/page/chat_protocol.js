/**
 * The chat protocol, read as it arrives: the JavaScript twin of the reader in chat_protocol.py, which has the grammar.
 */

export const START = "[START]\n";
export const END = "\n[END]\n";
export const ARTIFACT = "[ARTIFACT]\n";
export const ARTIFACT_END = "\n[/ARTIFACT]\n";

/** A stream that is no answer. */
export class ProtocolError extends Error {
  name = "ProtocolError";
}

/** How many characters at the end of a text may be the beginning of a marker. */
export function overlap(text, marker) {
  for (let size = marker.length - 1; size > 0; size--) {
    if (text.endsWith(marker.slice(0, size))) return size;
  }
  return 0;
}

/** Reads an answer that arrives in pieces, wherever they are cut. */
export class Reader {
  #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #encoder = new TextEncoder();
  #undecoded = 0; // bytes of a character that has not come whole
  #rest = ""; // what has come and cannot be understood yet
  #part = this.#start;

  /** Whether the answer may end here: nothing is missing. */
  get complete() {
    return this.#part === this.#artifact && this.#rest === "" && this.#undecoded === 0;
  }

  /**
   * Takes the next piece, a Uint8Array. Returns what it completes: texts as strings, artifacts as objects with `title`,
   * `description` and `uri`. Throws a ProtocolError when this is no answer.
   */
  feed(piece) {
    this.#rest += this.#decoded(piece);
    const found = [];
    for (let item = this.#part(); item !== null; item = this.#part()) {
      if (item) found.push(item);
    }
    return found;
  }

  #decoded(piece) {
    try {
      const text = this.#decoder.decode(piece, { stream: true });
      this.#undecoded += piece.length - this.#encoder.encode(text).length;
      return text;
    } catch {
      throw new ProtocolError("This is not UTF-8.");
    }
  }

  #start() {
    if (!this.#has(START)) return null;
    this.#rest = this.#rest.slice(START.length);
    this.#part = this.#text;
    return "";
  }

  #text() {
    const at = this.#rest.indexOf(END);
    const certain = at >= 0 ? at : this.#rest.length - overlap(this.#rest, END);
    const words = this.#rest.slice(0, certain);
    if (words.includes("[")) throw new ProtocolError("In the text stands a marker that does not belong there.");
    this.#rest = this.#rest.slice(at >= 0 ? at + END.length : certain);
    if (at >= 0) {
      this.#part = this.#artifact;
      return words;
    }
    return words || null;
  }

  #artifact() {
    if (!this.#has(ARTIFACT)) return null;
    const end = this.#rest.indexOf(ARTIFACT_END, ARTIFACT.length);
    if (end < 0) return null;
    const json = this.#rest.slice(ARTIFACT.length, end);
    this.#rest = this.#rest.slice(end + ARTIFACT_END.length);
    return parsed(json);
  }

  /** Whether the marker is next. If it may still come it is not; if something else came, that is an error. */
  #has(marker) {
    if (!this.#rest.startsWith(marker.slice(0, this.#rest.length))) {
      throw new ProtocolError("Something else came in the place of a marker.");
    }
    return this.#rest.length >= marker.length;
  }
}

function parsed(json) {
  let artifact;
  try {
    artifact = JSON.parse(json);
  } catch {
    throw new ProtocolError("This artifact is no JSON.");
  }
  const { title, description, uri } = artifact ?? {};
  if ([title, description, uri].some((each) => typeof each !== "string")) {
    throw new ProtocolError("An artifact has a title, a description and a uri.");
  }
  return { title, description, uri };
}
