/**
 * One answer of the chat: asked for, read as it comes, and timed.
 */

import { ProtocolError, Reader } from "./chat_protocol.js";

const SERVED_BY = "X-Served-By";
const SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** No answer, or not all of it. Its message is for the reader of the page. */
export class NoAnswer extends Error {
  name = "NoAnswer";
}

/** When the pieces of an answer arrived, in seconds since it was asked for. */
export class Arrivals {
  #asked = performance.now();
  times = [];

  get now() {
    return (performance.now() - this.#asked) / 1000;
  }

  add() {
    this.times.push(this.now);
  }

  get first() {
    return this.times[0];
  }

  get last() {
    return this.times.at(-1);
  }

  /** Whether first and last piece are too far apart to have waited for each other anywhere. */
  get streamed() {
    const spread = this.last - this.first;
    return spread >= 0.1 && spread >= this.last / 10;
  }

  /** "streamed", "buffered" or "too short to tell": what a complete answer looked like from here. */
  get verdict() {
    if (this.streamed) return "streamed";
    return this.last - this.first < this.last / 10 && this.last >= 0.2 ? "buffered" : "too short to tell";
  }
}

/** The address of the app with a slash at its end, without which a stage would be taken for a file. */
export function base(address) {
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) throw new TypeError("An address begins with http:// or https://");
  url.search = url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/**
 * Asks the app at an address. Calls `onHead(servedBy)` when the answer begins, `onItem(item)` for each text and artifact, and
 * `onPiece()` after each piece that has arrived. Throws NoAnswer, and an AbortError when `signal` ends it.
 */
export async function answer(address, query, { signal, arrivals, onHead, onItem, onPiece }) {
  const url = new URL("stream/chat", base(address));
  url.searchParams.set("query", query);
  const response = await fetched(url, signal);
  onHead(response.headers.get(SERVED_BY));
  if (!response.ok) throw new NoAnswer(await problem(response));
  const reader = new Reader();
  for await (const piece of pieces(response, signal)) {
    arrivals.add();
    for (const item of read(reader, piece)) onItem(item);
    onPiece();
  }
  if (!reader.complete) throw new NoAnswer("The answer was cut off.");
}

async function fetched(url, signal) {
  // CloudFront, when it signs for a function URL, wants the hash of what is posted. To another origin goes no header of
  // ours: so the browser need not ask for permission first.
  const headers = url.origin === location.origin ? { "X-Amz-Content-Sha256": SHA256_OF_NOTHING } : {};
  try {
    return await fetch(url, { method: "POST", headers, signal, cache: "no-store", credentials: "omit" });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new NoAnswer("Nothing answers there that this page may read. Is the address right, and the server running?");
  }
}

async function* pieces(response, signal) {
  const source = response.body.getReader();
  try {
    for (let next = await source.read(); !next.done; next = await source.read()) yield next.value;
  } catch (error) {
    if (signal.aborted || error instanceof NoAnswer) throw error;
    throw new NoAnswer("The connection broke. The answer was cut off.");
  } finally {
    source.cancel().catch(() => {});
  }
}

function read(reader, piece) {
  try {
    return reader.feed(piece);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new NoAnswer(`This is no answer of the chat. ${error.message}`);
  }
}

async function problem(response) {
  const told = await response.json().then((body) => body.detail).catch(() => null);
  const detail = typeof told === "string" ? told : told?.[0]?.msg; // FastAPI lists what is wrong with a request
  return detail ? `${detail} (status ${response.status})` : `The server says status ${response.status}.`;
}
