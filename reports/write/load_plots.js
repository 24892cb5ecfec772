// The plots of a load run, for the report and for the live view alike. A load is the member `load` of a
// case in run.json, or as much of it as there is so far.

// What happened in a tick, for each second of it.
function paced(ticks) {
  return ticks.map((tick, i) => {
    const took = tick.at_s - (i ? ticks[i - 1].at_s : Math.max(0, tick.at_s - 1)), each = took > 0 ? 1 / took : 1;
    return {...tick, pace: {connects: tick.connects * each, accepted: tick.accepted * each, refused: tick.refused * each, errors: tick.errors * each}};
  });
}

const positive = value => value > 0 ? value : null;
const cores = value => brief(value);
// What stands where a process would have been looked at.
const absence = load => load.machine === "virtual time" ? "not measured in virtual time" : "not measured";

function loadPlots(load) {
  const absent = absence(load);
  const rates = [{name: "connections", of: tick => tick.pace.connects, style: "s2"}, {name: "logged in", of: tick => tick.pace.accepted, style: "s1"},
    {name: "refused", of: tick => tick.pace.refused, style: "s3"}];
  const plots = [
    timePlot({title: "Devices online", unit: "", write: brief, read: whole, floor: 4,
      lines: [{name: "online", of: tick => tick.online, style: "s1", fills: true}, {name: "expected", of: tick => tick.expected, style: "s4"}]}),
    timePlot({title: "Connections and logins", unit: "per second; retries are connections, too", write: brief, floor: 4, lines: rates}),
    timePlot({title: "Login time", unit: "logarithmic", write: axisTime, read: fine, scale: "log",
      lines: [{name: "p99", of: tick => positive(tick.auth_p99_ms), style: "s2"}, {name: "p50", of: tick => positive(tick.auth_p50_ms), style: "s1"}]}),
    heatPlot({title: "Logins by time taken", unit: "", of: tick => tick.heat, bounds: load.heat_bounds_ms, write: axisTime}),
    timePlot({title: "Errors", unit: "per second", write: brief, floor: 4, lines: [{name: "errors", of: tick => tick.pace.errors, style: "s3", fills: true}]}),
    timePlot({title: "Processor", unit: "cores", write: cores, floor: 0.1,
      lines: [{name: "server", of: tick => tick.server_cpu, style: "s1", absent}, {name: "generator", of: tick => tick.generator_cpu, style: "s5", absent}]}),
    timePlot({title: "Memory of the server", unit: "MiB", write: brief, floor: 1, lines: [{name: "server", of: tick => tick.server_rss_mib, style: "s1", fills: true, absent}]}),
    timePlot({title: "Lateness of the generator", unit: "its own fault, p99", write: axisTime, read: fine, floor: 0.1,
      lines: [{name: "late", of: tick => tick.generator_late_p99_ms, style: "s5", fills: true}]}),
  ];
  const phaseAt = at => (load.phases.find(phase => at <= phase.end_s) || load.phases[load.phases.length - 1] || {name: ""}).name;
  const group = plotGroup(plots, tick => "At " + clock(tick.at_s) + (load.phases.length ? ", in phase " + phaseAt(tick.at_s) : "") +
    ": " + whole(tick.online) + " of " + whole(tick.expected) + " online.");
  return {node: group.node, phaseAt, follow: group.follow, show(ticks) { group.update(paced(ticks), frameOf(load, ticks)); }};
}

function frameOf(load, ticks) {
  const last = ticks.length ? ticks[ticks.length - 1].at_s : 0, begun = load.phases.filter(phase => phase.begin_s < Math.max(last, 1));
  const from = ticks.length && ticks[0].at_s > 2 ? ticks[0].at_s - 1 : 0;
  return {from, to: Math.max(last, from + 10), spans: begun.map(phase => ({name: phase.name, from: Math.max(from, phase.begin_s), to: Math.min(last, phase.end_s)})),
    marks: load.events.map((event, i) => ({at: event.at_s, label: String(i + 1)})).filter(mark => mark.at >= from && mark.at <= last)};
}

// The same as text, in at most `rows` rows: sums over the ticks of a row, the last of what is online, the
// greatest of the rest.
function tickTable(load, phaseAt, rows) {
  const size = Math.ceil(load.ticks.length / rows) || 1, parts = [];
  for (let i = 0; i < load.ticks.length; i += size) parts.push(load.ticks.slice(i, i + size));
  const sum = (part, name) => whole(part.reduce((a, tick) => a + tick[name], 0));
  const most = (part, name) => part.reduce((a, tick) => Math.max(a, tick[name]), 0);
  const measured = (part, name, digits) => {
    const seen = part.filter(tick => tick[name] !== undefined);
    return seen.length ? most(seen, name).toFixed(digits) : "\u2013";
  };
  return table("From second to second" + (size > 1 ? ", " + size + " in a row: sums, and the greatest of times, processor and memory" : ""),
    ["At", "Phase", "#Online", "#Expected", "#Connections", "#Logins", "#Refused", "#Errors", "#p50", "#p99", "#Server, cores", "#Server, MiB", "#Generator, cores", "#Late p99"],
    parts.map(part => {
      const last = part[part.length - 1], p50 = most(part, "auth_p50_ms"), p99 = most(part, "auth_p99_ms");
      return [clock(last.at_s), phaseAt(last.at_s), whole(last.online), whole(last.expected), sum(part, "connects"), sum(part, "accepted"), sum(part, "refused"), sum(part, "errors"),
        p50 ? fine(p50) : "\u2013", p99 ? fine(p99) : "\u2013", measured(part, "server_cpu", 2), measured(part, "server_rss_mib", 1),
        measured(part, "generator_cpu", 2), fine(most(part, "generator_late_p99_ms"))];
    }));
}
