// Holds published formats against their schemas, with validators that nobody here wrote.
//   formats.mjs run SCHEMA RUN_JSON...       every record fits, and broken copies of the first do not
//   formats.mjs scenarios SCHEMA FILE...     every scenario file fits
//   formats.mjs not-scenarios SCHEMA FILE... none of these does
//   formats.mjs openapi DOCUMENT             the document is OpenAPI 3.1, and a broken copy is not
//   formats.mjs page REPORT RUN_JSON         the page, built by its own script, shows the whole record
// Node looks for packages beside the importing file, so NODE_MODULES says where they are.
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {join} from "node:path";
import {pathToFileURL} from "node:url";
import assert from "node:assert/strict";
import vm from "node:vm";

const require = createRequire(join(process.env.NODE_MODULES, "beside.js"));
const json = file => JSON.parse(readFileSync(file, "utf8"));
const [what, first, ...files] = process.argv.slice(2);

function validator(Ajv, schemaFile) {
  const ajv = new Ajv({strict: true, strictTypes: false, allErrors: true});
  const validate = ajv.compile(json(schemaFile));
  return {fits: document => validate(document), why: () => ajv.errorsText(validate.errors)};
}

// Each entry breaks a good record in one way.
const breakages = {
  "another version of the format": run => run.drydock_run = 2,
  "no verdict": run => delete run.verdict,
  "an unknown verdict": run => run.cases[0].verdict = "MOSTLY",
  "a member nobody described": run => run.cases[0].mood = "fine",
  "a negative time": run => run.wall_ms = -1,
  "a seed that is text": run => run.seed = "1",
  "a step without its line": run => delete run.cases[0].steps[0].line,
  "a line before the first": run => run.cases[0].steps[0].line = 0,
  "a requirement that has no id": run => run.cases[0].steps[0].covers = ["something"],
  "a check that neither passed nor failed": run => run.cases[0].steps.find(step => step.checks.length).checks[0].passed = "yes",
  "a hash that is none": run => run.cases[0].event_log_hash = "12",
  "a level nobody knows": run => run.requirements[0].level = "perhaps",
  "a local time": run => run.started = "2026-01-01 10:00:00",
  "cases that are no list": run => run.cases = {},
};

function checkRuns() {
  const {default: Ajv} = require("ajv/dist/2020.js");
  const schema = validator(Ajv, first);
  for (const file of files) {
    assert.ok(schema.fits(json(file)), file + ": " + schema.why());
  }
  for (const [name, damage] of Object.entries(breakages)) {
    const copy = json(files[0]);
    damage(copy);
    assert.ok(!schema.fits(copy), "the schema accepts " + name);
  }
}

function checkScenarios(good) {
  const {default: Ajv} = require("ajv");
  const {parse} = require("yaml");
  const schema = validator(Ajv, first);
  assert.ok(files.length > 0, "no scenario file was given");
  for (const file of files) {
    const fits = schema.fits(parse(readFileSync(file, "utf8")));
    assert.equal(fits, good, good ? file + ": " + schema.why() : file + " fits the schema");
  }
}

async function checkOpenApi() {
  const path = require.resolve("@seriousme/openapi-schema-validator");
  const {Validator} = await import(pathToFileURL(path));
  const judge = async document => {
    const tool = new Validator();
    const result = await tool.validate(document);
    return {...result, version: tool.version};
  };
  const document = json(first);
  const result = await judge(structuredClone(document));
  assert.ok(result.valid, JSON.stringify(result.errors, null, 1));
  assert.equal(result.version, "3.1");
  const ids = Object.values(document.paths).flatMap(path => Object.values(path));
  for (const operation of ids) assert.ok(operation.summary && operation.responses, "an operation says nothing about itself");
  for (const [path, operations] of Object.entries(document.paths)) {
    const braces = [...path.matchAll(/\{([^}]+)\}/g)].map(match => match[1]).sort();
    for (const operation of Object.values(operations)) {
      const described = operation.parameters.filter(one => one.in === "path").map(one => one.name).sort();
      assert.deepEqual(described, braces, path + " describes other parameters than it has");
    }
  }
  const broken = structuredClone(document);
  Object.values(Object.values(broken.paths)[0])[0].responses = [];
  assert.ok(!(await judge(broken)).valid, "a broken document passes");
  const dangling = structuredClone(document);
  delete dangling.components.responses;
  assert.ok(!(await judge(dangling)).valid, "a reference to nothing passes");
}

