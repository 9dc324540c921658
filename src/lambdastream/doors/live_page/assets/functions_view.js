// Functions and APIs as cards.

import { arrange, element } from "./elements.js";
import { manner } from "./words.js";

const STATES = {
  starting: "initialising",
  idle: "idle",
  frozen: "frozen",
  busy: "busy",
  stopping: "ends",
};

export class FunctionsView {
  constructor(page) {
    this.functions = page.getElementById("functions");
    this.none = page.getElementById("no-functions");
    this.apis = page.getElementById("apis");
    this.apisSection = page.getElementById("apis-section");
    this.made = new Map();
  }

  show({ functions, apis }) {
    this.none.hidden = functions.length > 0;
    this.apisSection.hidden = apis.length === 0;
    const before = this.made;
    this.made = new Map();
    arrange(this.functions, functions.map((each) => this.functionCard(each, before)));
    arrange(this.apis, apis.map((each) => this.card(JSON.stringify(each), before, () => apiCard(each))));
  }

  // Environments change all the time, the rest of a card seldom.
  functionCard({ environments, ...each }, before) {
    const card = this.card(JSON.stringify(each), before, () => functionCard(each));
    card.querySelector(".environments").replaceWith(environmentList(each.name, environments));
    return card;
  }

  card(key, before, make) {
    const card = before.get(key) ?? make();
    this.made.set(key, card);
    return card;
  }
}

function functionCard(each) {
  const { name, url, invokeMode, authType, answers, handler, runtime } = each;
  const card = element("li", { class: "card" }, element("h3", {}, name, badge(manner(each))));
  const way = [answers.by, answers.mode].filter(Boolean).join(", ");
  card.append(element("p", {}, way), element("p", { class: "quiet" }, [handler, runtime].filter(Boolean).join(", ")));
  if (url) card.append(address(url, authType), element("p", { class: "quiet" }, `function URL ${invokeMode}, ${authType}`));
  else card.append(element("p", { class: "quiet" }, "no function URL"));
  card.append(environmentList(name, []));
  return card;
}

function environmentList(name, environments) {
  const items = environments.map(({ id, state }) =>
    element("li", { class: "environment", "data-state": state }, STATES[state] ?? state, element("code", {}, id)),
  );
  if (!items.length) items.push(element("li", { class: "environment", "data-state": "cold" }, "cold: no environment"));
  return element("ul", { class: "environments", "aria-label": `Environments of ${name}` }, ...items);
}

function apiCard({ name, url, type, authType, functions, streams, buffers }) {
  const how = streams && buffers ? "streams in part" : streams ? "streams" : "answers whole";
  const card = element("li", { class: "card" }, element("h3", {}, name, badge(how)), address(url, authType));
  card.append(element("p", { class: "quiet" }, `${type} API to ${functions.join(", ") || "no function"}`));
  return card;
}

function badge(text) {
  return text ? element("span", { class: "badge", "data-manner": text }, text) : "";
}

// Who must sign cannot follow a link.
function address(url, authType) {
  if (authType !== "NONE") return element("p", { class: "address" }, url);
  const link = element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url);
  return element("p", { class: "address" }, link);
}
