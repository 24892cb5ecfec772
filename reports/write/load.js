// The section of a load run: its verdict and why, then thresholds, plots, percentiles, errors, and what the
// generator said of itself.

const loadAnchor = one => "load-" + one.bench + "-" + one.id;
const timeWords = {auth: "Login, from the intended start to the answer", connect: "Connection, with its TLS handshake if there is one", claim: "Claim, from the request to the answer",
  reconnect: "Back online after a loss", messages: "Message, from the intended start to the answer", cut_off: "From the removal of a token to the end of its device's connection",
  "generator.late": "The generator's own lateness"};
const gaugeWords = {"server.rss": ["Memory of the server", n => (n / 1048576).toFixed(1) + " MiB"], "server.cpu": ["Processor of the server", n => (n / 1e6).toFixed(2) + " cores"],
  "generator.cpu": ["Processor of the generator", n => (n / 1e6).toFixed(2) + " cores"]};

// In the order of the run; what belongs to no phase comes last.
function ordered(load) {
  const place = new Map(load.phases.map((phase, i) => [phase.name, i])), at = row => place.get(row.phase) ?? load.phases.length;
  return {...load, rows: [...load.rows].sort((a, b) => at(a) - at(b))};
}

function loadSentence(load) {
  if (load.sentence) return load.sentence;
  const n = load.thresholds.length;
  return load.verdict !== "PASS" ? "No reason was recorded." : n ? "All " + plural(n, "threshold") + " held." : "No thresholds were set: nothing could be missed.";
}

// Of a run that several machines play: which part this is, and what to do with it; empty for the whole.
function partSentence(load) {
  const {length} = load.shards, of = length ? load.shards[0].of : 1;
  return length >= of ? "" : "Only part " + load.shards.map(shard => shard.index + 1).join(", ") + " of " + of +
    " of the run: put the parts together with \u201cdrydock report merge\u201d.";
}

function loadFacts(load) {
  const most = name => load.ticks.reduce((a, tick) => Math.max(a, tick[name]), 0);
  const sum = name => load.rows.reduce((a, row) => a + (row.counts[name] || 0), 0);
  const end = load.phases.length ? load.phases[load.phases.length - 1].end_s : 0;
  const parts = load.shards.length > 1 ? "; parts " + load.shards.map(shard => shard.index + 1).join(", ") + " of " + load.shards[0].of : "";
  const tiles = [[whole(load.devices), "devices"], [whole(most("online")), "online at most"], [whole(sum("auth.accepted")), "logins"],
    [whole(paced(load.ticks).reduce((a, tick) => Math.max(a, tick.pace.accepted), 0)), "logins in the busiest second"], [clock(end), "planned, in " + plural(load.phases.length, "phase")],
    [whole(Object.values(load.errors).reduce((a, n) => a + n, 0)), "errors"]];
  return el("div", {}, el("div", {class: "tiles"}, ...tiles.map(([value, name]) => el("div", {class: "tile"}, el("div", {class: "big"}, value), el("div", {class: "small soft"}, name)))),
    el("p", {class: "small soft"}, plural(load.workers, "worker") + (load.machine ? " on " + load.machine : "") + parts + "."));
}

function thresholdTone(threshold) {
  if (threshold.outcome === "PASS") return "pass";
  return threshold.outcome === "FAIL" && !threshold.is_should ? "fail" : "warn";
}

// FAIL is for what must hold.
function thresholdOutcome(threshold) {
  return threshold.outcome === "FAIL" && threshold.is_should ? "NON-STRICT" : threshold.outcome;
}

function thresholdTable(load) {
  if (!load.thresholds.length) return el("p", {class: "small soft"}, "This run has no thresholds.");
  const order = {fail: 0, warn: 1, pass: 2};
  const rows = [...load.thresholds].sort((a, b) => order[thresholdTone(a)] - order[thresholdTone(b)]);
  return el("div", {}, table("What had to be reached" + (load.verdict === "INCONCLUSIVE" ? "; the run is inconclusive, so the outcomes say nothing about the server" : ""),
    ["Threshold", "Outcome", "Observed", "Level"], rows.map(one => [el("code", {}, one.text), toned(thresholdTone(one), thresholdOutcome(one)), one.observed, one.is_should ? "SHOULD" : "MUST"])));
}

// Percentiles: a table for each kind of time, a row for each phase and link.
function percentileTables(load) {
  const names = Object.keys(timeWords).concat(load.rows.flatMap(row => Object.keys(row.times))).filter((name, i, all) => all.indexOf(name) === i);
  return names.map(name => [name, load.rows.filter(row => row.times[name])]).filter(([, rows]) => rows.length).map(([name, rows]) =>
    table((timeWords[name] || name) + " (" + name + ")", ["Phase", "Link", "#Count", "#p50", "#p90", "#p95", "#p99", "#p99.9", "#Longest"],
      rows.map(row => [row.phase, row.link, whole(row.times[name].count), ...["p50", "p90", "p95", "p99", "p999", "max"].map(each => fine(row.times[name][each]))])));
}

