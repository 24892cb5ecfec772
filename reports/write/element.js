"use strict";
// What every page of ours builds from: elements, and how numbers are written. Texts come from files and
// devices: they are only ever set as textContent.

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "onclick") node.addEventListener("click", value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined && child !== ""));
  return node;
}

// The name of a vocabulary; nobody asks there for anything.
const svgSpace = "http:" + "//www.w3.org/2000/svg";
function svg(tag, attributes, ...children) {
  const node = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, String(value));
  node.append(...children.filter(child => child !== null && child !== undefined && child !== ""));
  return node;
}

function table(caption, heads, rows) {
  const cell = (value, tag, attributes) => el(tag, attributes, ...(Array.isArray(value) ? value : [value]));
  const number = head => head.startsWith("#") ? {class: "number"} : {};
  return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption}, el("table", {}, el("caption", {class: "small soft"}, caption),
    el("thead", {}, el("tr", {}, ...heads.map(head => el("th", {scope: "col", ...number(head)}, head.replace("#", ""))))),
    el("tbody", {}, ...rows.map(row => el("tr", {}, ...row.map((value, i) =>
      i === 0 ? cell(value, "th", {scope: "row"}) : cell(value, "td", number(heads[i]))))))));
}

const plural = (n, word) => whole(n) + " " + word + (n === 1 ? "" : "s");
const toneOf = verdict => verdict === "PASS" ? "pass" : verdict === "FAIL" ? "fail" : verdict.startsWith("NOT-") ? "none" : "warn";
const toned = (tone, word) => el("span", {class: "badge " + tone},
  ({pass: "\u2713 ", fail: "\u2717 ", warn: "! ", none: "\u2013 "})[tone] + word);
function whole(n) { return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ","); }

function time(ms) {
  if (ms < 0.05) return "0 ms";
  if (ms < 10) return ms.toFixed(1) + " ms";
  if (ms < 1000) return ms.toFixed(0) + " ms";
  return ms < 60000 ? (ms / 1000).toFixed(1) + " s" : Math.floor(ms / 60000) + " min " + Math.round(ms % 60000 / 1000) + " s";
}

// Times that are compared: three digits, whatever the size.
function fine(ms) {
  if (ms >= 1000) return (ms / 1000).toFixed(ms < 10000 ? 2 : 1) + " s";
  return (ms < 0.995 ? ms.toFixed(2) : ms < 9.95 ? ms.toFixed(1) : ms.toFixed(0)) + " ms";
}

// The same at an axis, where it is a round number and room is scarce.
function axisTime(ms) {
  if (ms > 0 && ms < 0.0995) return Number((1000 * ms).toPrecision(2)) + " \u00b5s";
  return ms >= 1000 ? brief(ms / 1000) + " s" : Number(ms.toPrecision(2)) + " ms";
}

// A number in few characters: 1.2k, 0.35.
function brief(n) {
  if (n >= 999500) return (n / 1e6).toFixed(n < 9.95e6 ? 1 : 0) + "M";
  if (n >= 9995) return (n / 1000).toFixed(0) + "k";
  if (n >= 1000) return (n / 1000).toFixed(1).replace(".0", "") + "k";
  return String(Number(n.toFixed(n >= 10 ? 0 : n < 1 ? 2 : 1)));
}

// Seconds of a run: 1:05, or 1:02:05 from the first hour.
function clock(s) {
  const t = Math.max(0, Math.floor(s)), two = n => String(n).padStart(2, "0");
  return t < 3600 ? Math.floor(t / 60) + ":" + two(t % 60) : Math.floor(t / 3600) + ":" + two(Math.floor(t / 60) % 60) + ":" + two(t % 60);
}
