// Builds the page from the record. Texts of the record come from files and devices: they are only ever
// set as textContent.
const run = JSON.parse(document.getElementById("record").textContent);
const sign = verdict => ({pass: "\u2713 ", fail: "\u2717 ", warn: "! ", none: "\u2013 "})[toneOf(verdict)];
const order = ["NOT-APPLICABLE", "NOT-COVERED", "PASS", "NON-STRICT", "INCONCLUSIVE", "INFRASTRUCTURE", "FAIL"];
const worst = verdicts => verdicts.reduce((a, b) => order.indexOf(a) < order.indexOf(b) ? b : a);
// NON-STRICT missed only what should hold.
const isPassed = verdict => verdict === "PASS" || verdict === "NON-STRICT";
const benches = [...new Set(run.cases.map(one => one.bench))];

const badge = verdict => toned(toneOf(verdict), verdict);
const anchor = one => "case-" + one.bench + "-" + one.id;

const reason = step => step.message || "No reason was recorded.";

function copyable(text) {
  const button = el("button", {type: "button", "aria-label": "Copy the command"}, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch (refused) {
      getSelection().selectAllChildren(button.previousSibling);
      button.textContent = "Selected";
    }
  });
  return el("div", {class: "command"}, el("code", {}, text), button);
}

// Summary ------------------------------------------------------------------------------------------

function levelTable() {
  const body = el("tbody");
  const levels = ["must", "should", "may"];
  for (const level of levels) {
    const of = run.requirements.filter(one => one.level === level);
    const count = verdict => of.filter(one => one.verdict === verdict).length;
    const fine = of.filter(one => isPassed(one.verdict)).length, bad = count("FAIL"), gap = count("NOT-COVERED");
    body.append(el("tr", {}, el("th", {scope: "row"}, level.toUpperCase()),
      ...[of.length, fine, bad, of.length - fine - bad - gap, gap].map(n => el("td", {class: "number"}, String(n)))));
  }
  return el("div", {class: "levels scroll"}, el("table", {},
    el("caption", {class: "small soft"}, "Requirements by level"),
    el("thead", {}, el("tr", {}, el("th", {scope: "col"}, "Level"),
      ...["All", "Passed", "Failed", "Unclear", "No check"].map(name => el("th", {scope: "col", class: "number"}, name)))), body));
}

function hero() {
  const passed = run.cases.filter(one => isPassed(one.verdict)).length;
  const spoken = run.requirements.filter(one => one.checks > 0), loads = run.cases.filter(one => one.load);
  return el("header", {class: "card hero " + toneOf(run.verdict)},
    el("div", {}, el("h1", {}, loads.length && loads.length === run.cases.length ? "Drydock load report" : "Drydock conformance report"),
      el("div", {class: "verdict"}, sign(run.verdict) + run.verdict),
      ...loads.filter(one => one.verdict !== "PASS" || loads.length === 1).map(one => el("p", {class: "sentence"},
        el("a", {href: "#" + loadAnchor(one)}, one.id), ": " + loadSentence(one.load))),
      ...loads.map(one => partSentence(one.load)).filter(Boolean).map(sentence => el("p", {}, sentence)),
      el("p", {class: loads.length ? "small" : "sentence"}, passed + " of " + plural(run.cases.length, "case") + " passed. " +
        spoken.filter(one => isPassed(one.verdict)).length + " of " + plural(run.requirements.length, "requirement") + " hold, " +
        spoken.filter(one => one.verdict === "FAIL").length + " failed."),
      el("div", {class: "soft small"}, run.started.replace("T", " ").replace("Z", " UTC") + " \u00b7 " + time(run.wall_ms) +
        " \u00b7 " + (benches.join(", ") || "no bench"))),
    levelTable());
}

const firstBad = one => one.steps.find(step => step.verdict === "FAIL") || one.steps.find(step => step.verdict !== "PASS");

