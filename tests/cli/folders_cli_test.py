"""Folders of the drydock command: each run's own under out/, the link to the newest, and the temporary ones, which no
killed run leaves behind for long."""
import os
import re
import signal
import sys
import tempfile
import unittest

DRYDOCK, DAEMON, SOURCE = sys.argv[1:4]
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from command import Command  # noqa: E402

drydock = Command(DRYDOCK, SOURCE)
ONE = os.path.join(SOURCE, "scenarios", "lifecycle", "claim.scenario.yaml")


class Folders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name


class Places(Folders):
    def test_that_cannot_be_written_are_refused_with_the_option_that_names_another(self):
        for code, words, told in ((4, ("report", "merge", "/proc/x", self.folder), "cannot be written to /proc/x"),
                                  (4, ("run", ONE, "-o", "/proc/x"), "cannot be written to /proc/x"),
                                  (6, ("serve", "--data", "/proc/x"), "cannot make the data folder /proc/x")):
            with self.subTest(words=words):
                done = drydock(*words)
                self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                self.assertIn(told, done.stderr)


class Reports(Folders):
    def path(self, *names):
        return os.path.join(self.folder, "out", *names)

    def run_here(self, *arguments):
        """Runs in the test's folder and gives the folder of the report it printed."""
        done = drydock(*arguments, "-q", folder=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        report = re.search(r"^report:  (.*)$", done.stdout, re.MULTILINE)[1]
        self.assertTrue(os.path.isfile(report), report)
        self.assertFalse(os.path.islink(os.path.dirname(report)))
        return os.path.dirname(report)

    def test_of_every_run_stay_in_a_folder_of_their_own_and_latest_is_the_newest(self):
        first = self.run_here("run", ONE)
        self.assertRegex(os.path.basename(first), r"^\d{4}-\d\d-\d\d-\d{6}-claim(-\d+)?$")
        self.assertTrue(os.path.samefile(self.path("latest"), first))
        second = self.run_here("run", ONE)
        self.assertNotEqual(first, second)
        self.assertTrue(os.path.isfile(os.path.join(first, "report.html")))
        self.assertEqual(os.readlink(self.path("latest")), os.path.basename(second), "the tree may be moved")
        self.assertTrue(os.path.isfile(self.path("latest", "report.html")))
        fleet = self.run_here("fleet", "--devices", "5", "--ramp", "1s", "--for", "5s", "--virtual")
        self.assertTrue(fleet.endswith("-fleet"), fleet)
        self.assertTrue(os.path.isfile(self.path("latest", "fleet.scenario.yaml")))
        self.assertEqual(sorted(os.listdir(self.path())),
                         sorted(["latest", *(os.path.basename(one) for one in (first, second, fleet))]))

    def test_go_where_they_are_wanted_and_then_latest_stays(self):
        newest = self.run_here("run", ONE)
        self.run_here("run", ONE, "-o", self.path("mine"))
        self.assertTrue(os.path.samefile(self.path("latest"), newest))

    def test_never_go_through_the_link_to_an_earlier_one(self):
        first = self.run_here("run", ONE)
        before = os.stat(os.path.join(first, "report.html")).st_mtime_ns
        for command in (["run", ONE], ["fleet", "--devices", "5", "--virtual"]):
            refused = drydock(*command, "-o", self.path("latest"), folder=self.folder)
            self.assertEqual(refused.returncode, 4, refused.stderr)
            self.assertIn("name a folder", refused.stderr)
        self.assertEqual(os.stat(os.path.join(first, "report.html")).st_mtime_ns, before)

    def test_in_a_folder_that_is_called_latest_are_moved_and_not_lost(self):
        os.makedirs(self.path("latest"))
        with open(self.path("latest", "report.html"), "w") as file:
            file.write("of long ago")
        newest = self.run_here("run", ONE)
        self.assertTrue(os.path.samefile(self.path("latest"), newest))
        with open(self.path("earlier", "report.html")) as file:
            self.assertEqual(file.read(), "of long ago")

    def test_that_cannot_have_a_folder_end_with_6_and_say_what_to_do(self):
        with open(self.path(), "w") as file:
            file.write("in the way")
        done = drydock("run", ONE, "-q", folder=self.folder)
        self.assertEqual(done.returncode, 6)
        self.assertIn("-o", done.stderr)


class Temporary(Folders):
    WAITING = "drydock: 1\nid: waiting\ntimeout: 20m\nsteps:\n  - {id: short, do: time.pass, with: {for: 1s}}\n" \
              "  - {id: long, do: time.pass, with: {for: 10m}}\n"
    ON_SOCKETS = ("--bench", "loopback", "--daemon", DAEMON)

    def setUp(self):
        super().setUp()
        self.temporary = os.path.join(self.folder, "tmp")
        os.mkdir(self.temporary)
        self.environment = {"TMPDIR": self.temporary}

    def begin(self, name):
        """A run whose server has opened its doors; gives it and its temporary folder."""
        path = os.path.join(self.folder, "waiting.scenario.yaml")
        with open(path, "w") as file:
            file.write(self.WAITING)
        before = set(os.listdir(self.temporary))
        run = drydock.begin("run", path, *self.ON_SOCKETS, "-o", os.path.join(self.folder, name),
                            environment=self.environment)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        self.addCleanup(run.stderr.close)
        while True:
            self.assertIsNone(run.poll(), "the run did not begin")
            for one in set(os.listdir(self.temporary)) - before:
                if os.path.exists(os.path.join(self.temporary, one, "ports.json")):
                    return run, one

    def test_of_a_killed_run_are_removed_by_the_next_and_those_of_a_living_one_are_not(self):
        _, living = self.begin("living")
        killed, left = self.begin("killed")
        killed.kill()
        killed.wait(timeout=20)
        stranger = os.path.join(self.temporary, "drydock-bench-stranger")
        os.mkdir(stranger)
        self.assertIn(left, os.listdir(self.temporary))
        done = drydock("run", ONE, *self.ON_SOCKETS, "-q", "-o", os.path.join(self.folder, "next"),
                       environment=self.environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(set(os.listdir(self.temporary)), {living, os.path.basename(stranger)})
        self.assertTrue(os.path.exists(os.path.join(self.temporary, living, "ports.json")))

    def test_of_a_run_that_is_interrupted_are_gone_with_it(self):
        run, _ = self.begin("interrupted")
        os.killpg(run.pid, signal.SIGINT)
        self.assertEqual(run.wait(timeout=20), 2)
        self.assertEqual(os.listdir(self.temporary), [])


unittest.main(argv=sys.argv[:1], verbosity=2)
