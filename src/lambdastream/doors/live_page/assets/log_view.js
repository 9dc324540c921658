// The log of one invocation.

import { told } from "./words.js";

const NEAR = 40;

export class LogView {
  constructor(page) {
    this.of = page.getElementById("log-of");
    this.log = page.getElementById("log");
    this.shown = null;
  }

  show(invocation) {
    if (!invocation || this.shown === invocation) return;
    const same = this.shown?.sequence === invocation.sequence;
    const follows = !same || this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR;
    this.shown = invocation;
    const where = invocation.environment ? `, environment ${invocation.environment}` : "";
    this.of.textContent = `${invocation.function} ${invocation.call}${where}: ${told(invocation)}`;
    const left = invocation.leftOut ? [`(${invocation.leftOut} lines before: lambdastream logs ${invocation.function})`] : [];
    this.log.textContent = [...left, ...invocation.lines].join("\n").replaceAll("\r", "\n");
    if (follows) this.log.scrollTop = this.log.scrollHeight;
  }
}