function failurePanel() {
  const bad = run.cases.filter(one => !isPassed(one.verdict));
  // A load run says it all in its own section.
  if (bad.every(one => one.load)) return null;
  const one = bad.find(each => each.verdict === "FAIL") || bad[0];
  if (!one) return null;
  const step = firstBad(one);
  const missed = step ? step.checks.find(check => !check.passed) : null;
  const facts = el("dl", {class: "facts"});
  const fact = (name, ...value) => facts.append(el("dt", {}, name), el("dd", {}, ...value));
  fact("Scenario", el("a", {href: "#" + anchor(one)}, one.id), " \u2013 " + one.title);
  fact("Bench", one.bench);
  if (step) fact("Step", "\u201c" + step.id + "\u201d: " + [step.by, step.verb].filter(Boolean).join(" does "));
  if (missed) {
    fact("Expected", missed.kind !== "error" ? missed.path + ": " + missed.expected : missed.expected === "none" ? "no refusal" : "refusal: " + missed.expected);
    fact("Observed", missed.observed + (missed.kind === "eventually" ? " (after " + time(step.duration_ms) + " of waiting)" : ""));
  }
  if (step && step.covers.length) fact("Requirement", ...requirementLinks(step.covers));
  fact("Where", el("code", {}, step ? step.file + ":" + step.line : one.file));
  const others = bad.filter(each => each !== one);
  return el("section", {class: "card broken " + toneOf(one.verdict), "aria-label": "First failure"},
    el("h2", {}, one.verdict === "FAIL" ? "First failure" : "First case without a clear verdict (" + one.verdict + ")"),
    el("p", {class: "sentence"}, (step ? "In \u201c" + one.title + "\u201d, at \u201c" + step.id + "\u201d: " + reason(step) : one.message || (one.load ? loadSentence(one.load) : "No reason was recorded")).replace(/\.?$/, ".")),
    facts, one.reproduce ? el("div", {}, el("div", {class: "soft small"}, "Run it again:"), copyable(one.reproduce)) : null,
    others.length ? el("p", {class: "small"}, "Also not passed: ",
      ...others.flatMap((each, i) => [i ? ", " : "", el("a", {href: "#" + anchor(each)}, each.id + " on " + each.bench)])) : null);
}

function matrix() {
  const rows = new Map();
  for (const one of run.cases) {
    if (!rows.has(one.id)) rows.set(one.id, {title: one.title, on: {}});
    (rows.get(one.id).on[one.bench] ||= []).push(one);
  }
  const body = el("tbody");
  for (const [id, row] of rows) {
    body.append(el("tr", {}, el("th", {scope: "row"}, el("div", {class: "name"}, row.title), el("div", {class: "mono soft"}, id)),
      ...benches.map(bench => el("td", {}, ...(row.on[bench] || []).map(one =>
        el("div", {class: "cell"}, el("a", {href: "#" + anchor(one)}, badge(one.verdict)), " ", el("span", {class: "small soft"}, time(one.duration_ms)))),
        row.on[bench] ? "" : el("span", {class: "soft small"}, "not run here")))));
  }
  const passed = bench => run.cases.filter(one => one.bench === bench && isPassed(one.verdict)).length + " of " +
    run.cases.filter(one => one.bench === bench).length;
  return el("section", {id: "matrix"}, el("h2", {}, "Cases on benches"),
    el("p", {class: "soft small"}, "Each scenario beside itself: the same file on every bench it was run on. Times are of the scenario\u2019s own clock."),
    el("div", {class: "card scroll"}, el("table", {}, el("thead", {}, el("tr", {}, el("th", {scope: "col"}, "Scenario"),
      ...benches.map(bench => el("th", {scope: "col"}, bench + " \u2013 " + passed(bench) + " passed")))), body)));
}

// Cases --------------------------------------------------------------------------------------------

function requirementLinks(ids) {
  return ids.flatMap((id, i) => [i ? ", " : "", el("a", {href: "#req-" + id}, id)]);
}

const kinds = {expect: "is", eventually: "becomes", never: "is", error: "is"};

