// The page: what the local AWS tells, by server-sent events, goes into the store and from there into the views.

import { Announcer } from "./announcer.js";
import { FunctionsView } from "./functions_view.js";
import { InvocationsView } from "./invocations_view.js";
import { LogView } from "./log_view.js";
import { Store } from "./store.js";

const FRAME = 100; // milliseconds between two pictures of what runs
const CALM_FRAME = 1000; // for those who want less motion
const AGAIN = 2000;

const store = new Store();
const functions = new FunctionsView(document);
const invocations = new InvocationsView(document, store, choose);
const log = new LogView(document);
const announcer = new Announcer(document);
const connection = document.getElementById("connection");
const hold = document.getElementById("hold");
const follow = document.getElementById("follow");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let follows = true;
let isNew = false;

function choose(sequence) {
  setFollows(false);
  show(sequence);
}

function setFollows(value) {
  follows = value;
  follow.setAttribute("aria-pressed", String(value));
}

function show(sequence) {
  invocations.mark(sequence);
  log.show(store.invocations.get(sequence));
}

function refresh() {
  if (hold.checked) return;
  invocations.show();
  const [newest] = store.newest();
  const kept = store.invocations.has(invocations.chosen);
  show((follows || !kept) && newest ? newest.sequence : invocations.chosen);
}

function say(state, text) {
  connection.dataset.state = state;
  connection.textContent = text;
}

const HANDLERS = {
  hello(told) {
    store.hello(told);
    announcer.forget();
    isNew = true;
    const since = new Date(told.since * 1000).toLocaleTimeString();
    document.getElementById("since").textContent = `Recorded since ${since}.`;
    say("open", "Live");
    refresh();
  },
  overview(told) {
    store.overview = told;
    functions.show(told);
  },
  invocations(told) {
    const changed = store.change(told);
    if (isNew) announcer.skip(changed);
    else announcer.hear(changed);
    isNew = false;
    refresh();
  },
  heartbeat() {},
  end() {
    say("gone", "The local AWS has ended. This page waits for it: lambdastream up");
  },
};

function open() {
  const source = new EventSource("events");
  for (const [name, handle] of Object.entries(HANDLERS)) {
    source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
  source.addEventListener("error", () => {
    if (connection.dataset.state === "open" || connection.dataset.state === "opening") {
      say("gone", "The local AWS does not answer. This page tries again; its address by now: lambdastream live");
    }
    if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN);
  });
}

function frame() {
  if (!hold.checked && !document.hidden && connection.dataset.state === "open") invocations.draw();
  setTimeout(frame, calm.matches ? CALM_FRAME : FRAME);
}

document.getElementById("scale").addEventListener("change", (event) => {
  invocations.scale = event.target.value;
  invocations.draw();
});
hold.addEventListener("change", refresh);
follow.addEventListener("click", () => {
  setFollows(!follows);
  refresh();
});

open();
frame();
