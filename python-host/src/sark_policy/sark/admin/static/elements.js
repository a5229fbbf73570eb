"use strict";

// Elements. Whatever comes from outside becomes a text node: there is no markup from strings anywhere.

const $ = (id) => document.getElementById(id);

function el(tag, options, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") made.addEventListener("click", value);
    else if (name === "width") made.style.width = `${value}%`;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined).map(node));
  return made;
}
const node = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));
const pill = (kind, ...text) => el("span", { class: `pill ${kind}` }, ...text);
function time(iso) {
  const at = new Date(iso);
  const today = at.toDateString() === new Date().toDateString();
  return el("time", { datetime: iso, title: iso }, today ? at.toLocaleTimeString() : at.toLocaleString());
}
const count = (value) => Number(value || 0).toLocaleString("en");
const percent = (share) => `${(100 * (share || 0)).toFixed(2)} %`;
const short = (text, most) => (text && text.length > most ? `${text.slice(0, most)}…` : text);

function table(heads, rows, empty) {
  if (!rows.length) return el("p", { class: "faint" }, empty);
  const head = heads.map((each) => el("th", { class: each.startsWith("#") ? "number" : null }, each.replace("#", "")));
  return el("div", { class: "scroll" }, el("table", null, el("thead", null, el("tr", null, head)), el("tbody", null, rows)));
}
const number = (...content) => el("td", { class: "number" }, ...content);
const text = (...content) => el("td", { class: "text" }, ...content);

function millis(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  return seconds < 0.001 ? `${(seconds * 1e6).toFixed(0)} µs` : `${(seconds * 1e3).toPrecision(3)} ms`;
}

function shown(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// Shows a section, unless it shows this already, or somebody is about to click or to copy there.
const drawn = {};
function put(id, data, ...children) {
  const text = JSON.stringify(data);
  const section = $(id);
  const selection = window.getSelection();
  const busy = section.matches(":active") || (!selection.isCollapsed && section.contains(selection.anchorNode));
  if (data !== null && (busy || drawn[id] === text)) return;
  drawn[id] = text;
  section.replaceChildren(...children);
}