// Checks that held and say so in one value are one line each; once something is off, a table compares.
function checkList(checks) {
  if (checks.every(check => check.passed)) {
    return el("div", {class: "small"}, ...checks.map(check => el("div", {}, el("span", {class: "held"}, "\u2713 "), check.path + " " + kinds[check.kind] + " " +
      check.expected, check.observed === check.expected || check.kind === "never" ? "" : el("span", {class: "soft"}, " \u2013 seen: " + check.observed))));
  }
  const body = el("tbody");
  for (const check of checks) {
    body.append(el("tr", {class: check.passed ? "" : "missed"}, el("td", {}, check.passed ? "\u2713" : "\u2717"), el("td", {}, check.path),
      el("td", {}, (check.kind === "eventually" ? "becomes " : "") + check.expected), el("td", {}, check.observed)));
  }
  return el("table", {class: "checks"}, el("thead", {}, el("tr", {}, ...["", "Looked at", "Expected", "Observed"].map(name => el("th", {scope: "col"}, name)))), body);
}

function stepRow(one, step) {
  const span = Math.max(1e-6, one.duration_ms);
  const begin = one.steps[0].started_ms;
  const bar = el("i", {class: toneOf(step.verdict)});
  bar.style.left = Math.min(98.5, 100 * (step.started_ms - begin) / span) + "%";
  bar.style.width = Math.max(0.5, 100 * step.duration_ms / span) + "%";
  return el("div", {class: "step " + (step.verdict === "FAIL" ? "fail" : "")},
    el("div", {}, el("div", {class: "name"}, step.id), badge(step.verdict)),
    el("div", {class: "what"},
      el("div", {}, [step.by, step.verb].filter(Boolean).join(" \u00b7 ") || "looks", step.note ? el("span", {class: "soft"}, " \u2013 " + step.note) : ""),
      step.verdict !== "PASS" ? el("div", {class: "why"}, reason(step)) : "",
      step.checks.length ? checkList(step.checks) : "",
      el("div", {class: "soft small"}, step.covers.length ? "covers " : "", ...requirementLinks(step.covers),
        step.covers.length ? " \u00b7 " : "", el("span", {class: "mono"}, step.file + ":" + step.line))),
    el("div", {class: "when small soft"}, el("div", {class: "lane", role: "img", "aria-label": "begins " + time(step.started_ms - begin) + " into the case"}, bar),
      "at " + time(step.started_ms - begin) + ", took " + time(step.duration_ms),
      step.time_to_true_ms !== undefined ? el("div", {}, "true after " + time(step.time_to_true_ms)) : ""));
}

function eventLog(one) {
  if (!one.events.length) return null;
  const bad = one.verdict === "PASS" ? null : firstBad(one);
  const from = one.events[0].at_ms;
  const box = el("details", {}, el("summary", {class: "small"}, "Event log: " + plural(one.events.length, "event") +
    (one.event_log_hash ? ", hash " + one.event_log_hash : "") + (bad ? "; the failed step is marked" : "")));
  const show = () => {
    if (box.children.length > 1) return;
    const body = el("tbody");
    let inside = false;
    for (const event of one.events) {
      const of = bad && event.subject === "scenario" && event.fields.id === bad.id;
      if (of && event.kind === "step.began") inside = true;
      body.append(el("tr", {class: inside ? "within" : ""}, el("td", {}, "+" + (event.at_ms - from).toFixed(3) + " ms"), el("td", {}, event.subject),
        el("td", {}, event.kind), el("td", {}, Object.entries(event.fields).map(([name, value]) => name + "=" + value).join("  "))));
      if (of && event.kind === "step.ended") inside = false;
    }
    box.append(el("div", {class: "events", tabindex: "0", role: "region", "aria-label": "Event log of " + one.id}, el("table", {}, body)));
  };
  box.addEventListener("toggle", () => {
    show();
    const marked = box.querySelector(".within"), view = box.querySelector(".events");
    if (box.open && marked) view.scrollTop = marked.offsetTop - view.clientHeight / 3;
  });
  box.open = bad !== null;
  if (bad) show();
  return box;
}