// Runs the page's script on a document of another maker and gives the built page.
function built(report) {
  const {parseHTML} = require("linkedom");
  const {document} = parseHTML(report);
  const scripts = [...document.querySelectorAll("script")];
  assert.deepEqual(scripts.map(one => one.getAttribute("type")), ["application/json", null]);
  document.querySelector("noscript").remove();
  const listeners = {};
  vm.runInNewContext(scripts[1].textContent, {
    document, location: {hash: ""}, addEventListener: (name, what) => listeners[name] = what, navigator: {}, decodeURIComponent,
  });
  return {document, listeners};
}

// The section of a load run: everything that was judged and measured, and plots that a reader without eyes
// can have, too.
function checkLoad(document, one) {
  const section = document.getElementById("load-" + one.bench + "-" + one.id), text = section.textContent, load = one.load;
  for (const wanted of [load.verdict, load.sentence, load.machine, one.reproduce]) assert.ok(text.includes(wanted), "no " + wanted);
  for (const each of load.thresholds) {
    const row = [...section.querySelectorAll("tr")].find(tr => tr.textContent.startsWith(each.text));
    const told = each.is_should && each.outcome === "FAIL" ? "NON-STRICT" : each.outcome;
    for (const wanted of [each.observed, told, each.is_should ? "SHOULD" : "MUST"]) assert.ok(row.textContent.includes(wanted), each.text + ": no " + wanted);
    assert.equal(row.querySelector(".badge").classList.contains("pass"), each.outcome === "PASS", each.text);
  }
  assert.equal(text.includes("Only part 1 of 2 of the run"), load.shards.length < load.shards[0].of, "which part it is");
  for (const each of load.events) assert.ok(text.includes(each.text) && text.includes(each.outcome), each.text);
  for (const [name, value] of [...Object.entries(load.generator), ...Object.entries(load.errors)]) assert.ok(text.includes(name) && text.includes(value), name);
  const percentiles = [...section.querySelectorAll("table")].filter(table => table.textContent.includes("p99.9"));
  assert.equal(percentiles.reduce((sum, table) => sum + table.querySelectorAll("tbody tr").length, 0), load.rows.reduce((sum, row) => sum + Object.keys(row.times).length, 0));
  const plots = [...section.querySelectorAll(".canvas svg")];
  assert.equal(plots.length, 8);
  for (const plot of plots) {
    assert.equal(plot.getAttribute("role"), "img");
    assert.ok(plot.querySelector("title").textContent && plot.querySelector("desc").textContent.length > 20);
    assert.equal(plot.querySelectorAll(".marks text").length, load.events.length);
    const paths = [...plot.querySelectorAll("path")].map(path => path.getAttribute("d"));
    assert.ok(paths.length && paths.every(d => !/NaN|Infinity|undefined/.test(d)), "a path to nowhere");
  }
  // What nobody looked at is said to be so, never drawn as nothing.
  const isMeasured = load.ticks.some(tick => tick.server_cpu !== undefined);
  for (const plot of plots.slice(5, 7)) {
    assert.equal(plot.querySelector("desc").textContent.includes("not measured in virtual time"), !isMeasured);
    assert.equal(plot.querySelector(".s1.line").getAttribute("d") !== "", isMeasured);
  }
  assert.equal(text.includes("server over the longest holdnot measured in virtual time"), !isMeasured);
  assert.ok(plots[0].querySelector(".s1.line").getAttribute("d").length > 300, "no line is drawn");
  // The slider moves the cursor of every plot and says what it shows.
  const slider = section.querySelector("input[type=range]"), at = Math.floor(load.ticks.length / 3);
  assert.equal(slider.getAttribute("max"), String(load.ticks.length - 1));
  slider.value = String(at);
  slider.dispatchEvent(new document.defaultView.Event("input"));
  const online = load.ticks[at].online.toLocaleString("en-US");
  assert.ok(section.querySelector("output").textContent.includes(online + " of "), section.querySelector("output").textContent);
  assert.ok(plots.every(plot => plot.querySelector(".cursor").getAttribute("visibility") === "visible"));
  assert.equal([...section.querySelectorAll(".value")].filter(value => value.textContent === "not measured in virtual time").length, isMeasured ? 0 : 3);
  // The same as a table, made when it is asked for.
  const data = section.querySelector("details.data");
  data.open = true;
  data.dispatchEvent(new document.defaultView.Event("toggle"));
  const rows = data.querySelectorAll("tbody tr").length;
  assert.ok(rows > Math.min(50, load.ticks.length - 1) && rows <= 120, rows + " rows");
}

