// The live view: asks once a second what is new and draws it. Texts come from scenario files: they are only
// ever set as textContent.

const askEvery = 1000, patience = 10;
let load = null, plots = null, next = 0, failures = 0;

const heading = el("h1", {}, "Drydock load run"), state = el("div", {class: "state", role: "status"}), tiles = el("div", {class: "tiles"});
const lead = el("div", {class: "card lead none"}, heading, state, tiles);
const body = el("div", {class: "card"}, el("p", {class: "small soft"}, "Waiting for the first second of the run."));
const events = el("div", {});
document.body.append(el("main", {class: "live load"}, lead, body, events));

function say(tone, word, sentence) {
  const text = word + sentence;
  if (state.textContent.includes(text)) return;
  lead.setAttribute("class", "card lead " + tone);
  state.replaceChildren(toned(tone, word), el("span", {class: "sentence"}, sentence));
  document.title = word + " \u2013 " + heading.textContent;
}

function showTiles() {
  const last = load.ticks[load.ticks.length - 1], now = paced(load.ticks.slice(-2)).pop().pace;
  const sum = name => load.ticks.reduce((a, tick) => a + tick[name], 0);
  const all = [[whole(last.online), "online of " + whole(last.expected) + " expected"], [whole(now.accepted), "logins in this second"],
    [last.auth_p99_ms ? fine(last.auth_p99_ms) : "\u2013", "login p99 in this second"], [whole(sum("errors")), load.ticks[0].at_s < 5 ? "errors" : "errors in the last hour"],
    [clock(last.at_s), load.phases.length ? "into the run, phase " + plots.phaseAt(last.at_s) : "into the run"], [fine(last.generator_late_p99_ms), "generator late, p99"]];
  tiles.replaceChildren(...all.map(([value, name]) => el("div", {class: "tile"}, el("div", {class: "big"}, value), el("div", {class: "small soft"}, name))));
}

function showEvents() {
  events.replaceChildren(...(load.events.length ? [el("div", {class: "card"}, table("Events, numbered as in the plots", ["No.", "At", "Event", "What came of it"],
    load.events.map((event, i) => [String(i + 1), clock(event.at_s), el("code", {}, event.text), event.outcome || "as meant"])))] : []));
}

// Takes an answer in; true when more ticks wait.
function take(answer) {
  const fresh = answer.load;
  const isOther = !load || JSON.stringify([fresh.phases, fresh.heat_bounds_ms]) !== JSON.stringify([load.phases, load.heat_bounds_ms]);
  const known = load, hadEvents = load ? load.events.length : -1;
  load = isOther ? {...fresh, ticks: known ? known.ticks : []} : load;
  load.ticks = [...(answer.first > next ? [] : load.ticks), ...fresh.ticks].slice(-answer.kept);
  load.events = fresh.events;
  next = answer.first + fresh.ticks.length;
  if (isOther && load.ticks.length || !plots && load.ticks.length) {
    plots = loadPlots(load);
    body.replaceChildren(plots.node);
  }
  heading.textContent = answer.title || "Drydock load run";
  if (load.ticks.length) {
    plots.show(load.ticks);
    if (isOther || load.ticks.length === fresh.ticks.length) plots.follow();
    showTiles();
  }
  if (load.events.length !== hadEvents) showEvents();
  if (fresh.verdict) say(toneOf(fresh.verdict), fresh.verdict, (fresh.sentence ? fresh.sentence + " " : "") + "The run has ended; its report is in its output folder.");
  else say("none", "RUNNING", plural(fresh.devices, "device") + (fresh.machine ? ", " + plural(fresh.workers, "worker") + " on " + fresh.machine : ""));
  return next < answer.total;
}

async function ask() {
  let wait = askEvery;
  try {
    const response = await fetch("/state?from=" + next);
    if (!response.ok) throw new Error("answered " + response.status);
    const answer = await response.json();
    if (answer.total < next) { location.reload(); return; }  // another run under the same address
    failures = 0;
    if (take(answer)) wait = 0;
    else if (answer.load.verdict) return;
  } catch (failure) {
    if (++failures >= patience) { say("warn", "NOT REACHED", "The run was ended, or its end came unseen. If it wrote a report, that is in its output folder."); return; }
    say("warn", "NOT REACHED", "Trying again.");
  }
  setTimeout(ask, wait);
}
ask();
