// An invocation as a picture: when it waited, was initialised, ran, and when each chunk of its answer came.

import { drawn } from "./elements.js";
import { isBlock } from "./words.js";

const WIDTH = 1000;
const HEIGHT = 24;
const STEPS = [1, 2, 3, 4, 6, 8];

/** The next round number of milliseconds: where an axis ends. */
export function roundedUp(ms) {
  for (let power = 10; ; power *= 10) {
    for (const step of STEPS) if (ms <= step * power) return step * power;
  }
}

/** The picture; `scale` milliseconds are its width, `span` is how long it has taken so far, `isCold` what it waits for. */
export function waterfall(invocation, span, scale, isCold) {
  const at = (ms) => Math.min(WIDTH, (ms / scale) * WIDTH);
  const box = (kind, from, to, height) =>
    drawn("rect", { class: kind, x: at(from), width: Math.max(0, at(to) - at(from)), y: (HEIGHT - height) / 2, height });
  const picture = drawn("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
    focusable: "false",
  });
  const { init, begun, answered, error } = invocation;
  picture.append(box("wait", 0, begun ?? answered ?? span, 4));
  if (isCold) picture.append(box("init", 0, span, 12));
  if (init) picture.append(box("init", init[0], init[1], 12));
  if (begun !== null) picture.append(box("run", begun, answered ?? span, 12), box("wait", answered ?? span, span, 4));
  picture.append(...chunks(invocation, at));
  if (error) picture.append(cross(at(answered)));
  return picture;
}

function chunks(invocation, at) {
  const { ticks, collected, answered, streams } = invocation;
  const made = [];
  if (streams && ticks.length) {
    const path = ticks.map(([ms]) => `M${at(ms).toFixed(1)} 2V${HEIGHT - 2}`).join("");
    made.push(drawn("path", { class: collected ? "kept" : "ticks", d: path }));
  }
  if (isBlock(invocation) && answered !== null && !invocation.error) {
    made.push(drawn("path", { class: "block", d: `M${at(answered).toFixed(1)} 0V${HEIGHT}` }));
  }
  return made;
}

function cross(x) {
  return drawn("path", { class: "fail", d: `M${x - 6} 4L${x + 6} ${HEIGHT - 4}M${x + 6} 4L${x - 6} ${HEIGHT - 4}` });
}