function checkPage() {
  const report = readFileSync(first, "utf8");
  const run = json(files[0]);
  const {document, listeners} = built(report);
  const main = document.querySelector("main");
  const text = main.textContent;
  for (const one of [run, ...run.cases, ...run.cases.flatMap(each => each.steps), ...run.requirements]) assert.ok(text.includes(one.verdict));
  for (const one of run.requirements) assert.ok(document.getElementById("req-" + one.id).textContent.includes(one.text), one.id);
  for (const one of run.cases) {
    const box = document.getElementById("case-" + one.bench + "-" + one.id);
    assert.equal(Boolean(box.open), one.verdict !== "PASS", one.id);
    for (const wanted of [one.title, one.reproduce, ...one.steps.map(step => step.id), ...one.steps.flatMap(step => step.checks.map(check => check.path))]) {
      assert.ok(box.textContent.includes(wanted), one.id + " shows no " + wanted);
    }
  }
  for (const fact of [run.command, run.system, run.compiler, run.version, String(run.seed)]) assert.ok(text.includes(fact), fact);
  const bad = run.cases.find(one => one.verdict === "FAIL");
  const panel = document.querySelector(".broken");
  // A load run that failed has a section of its own instead.
  assert.equal(panel !== null, run.cases.some(one => !["PASS", "NON-STRICT"].includes(one.verdict) && !one.load));
  for (const one of run.cases.filter(each => each.load)) checkLoad(document, one);
  if (bad && !bad.load) {
    const step = bad.steps.find(one => one.verdict === "FAIL");
    for (const wanted of [bad.reproduce, step.file + ":" + step.line, bad.bench]) assert.ok(panel.textContent.includes(wanted), wanted);
    assert.ok(document.querySelectorAll(".events .within").length >= 2, "the failed step is not marked in the event log");
  }
  for (const link of document.querySelectorAll("a")) {
    const target = link.getAttribute("href");
    assert.ok(target.startsWith("#") && document.getElementById(target.slice(1)), "a link to nothing: " + target);
  }
  // Searching hides what does not fit, and taking the words back shows it again.
  const shown = () => [...document.querySelectorAll("details.case")].filter(box => !box.hidden).length;
  const search = document.querySelector("input[type=search]");
  const type = words => { search.value = words; search.dispatchEvent(new document.defaultView.Event("input")); };
  type(run.cases[0].id + " " + run.cases[0].bench);
  assert.ok(shown() >= 1 && (shown() < run.cases.length || run.cases.length === 1), "searching for one case shows " + shown());
  type("no such words anywhere");
  assert.equal(shown(), 0);
  type("");
  assert.equal(shown(), run.cases.length);
  listeners.beforeprint();
  assert.ok([...document.querySelectorAll("details.case")].every(box => box.open), "print hides steps");
}

if (what === "run") checkRuns();
else if (what === "scenarios") checkScenarios(true);
else if (what === "not-scenarios") checkScenarios(false);
else if (what === "openapi") await checkOpenApi();
else if (what === "page") checkPage();
else throw new Error("what is " + what + "?");
console.log("ok:", what, files.length, "files");