// Counters down, phases or links across, and their sum.
function countTable(load, by) {
  const across = [...new Set(load.rows.filter(row => Object.keys(row.counts).length).map(row => row[by]))], names = [...new Set(load.rows.flatMap(row => Object.keys(row.counts)))].sort();
  if (!names.length) return null;
  const sum = (name, where) => load.rows.filter(row => where === null || row[by] === where).reduce((a, row) => a + (row.counts[name] || 0), 0);
  return table("Counted, by " + by, ["Counter", ...across.map(each => "#" + each), "#All"],
    names.map(name => [el("code", {}, name), ...[...across, null].map(where => whole(sum(name, where)))]));
}

function gaugeTable(load) {
  const rows = load.rows.flatMap(row => Object.entries(row.gauges).map(([name, gauge]) => ({row, name, gauge})));
  if (!rows.length) return null;
  return table("Looked at now and then", ["What", "Phase", "Link", "#Least", "#Mean", "#Greatest"], rows.map(({row, name, gauge}) => {
    const [said, write] = gaugeWords[name] || [name, whole];
    return [said, row.phase, row.link, write(gauge.least), write(gauge.sum / gauge.samples), write(gauge.greatest)];
  }));
}

function errorTable(load) {
  const causes = Object.entries(load.errors).sort((a, b) => b[1] - a[1]), most = causes.length ? causes[0][1] : 0;
  if (!causes.length) return el("p", {class: "small soft"}, "There were no errors.");
  return table("Errors by cause", ["Cause", "#Count", ""], causes.map(([cause, count]) => {
    const bar = el("i", {class: "fail"});
    bar.style.width = Math.max(1, 100 * count / Math.max(1, most)) + "%";
    return [cause, whole(count), el("div", {class: "amount", "aria-hidden": "true"}, bar)];
  }));
}

function eventTable(load) {
  if (!load.events.length) return null;
  return table("Events, numbered as in the plots", ["No.", "At", "Event", "What came of it"],
    load.events.map((event, i) => [String(i + 1), clock(event.at_s), el("code", {}, event.text), event.outcome || "as meant"]));
}

function generatorFacts(load) {
  const facts = el("dl", {class: "facts"});
  for (const [name, value] of Object.entries(load.generator)) facts.append(el("dt", {}, name), el("dd", {}, value));
  const slope = load.memory_slope_kib_per_min;
  facts.append(el("dt", {}, "memory of the server over the longest hold"), el("dd", {}, 
    slope === undefined ? absence(load) : (slope < 0 ? "shrank by " : "grew by ") + Math.abs(slope).toFixed(1) + " KiB a minute"));
  return facts;
}

function later(summary, make) {
  const box = el("details", {class: "data"}, el("summary", {class: "small"}, summary));
  box.addEventListener("toggle", () => { if (box.open && box.children.length === 1) box.append(make()); });
  return box;
}

function loadSection(one) {
  const load = ordered(one.load), tone = toneOf(load.verdict);
  const plots = loadPlots(load);
  const links = new Set(load.rows.filter(row => Object.keys(row.counts).length).map(row => row.link));
  const section = el("section", {class: "load", id: loadAnchor(one), "aria-label": "Load run " + one.id},
    el("h2", {}, one.title || one.id),
    el("div", {class: "card lead " + tone}, el("div", {}, toned(tone, load.verdict), " ", el("span", {class: "mono soft"}, one.id + " on " + one.bench)),
      el("p", {class: "sentence"}, loadSentence(load)), partSentence(load) ? el("p", {}, partSentence(load)) : null, loadFacts(load),
      one.reproduce ? el("div", {}, el("div", {class: "soft small"}, "Run it again:"), copyable(one.reproduce)) : null),
    el("div", {class: "card"}, el("h3", {}, "Thresholds"), thresholdTable(load)),
    el("div", {class: "card"}, el("h3", {}, "Over time"), load.ticks.length ? plots.node : el("p", {class: "small soft"}, "The run ended before its first second."),
      eventTable(load), load.ticks.length ? later("The plots as a table", () => tickTable(load, plots.phaseAt, 120)) : null),
    el("div", {class: "card"}, el("h3", {}, "Percentiles by phase and link"), ...percentileTables(load)),
    el("div", {class: "card"}, el("h3", {}, "Errors"), errorTable(load)),
    el("div", {class: "card"}, el("h3", {}, "Counts"), countTable(load, "phase"), links.size > 1 ? countTable(load, "link") : null, gaugeTable(load)),
    el("div", {class: "card"}, el("h3", {}, "The generator"), el("p", {class: "small soft"},
      "A generator that is late or starved measures itself. What it read about itself was judged before the thresholds were."), generatorFacts(load)));
  // Drawn when the section has its width.
  return {node: section, draw: () => load.ticks.length ? plots.show(load.ticks) : undefined};
}