function caseBox(one) {
  const box = el("details", {class: "case " + toneOf(one.verdict), id: anchor(one)});
  box.open = one.verdict !== "PASS";
  box.append(el("summary", {}, badge(one.verdict), el("span", {class: "name"}, one.title), el("span", {class: "mono soft"}, one.id),
    el("span", {class: "right small soft"}, one.bench + " \u00b7 " + (one.load ? plural(one.load.devices, "device") : plural(one.steps.length, "step")) + " \u00b7 " + time(one.duration_ms))));
  box.append(el("div", {class: "body"},
    one.message ? el("p", {class: "why"}, one.message) : null,
    ...one.steps.map(step => stepRow(one, step)),
    one.load ? el("p", {}, el("a", {href: "#" + loadAnchor(one)}, "Thresholds, plots and percentiles of this load run")) : null,
    one.reproduce ? copyable(one.reproduce) : null,
    el("p", {class: "small soft"}, "Took " + time(one.duration_ms) + " on its own clock, " + time(one.wall_ms) + " on the wall."),
    eventLog(one)));
  box.haystack = [one.id, one.title, one.bench, one.verdict, one.file, one.message, ...one.steps.flatMap(step =>
    [step.id, step.by, step.verb, step.message, step.note, ...step.covers])].join(" ").toLowerCase();
  box.verdictTone = toneOf(one.verdict);
  return box;
}

// Requirements -------------------------------------------------------------------------------------

function speakers(id) {
  const out = [];
  for (const one of run.cases) {
    const steps = one.steps.filter(step => step.covers.includes(id));
    if (steps.length) out.push({one, verdict: worst(steps.map(step => step.verdict))});
  }
  return out;
}

function requirementRow(requirement) {
  const who = speakers(requirement.id);
  const row = el("tr", {id: "req-" + requirement.id, class: "requirement"},
    el("td", {class: "mono id"}, requirement.id), el("td", {class: "small"}, requirement.level.toUpperCase()),
    el("td", {class: "text"}, requirement.text, requirement.source ? el("span", {class: "soft small"}, " [" + requirement.source + "]") : "",
      who.length ? el("details", {class: "small"}, el("summary", {class: "soft"}, plural(requirement.checks, "check")),
        ...who.map(each => el("div", {}, badge(each.verdict), " ", el("a", {href: "#" + anchor(each.one)}, each.one.id + " on " + each.one.bench)))) : ""),
    el("td", {}, badge(requirement.verdict)),
    ...benches.map(bench => {
      const here = who.filter(each => each.one.bench === bench).map(each => each.verdict);
      return el("td", {"data-bench": bench}, here.length ? badge(worst(here)) : el("span", {class: "soft small"}, "\u2013"));
    }));
  row.haystack = [requirement.id, requirement.level, requirement.text, requirement.verdict, ...who.map(each => each.one.id)].join(" ").toLowerCase();
  row.verdictTone = toneOf(requirement.verdict);
  return row;
}

function requirementSections() {
  const areas = new Map();
  for (const one of run.requirements) {
    const name = one.id.slice(0, one.id.lastIndexOf("-"));
    areas.set(name, [...(areas.get(name) || []), one]);
  }
  const map = el("div", {class: "map"});
  const body = el("tbody");
  for (const [name, of] of areas) {
    map.append(el("div", {}, el("h3", {}, name + " \u2013 " + of.filter(one => one.checks > 0).length + " of " + of.length + " checked"),
      el("div", {class: "dots"}, ...of.map(one => el("a", {class: "dot " + toneOf(one.verdict), href: "#req-" + one.id,
        title: one.id + ", " + one.level.toUpperCase() + ", " + one.verdict + "\n" + one.text, "aria-label": one.id + " " + one.verdict},
      one.id.slice(name.length + 1))))));
    body.append(el("tr", {class: "area"}, el("th", {scope: "rowgroup", colspan: 4 + benches.length}, name)), ...of.map(requirementRow));
  }
  const gaps = run.requirements.filter(one => one.checks === 0 && one.level === "must").length;
  return el("section", {id: "requirements"}, el("h2", {}, "Requirements"),
    el("p", {class: "soft small"}, gaps ? "Coverage gaps: no step of this run speaks for " + plural(gaps, "MUST requirement") + ". A gap is no pass." : "Every MUST requirement is checked."),
    map, el("div", {class: "card scroll"}, el("table", {class: "requirements"}, el("thead", {}, el("tr", {},
      ...["Id", "Level", "Requirement", "Verdict", ...benches].map(name => el("th", {scope: "col"}, name)))), body)));
}

