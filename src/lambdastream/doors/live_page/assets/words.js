// What is shown, in words. Pure.

/** Milliseconds as a person reads them: 4.2 ms, 350 ms, 1.25 s. */
export function duration(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** The same for a round number: 2.5 s. */
export function round(ms) {
  if (!ms) return "0";
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** Bytes as a person reads them. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** "1 chunk", "2 chunks". */
export function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** When its client got the first byte, and the last: milliseconds since the arrival, null until then. */
export function moments(invocation) {
  const { ticks, answered, collected, error } = invocation;
  const last = error && !ticks.length ? null : answered;
  return { first: collected ? last : (ticks[0]?.[0] ?? last), last: error ? null : last };
}

/** Whether its client gets the answer in one block. */
export function isBlock(invocation) {
  return !invocation.streams || invocation.collected;
}

/** The waterfall of an invocation, in words. */
export function told(invocation) {
  const { begun, init, streams, collected, chunks, bytes, answered, state, ticks } = invocation;
  const said = [];
  if (init) said.push(`cold start ${duration(init[1] - init[0])}`);
  else if (begun === null && answered === null) said.push("waits for an environment");
  if (ticks.length && streams) {
    said.push(`first byte after ${duration(ticks[0][0])}`, `${counted(chunks, "chunk")}, ${size(bytes)} in all`);
    if (collected) said.push("kept back");
  }
  if (state === "failed" || state === "throttled") {
    said.push(`${state} after ${duration(answered)}: ${failure(invocation)}`);
  } else if (answered === null) {
    said.push(begun === null ? "" : "still runs");
  } else {
    said.push(isBlock(invocation) ? `one block of ${size(bytes)} after ${duration(answered)}` : `whole after ${duration(answered)}`);
  }
  return said.filter(Boolean).join(", ");
}

/** Why it failed. */
export function failure({ error, message }) {
  return [error === "throttled" ? "" : error, message].filter(Boolean).join(": ");
}

/** What a function's answers are like, as far as its settings tell. */
export function manner({ answers, invokeMode }) {
  if (invokeMode === "BUFFERED" || answers.mode === "buffered") return "answers whole";
  return invokeMode === "RESPONSE_STREAM" && answers.mode === "response_stream" ? "streams" : "";
}
