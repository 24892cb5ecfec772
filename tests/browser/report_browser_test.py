"""The report of real runs in a real browser: a load run and a flow run in virtual time, opened from their files."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import chromium

DRYDOCK, SOURCE = sys.argv[1:3]
HERE = Path(__file__).parent
ABSENT = "not measured in virtual time"
# Quotes of YAML's own around it; what a page makes of it when it forgets to escape.
HOSTILE = """<b>bold</b> &amp; "quoted" <img src=x onerror=alert(1)></script><script>alert(2)</script> ${x}"""
LOAD = """drydock: 1
id: browser.load
title: 'TITLE'
kind: load
population: {fleet: {count: 50, link: lte-m}}
phases:
  - {name: arrive, for: 5s, arrive: {from: 10/s}}
  - {name: hold, for: 40s}
events:
  - {at: hold+5s, do: fault.on, with: {target: fleet.power, share: 50%}, for: 5s}
thresholds:
  - {metric: auth.refused_wrongly, le: 0}
  - {metric: auth.latency, agg: p99, le: 1ms}
"""
FLOW = """drydock: 1
id: browser.flow
title: 'TITLE'
actors:
  maker: {kind: org, template: cold-box}
steps:
  - {id: mint, by: maker, do: tokens.create, with: {count: 1}, note: 'TITLE'}