function environment() {
  const facts = el("dl", {class: "facts"});
  const rows = [["Command", run.command], ["Seed", String(run.seed)], ["Version", "drydock " + run.version], ["Compiler", run.compiler],
    ["System", run.system], ["Started", run.started], ["Took", time(run.wall_ms)], ["Record", "run.json beside this page, format version " + run.drydock_run]];
  for (const [name, value] of rows) facts.append(el("dt", {}, name), el("dd", {class: "mono"}, value));
  return el("section", {id: "environment"}, el("h2", {}, "Environment"), el("div", {class: "card"}, facts));
}

// Finding ------------------------------------------------------------------------------------------

function finder(boxes, rows, areas) {
  const search = el("input", {type: "search", placeholder: "Search cases, steps, requirements  ( / )", "aria-label": "Search cases, steps and requirements"});
  const count = el("div", {class: "count", role: "status"});
  let wanted = "all";
  const apply = () => {
    const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const keep = node => node.hidden = !((wanted === "all" || node.verdictTone === wanted) && terms.every(term => node.haystack.includes(term)));
    const shown = nodes => nodes.filter(node => !keep(node)).length;
    count.textContent = shown(boxes) + " of " + plural(boxes.length, "case") + ", " + shown(rows) + " of " + plural(rows.length, "requirement");
    for (const area of areas) {
      let next = area.nextElementSibling, any = false;
      for (; next && !next.classList.contains("area"); next = next.nextElementSibling) any ||= !next.hidden;
      area.hidden = !any;
    }
  };
  const choices = [["all", "All"], ["fail", "Failed"], ["warn", "Unclear"], ["pass", "Passed"], ["none", "No check"]].map(([name, label]) => {
    const button = el("button", {type: "button", "aria-pressed": String(name === wanted)}, label);
    button.addEventListener("click", () => {
      wanted = name;
      for (const each of choices) each.setAttribute("aria-pressed", String(each === button));
      apply();
    });
    return button;
  });
  const fold = open => el("button", {type: "button", onclick: () => boxes.forEach(box => box.open = open)}, open ? "Open all" : "Close all");
  document.addEventListener("keydown", event => {
    if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
    if (event.key === "Escape" && document.activeElement === search) { search.value = ""; apply(); }
  });
  search.addEventListener("input", apply);
  apply();
  const reset = () => { search.value = ""; choices[0].click(); };
  return {bar: el("div", {class: "bar", role: "search"}, search, ...choices, fold(true), fold(false), count), reset};
}

function assemble() {
  document.title = run.verdict + " \u2013 Drydock report";
  const boxes = run.cases.map(caseBox);
  const requirements = requirementSections();
  const loads = run.cases.filter(one => one.load).map(loadSection);
  const find = finder(boxes, [...requirements.querySelectorAll("tr.requirement")], [...requirements.querySelectorAll("tr.area")]);
  document.body.append(el("a", {class: "skip", href: "#cases"}, "Skip to the cases"),
    el("main", {}, hero(), failurePanel(), ...loads.map(load => load.node), matrix(), find.bar, el("section", {id: "cases"}, el("h2", {}, "Cases, step by step"), ...boxes),
      requirements, environment()));
  loads.forEach(load => load.draw());
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden) find.reset();
    if (target.tagName === "DETAILS") target.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  let closed = [];
  addEventListener("beforeprint", () => { closed = boxes.filter(box => !box.open); closed.forEach(box => box.open = true); });
  addEventListener("afterprint", () => closed.forEach(box => box.open = false));
  if (location.hash) reveal();
}
assemble();
