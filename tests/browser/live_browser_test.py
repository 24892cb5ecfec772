"""The page of `drydock fleet --web` in a real browser: it draws, it follows the run, and it says how the run ended."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import chromium

DRYDOCK, DAEMON = sys.argv[1:3]
HERE = Path(__file__).parent
TILE = "look.all('.tile').find(tile => tile.innerText.includes('{}')).querySelector('.big').innerText"
IS_DRAWN = "document.querySelectorAll('.canvas svg').length === 8 && Number(" + TILE.format("online of") + ") > {}"
STATE = "document.querySelector('.state').innerText"


class Made:
    """What all tests look at: the browser, and a folder."""

    browser, folder = None, ""


def setUpModule():
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    Made.folder = folder.name
    Made.browser = chromium.Browser(folder.name)
    unittest.addModuleCleanup(Made.browser.close)


class ALivePage(unittest.TestCase):
    maxDiff = None
    def begin(self, seconds, *options):
        """Starts a fleet and opens its page as soon as its address is known; gives both."""
        self.output = os.path.join(Made.folder, self.id())
        command = [DRYDOCK, "fleet", "--devices", "50", "--ramp", "1s", "--for", seconds, "--ping-every", "1s", "--web",
                   "-q", "--late", "30s", "--daemon", DAEMON, "-o", self.output, *options]  # fmt: skip
        fleet = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                 start_new_session=True)
        self.addCleanup(self.end, fleet)
        line = fleet.stderr.readline().strip()
        self.assertTrue(line.startswith("live view: http://127.0.0.1:"), line)
        self.address = line.split(" ")[-1]
        page = Made.browser.page()
        self.addCleanup(page.close)
        page.open(self.address)
        page.look((HERE / "look.js").read_text(encoding="utf-8"))
        # A page whose script is broken would be waited for in vain.
        self.assertEqual(page.complaints, [], "the console of the browser")
        return fleet, page

    def end(self, fleet):
        if fleet.poll() is None:
            os.killpg(fleet.pid, signal.SIGKILL)
        fleet.communicate()

    def check_plots(self, page, load):
        plots = {plot["title"]: plot for plot in page.look("look.plots()")}
        self.assertEqual(len(plots), 8, list(plots))
        for plot in plots.values():
            self.assertEqual((plot["isSeen"], plot["outside"]), (True, []), plot["title"])
        for title in ("Devices online", "Connections and logins", "Errors", "Lateness of the generator"):
            for line in plots[title]["lines"]:
                self.assertGreater(line["length"], 20, title + ": " + line["name"])
        logins = sum(1 for tick in load["ticks"] if any(tick["heat"]))
        self.assertGreaterEqual(plots["Logins by time taken"]["cells"], logins)
        self.assertGreater(logins, 0)

    def check_console(self, page):
        self.assertEqual(page.complaints, [], "the console of the browser")
        strangers = [one for one in page.requests if not one.startswith((self.address, "data:"))]
        self.assertEqual(strangers, [], "the page asks nobody but its own run")

    def test_draws_follows_the_run_and_says_that_it_was_interrupted(self):
        fleet, page = self.begin("1h")
        page.until(IS_DRAWN.format(0))
        self.assertIn("RUNNING", page.look(STATE))
        self.assertIn("50 devices", page.look(STATE))
        seconds, line = TILE.format("into the run"), "document.querySelector('.canvas path.line').getAttribute('d')"
        now, drawn = page.look(seconds), page.look(line)
        page.until(f"{seconds} !== {json.dumps(now)} && {line} !== {json.dumps(drawn)}")
        page.resize(400)
        self.assertEqual(page.look("look.overflow()"), [])
        os.killpg(fleet.pid, signal.SIGINT)
        page.until("!" + STATE + ".includes('RUNNING')")
        self.assertIn("interrupted", page.look(STATE))
        self.assertIn("The run has ended", page.look(STATE))
        self.check_console(page)

    def test_says_how_the_run_ended_and_shows_all_of_it(self):
        fleet, page = self.begin("4s")
        page.until(IS_DRAWN.format(0) + " && !" + STATE + ".includes('RUNNING')")
        fleet.communicate(timeout=chromium.PATIENCE)
        self.assertEqual(fleet.returncode, 0)
        with open(os.path.join(self.output, "run.json"), encoding="utf-8") as file:
            load = json.load(file)["cases"][0]["load"]
        for place in (STATE, "document.title"):
            self.assertIn(load["verdict"], page.look(place))
        self.assertIn("The run has ended", page.look(STATE))
        ended = int(load["ticks"][-1]["at_s"])
        self.assertEqual(page.look(TILE.format("into the run")), f"{ended // 60}:{ended % 60:02}")
        self.check_plots(page, load)
        self.check_console(page)

    def test_says_so_when_the_run_is_killed(self):
        fleet, page = self.begin("1h")
        page.until(IS_DRAWN.format(0))
        os.killpg(fleet.pid, signal.SIGKILL)
        page.until(STATE + ".includes('NOT REACHED')")
        self.assertTrue(page.look("look.plots().every(plot => plot.isSeen)"), "what was drawn is gone")


if __name__ == "__main__":
    chromium.needed()
    unittest.main(argv=sys.argv[:1], verbosity=2)
