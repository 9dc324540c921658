/**
 * The page: a question, and a lane for each address that is asked.
 */

import { base } from "./answer.js";
import { Lane } from "./lane.js";

const [form, question, stop, address, rival, addresses, lanes, template] = [
  "form", "question", "stop", "address", "rival", "addresses", "lanes", "lane",
].map((id) => document.getElementById(id));

let running = null; // what ends the answers that are under way

// A link may name the addresses: chat?rival=https://...
const named = new URLSearchParams(location.search);
address.value = named.get("address") ?? new URL(".", location.href).href;
rival.value = named.get("rival") ?? "";
addresses.open = rival.value !== "";

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (question.value.trim()) start(question.value.trim());
  else question.focus();
});
form.addEventListener("invalid", () => (addresses.open = true), true); // a field that is folded away cannot say so
stop.addEventListener("click", () => running?.abort());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.abort();
});
for (const example of document.querySelectorAll(".examples button")) {
  example.addEventListener("click", () => {
    question.value = example.textContent;
    form.requestSubmit();
  });
}

async function start(query) {
  running?.abort();
  const mine = (running = new AbortController());
  stop.disabled = false;
  const asked = [address.value, rival.value].filter(Boolean).map((each) => base(each).href);
  const all = asked.map((each) => new Lane(template, each, mine.signal));
  lanes.replaceChildren(...all.map((lane) => lane.element));
  const draw = () => {
    const longest = Math.max(...all.map((lane) => lane.arrivals.last ?? 0));
    for (const lane of all) lane.draw(longest);
  };
  try {
    await Promise.all(all.map((lane) => lane.ask(query, draw)));
  } finally {
    if (running === mine) rest();
  }
}

function rest() {
  running = null;
  if (document.activeElement === stop) question.focus(); // a button that is disabled loses the focus to nothing
  stop.disabled = true;
}