"""


def report_of(folder, name, text, code, *others):
    """Runs a scenario, and others beside it, in virtual time; gives the folder of the reports."""
    path, output = os.path.join(folder, name + ".scenario.yaml"), os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("TITLE", HOSTILE))
    command = [DRYDOCK, "run", path, *others, "--bench", "virtual", "-q", "-o", output]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == code, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return output


class Made:
    """What all tests look at: the browser, and the folders of the reports by their names."""

    browser = None
    folders = {}


def setUpModule():
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    Made.folders["load"] = report_of(folder.name, "load", LOAD, 7)
    wrong = ("scenarios/lifecycle/delete.scenario.yaml", "--faulty", "delete-keeps-session")
    Made.folders["flow"] = report_of(folder.name, "flow", FLOW, 1, *wrong)
    Made.browser = chromium.Browser(folder.name)
    unittest.addModuleCleanup(Made.browser.close)


class Reports(unittest.TestCase):
    def open(self, name, width=1200):
        address = Path(Made.folders[name], "report.html").as_uri()
        page = Made.browser.page(width)
        self.addCleanup(page.close)
        page.open(address)
        page.look((HERE / "look.js").read_text(encoding="utf-8"))
        page.settle()
        self.assertEqual(page.complaints, [], "the console of the browser")
        self.assertEqual(page.requests, [address], "a report asks nobody for anything")
        return page

    def record(self, name):
        return json.loads(Path(Made.folders[name], "run.json").read_text(encoding="utf-8"))


class ALoadReport(Reports):
    def test_draws_what_was_measured_and_says_what_was_not(self):
        ticks = self.record("load")["cases"][0]["load"]["ticks"]
        page = self.open("load")
        plots = {plot["title"]: plot for plot in page.look("look.plots()")}
        self.assertEqual(len(plots), 8, list(plots))
        for plot in plots.values():
            with self.subTest(plot=plot["title"]):
                self.assertTrue(plot["isSeen"], "nothing of it is to be seen")
                self.assertGreater(plot["texts"], 4, "the axes have no numbers")
                self.assertEqual(plot["outside"], [], "drawn outside of the plot, where nobody sees it")
                self.assertTrue(all(line["isInked"] for line in plot["lines"]), plot["lines"])
                for line in plot["lines"]:
                    self.check_line(plot["title"], line)
        seconds = sum(1 for tick in ticks if any(tick["heat"]))
        self.assertGreaterEqual(plots["Logins by time taken"]["cells"], min(seconds, 10))

    def check_line(self, title, line):
        if title in ("Processor", "Memory of the server"):
            self.assertEqual((line["length"], line["value"]), (0, ABSENT))
        else:
            # Wide enough for a line over the whole run; logins and their times end when all are in.
            self.assertGreater(line["length"], 20 if title == "Login time" else 300, line["name"])
            self.assertRegex(line["value"], "^most [0-9]")

    def test_shows_its_verdict_and_each_threshold(self):
        load = self.record("load")["cases"][0]["load"]
        for width in (1200, 400):
            with self.subTest(width=width):
                page = self.open("load", width)
                self.assertTrue(page.look("look.isInWindow(document.querySelector('.hero .verdict'))"))
                self.assertIn("FAIL", page.look("document.querySelector('.hero .verdict').innerText"))
                rows = page.look("look.all('.load .card tbody tr').filter(row => row.querySelector('.badge'))"
                                 ".map(row => [row.innerText, look.isShownWhole(row.querySelector('.badge'))])")
                self.assertEqual(len(rows), len(load["thresholds"]))
                for one in load["thresholds"]:
                    said, is_whole = next(row for row in rows if row[0].startswith(one["text"]))
                    self.assertIn(one["outcome"], said)
                    self.assertIn(one["observed"], said)
                    self.assertTrue(is_whole, one["text"] + ": its outcome is cut off")

    def test_moves_one_cursor_in_all_plots_by_pointer_and_by_keyboard(self):
        page = self.open("load")
        self.assertEqual(set(page.look("look.cursors()")), {"hidden"})
        page.point(*page.look("look.middle(document.querySelector('.canvas'))"))
        page.until("!look.cursors().includes('hidden')")
        before = page.look("look.cursors()")
        said = page.look("document.querySelector('output').innerText")
        self.assertRegex(said, "^At 0:[0-9]+, in phase hold: [0-9]+ of [0-9]+ online")
        page.look("document.querySelector('input[type=range]').focus()")
        page.press("ArrowRight")
        page.until("document.querySelector('output').innerText !== " + json.dumps(said))
        moved = zip(before, page.look("look.cursors()"))
        self.assertTrue(all(float(old) < float(new) for old, new in moved), "a cursor stayed behind")
        self.assertEqual(page.complaints, [])


class AFlowReport(Reports):
    def test_shows_the_failure_first_and_opens_its_case_at_the_step(self):
        page = self.open("flow")
        self.assertIn("FAIL", page.look("document.querySelector('.hero .verdict').innerText"))
        self.assertIn("lifecycle.delete", page.look("document.querySelector('.broken').innerText"))
        opened = page.look("look.all('details.case').filter(box => box.open).map(box => box.id)")
        self.assertEqual(opened, ["case-virtual-lifecycle.delete"])
        self.assertTrue(page.look("look.isSeen(document.querySelector('.step.fail .why'))"))
        page.until("look.all('.events .within').length >= 2")
        self.assertTrue(page.look("(() => { const view = document.querySelector('.events').getBoundingClientRect(),"
                                  "row = document.querySelector('.within').getBoundingClientRect();"
                                  "return row.top >= view.top && row.bottom <= view.bottom; })()"),
                        "the event log does not stand at the failed step")

    def test_is_searched_filtered_and_linked(self):
        page = self.open("flow")
        shown = "look.all('details.case').filter(look.isSeen).map(box => box.id)"
        page.press("/")
        page.until("document.activeElement.type === 'search'")
        page.call("Input.insertText", text="browser.flow")
        self.assertEqual(page.look(shown), ["case-virtual-browser.flow"])
        page.press("Escape")
        self.assertEqual(len(page.look(shown)), 2)
        page.click("look.all('.bar button').find(one => one.innerText === 'Failed')")
        self.assertEqual(page.look(shown), ["case-virtual-lifecycle.delete"])
        # A link to what the filter hides brings it back, open and in the window.
        page.click("document.querySelector('#matrix a[href=\"#case-virtual-browser.flow\"]')")
        page.until("document.getElementById('case-virtual-browser.flow').open")
        self.assertTrue(page.look("look.isInWindow(document.getElementById('case-virtual-browser.flow'))"))
        self.assertEqual(page.complaints, [])

    def test_prints_every_case_open_and_closes_them_again(self):
        page = self.open("flow")
        opened = "look.all('details.case').map(box => box.open)"
        before = page.look(opened)
        page.look(f"addEventListener('beforeprint', () => globalThis.printed = {opened})")
        page.call("Page.printToPDF")
        page.until("globalThis.printed")
        self.assertEqual(set(page.look("printed")), {True})
        page.until(f"JSON.stringify({opened}) === " + json.dumps(json.dumps(before, separators=(",", ":"))))


class EveryReport(Reports):
    def test_shows_hostile_words_as_they_are(self):
        for name in Made.folders:
            with self.subTest(report=name):
                page = self.open(name)
                page.look("look.all('details').forEach(box => box.open = true)")
                page.settle()
                self.assertIn(HOSTILE, page.text())
                made = page.look("look.all('main b, main img, main script, main object').map(look.named)")
                self.assertEqual(made, [])
                self.assertEqual(page.complaints, [])

    def test_has_no_overflow_in_a_narrow_window_even_with_all_opened(self):
        for name in Made.folders:
            page = self.open(name, 400)
            self.assertEqual(page.look("look.overflow()"), [], name)
            page.look("look.all('details').forEach(box => box.open = true)")
            for width in (400, 320, 1200):
                with self.subTest(report=name, width=width):
                    page.resize(width)
                    self.assertEqual(page.look("look.overflow()"), [])
                    plots = page.look("look.plots()")
                    self.assertEqual([one["title"] for one in plots if one["outside"] or not one["isSeen"]], [])

    def test_is_reached_whole_by_tab_and_shows_where_one_is(self):
        for name in Made.folders:
            with self.subTest(report=name):
                page = self.open(name, 700)
                wanted = page.look("look.begin()")
                self.assertGreater(len(wanted), 20)
                met = []
                for _ in range(len(wanted) + 1):
                    page.press("Tab")
                    focus = page.look("look.focus()")
                    if focus["at"] in met or focus["at"] < 0:
                        break
                    self.assertTrue(focus["isMarked"], focus["name"] + " does not show that the keyboard is there")
                    met.append(focus["at"])
                missed = [name for at, name in enumerate(wanted) if at not in met]
                self.assertEqual(missed, [], f"after {len(met)} steps of Tab, last at {focus['name']}")
                self.assertEqual(met, sorted(met), "Tab does not go down the page")

    def test_shows_its_verdicts_where_scripts_are_off(self):
        page = Made.browser.page()
        self.addCleanup(page.close)
        page.call("Emulation.setScriptExecutionDisabled", value=True)
        page.open(Path(Made.folders["flow"], "report.html").as_uri())
        text = page.text()
        self.assertIn("Drydock report: FAIL", text)
        self.assertIn(HOSTILE, text)


if __name__ == "__main__":
    chromium.needed()
    unittest.main(argv=sys.argv[:1], verbosity=2)
