"use strict";
const run = JSON.parse(document.getElementById("record").textContent);
const page = document.getElementById("page");
const tone = v => v === "PASS" ? "pass" : v === "FAIL" ? "fail" : v.startsWith("NOT") ? "none" : "warn";
function el(tag, classes, text, ...children) {
  const node = document.createElement(tag);
  if (classes) node.className = classes;
  if (text !== null && text !== undefined) node.textContent = text;
  node.append(...children);
  return node;
}
const seconds = ms => ms < 1000 ? ms.toFixed(0) + " ms" : (ms / 1000).toFixed(1) + " s";
const passed = run.cases.filter(c => c.verdict === "PASS").length;
const covered = run.requirements.filter(r => r.checks > 0);
const tile = (n, label) => el("div", "tile", null, el("b", "", String(n)), el("span", "", label));
page.append(el("div", "hero", null,
  el("div", "", null, el("h1", "", "Drydock report"), el("div", "big " + tone(run.verdict), run.verdict),
    el("div", "meta", run.started + " · " + seconds(run.wall_ms) + " · seed " + run.seed + " · drydock " + run.version)),
  el("div", "tiles", null, tile(passed + "/" + run.cases.length, "cases passed"),
    tile(covered.filter(r => r.verdict === "PASS").length, "requirements passed"),
    tile(covered.filter(r => r.verdict === "FAIL").length, "failed"),
    tile(run.requirements.length - covered.length, "not covered yet"))));
const broken = run.cases.find(c => c.verdict !== "PASS");
if (broken) {
  const step = broken.steps.find(s => s.verdict !== "PASS");
  page.append(el("div", "hint", null, el("b", "", "First failure: " + broken.id + " on " + broken.bench),
    el("div", "", step ? "Step “" + step.id + "” (line " + step.line + "): " + step.message : broken.message), el("code", "", broken.reproduce)));
}
const search = el("input");
search.placeholder = "Filter scenarios, steps and requirements …";
page.append(search, el("h2", "", "Requirements"));
const areas = new Map();
for (const r of run.requirements) {
  const area = r.id.split("-")[0];
  if (!areas.has(area)) areas.set(area, []);
  areas.get(area).push(r);
}
const grid = el("div", "areas");
for (const [name, rows] of areas) {
  const dots = el("div", "dots");
  for (const r of rows) {
    const dot = el("div", "dot " + tone(r.verdict), r.id.split("-")[1]);
    dot.title = r.id + " (" + r.level + ") " + r.verdict + "\n" + r.text;
    dots.append(dot);
  }
  grid.append(el("div", "area", null, el("h3", "", name), dots));
}
page.append(grid, el("p", "small", "Point at a number to read its requirement. Grey: no step speaks for it yet."), el("h2", "", "Scenarios"));
for (const c of run.cases) {
  const box = el("details");
  box.open = c.verdict !== "PASS";
  box.append(el("summary", "", null, el("b", tone(c.verdict), c.verdict), el("span", "name", c.title),
    el("span", "small", c.id), el("span", "right", c.bench + " · " + seconds(c.duration_ms) + " on its clock")));
  const body = el("div", "body");
  const track = el("div", "track");
  for (const s of c.steps) {
    const bar = el("div", "bar " + tone(s.verdict));
    bar.style.left = Math.min(99, 100 * (s.started_ms - (c.steps[0]?.started_ms ?? 0)) / Math.max(1, c.duration_ms)) + "%";
    bar.style.width = Math.max(.4, 100 * s.duration_ms / Math.max(1, c.duration_ms)) + "%";
    bar.title = s.id + ": " + seconds(s.duration_ms);
    track.append(bar);
  }
  const table = el("table");
  for (const s of c.steps) {
    const facts = el("td", "");
    facts.append(el("div", "", (s.by ? s.by + " · " : "") + s.verb + (s.note ? " — " + s.note : "")));
    for (const k of s.checks) facts.append(el("div", "small " + (k.passed ? "" : "fail"), (k.passed ? "✓ " : "✗ ") + k.kind + " " + k.path + ": " + k.expected + (k.passed && k.expected === k.observed ? "" : " — seen: " + k.observed)));
    if (s.covers.length) facts.append(el("div", "small", "covers " + s.covers.join(", ")));
    const when = s.time_to_true_ms !== undefined ? "true after " + seconds(s.time_to_true_ms) : seconds(s.duration_ms);
    table.append(el("tr", "", null, el("td", tone(s.verdict), s.id), facts, el("td", "small", when)));
  }
  const copy = el("button", "", "copy");
  copy.onclick = () => navigator.clipboard?.writeText(c.reproduce);
  const again = el("p", "small", "Again: ", el("code", "", c.reproduce), " ", copy);
  if (c.event_log_hash) again.append(el("span", "", " · event log " + c.event_log_hash + " · " + c.events.length + " events"));
  body.append(track, table, again);
  box.append(body);
  box.dataset.text = (c.id + " " + c.title + " " + c.bench + " " + c.steps.map(s => s.id + " " + s.verb + " " + s.covers.join(" ")).join(" ")).toLowerCase();
  page.append(box);
}
search.oninput = () => { for (const box of page.querySelectorAll("details")) box.hidden = !box.dataset.text.includes(search.value.toLowerCase()); };
page.append(el("p", "small", run.command + " · " + run.system + " · " + run.compiler));
