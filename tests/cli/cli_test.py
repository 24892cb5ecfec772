"""The drydock command through its real binary: every exit code, what goes to which stream, and the files it leaves."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

DRYDOCK, DAEMON, SOURCE = sys.argv[1:4]
PASSED, FAILED, INTERRUPTED, USAGE, NOTHING_SELECTED, INFRASTRUCTURE = 0, 1, 2, 4, 5, 6
EXIT_OF = {"PASS": PASSED, "FAIL": FAILED, "INFRASTRUCTURE": INFRASTRUCTURE}
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("DRYDOCK_")}


def drydock(*arguments):
    command = [DRYDOCK, *arguments]
    return subprocess.run(command, cwd=SOURCE, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)


class Cli(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.output = os.path.join(self.folder, "report")

    def run_to_report(self, code, *arguments):
        """Runs, expects the exit code, and gives the process and the record it left."""
        done = drydock("run", *arguments, "-o", self.output)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        with open(os.path.join(self.output, "run.json")) as file:
            record = json.load(file)
        self.assertEqual(EXIT_OF[record["verdict"]], code)
        return done, record

    def refused(self, code, *arguments):
        """Expects the exit code, a reason on stderr, nothing on stdout, and that nothing ran."""
        done = drydock(*arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertNotEqual(done.stderr, "")
        self.assertFalse(os.path.exists(self.output))
        return done.stderr


class ARun(Cli):
    def test_that_passes_ends_with_0_and_leaves_all_reports(self):
        done, record = self.run_to_report(PASSED, "scenarios/lifecycle")
        self.assertEqual({case["verdict"] for case in record["cases"]}, {"PASS"})
        self.assertEqual(sorted(os.listdir(self.output)), ["junit.xml", "report.html", "run.json", "summary.md"])
        for case in record["cases"]:
            self.assertIn(case["id"], done.stdout)
        self.assertIn(os.path.join(self.output, "report.html"), done.stdout)
        self.assertEqual(len(done.stderr.splitlines()), len(record["cases"]), "one line of progress for each case")

    def test_against_a_faulty_server_ends_with_1_and_says_where(self):
        done, record = self.run_to_report(FAILED, "scenarios/lifecycle", "--faulty", "delete-keeps-session", "--quiet")
        self.assertEqual(done.stderr, "")
        bad = [case for case in record["cases"] if case["verdict"] != "PASS"]
        self.assertTrue(bad)
        for case in bad:
            step = next(step for step in case["steps"] if step["verdict"] == "FAIL")
            self.assertIn(f"{step['file']}:{step['line']} step '{step['id']}': {step['message']}", done.stdout)
            self.assertIn(case["reproduce"], done.stdout)
        suites = xml.etree.ElementTree.parse(os.path.join(self.output, "junit.xml")).getroot()
        self.assertEqual(len(suites.findall(".//failure")), len(bad))
        self.assertEqual(len(suites.findall(".//testcase")), len(record["cases"]))

    def test_is_repeated_exactly_by_the_command_it_recorded(self):
        _, first = self.run_to_report(PASSED, "scenarios/lifecycle", "--only", "claim", "--seed", "451")
        case = first["cases"][0]
        words = case["reproduce"].split()
        self.assertEqual(words[:2], ["drydock", "run"])
        _, again = self.run_to_report(PASSED, *words[2:])
        self.assertEqual([one["event_log_hash"] for one in again["cases"]], [case["event_log_hash"]])

    def test_without_the_server_program_ends_with_6_and_says_which(self):
        absent = os.path.join(self.folder, "no-such-daemon")
        _, record = self.run_to_report(INFRASTRUCTURE, "scenarios/lifecycle", "--only", "claim", "--bench", "loopback",
                                       "--daemon", absent)
        for case in record["cases"]:
            self.assertEqual(case["verdict"], "INFRASTRUCTURE")
            self.assertIn(absent, case["message"])
        suites = xml.etree.ElementTree.parse(os.path.join(self.output, "junit.xml")).getroot()
        self.assertEqual(len(suites.findall(".//error")), len(record["cases"]))
        self.assertEqual(suites.findall(".//failure"), [])

    def test_that_is_interrupted_ends_with_2_and_still_leaves_its_reports(self):
        command = [DRYDOCK, "run", "scenarios/lifecycle", "--bench", "loopback", "--daemon", DAEMON, "-o", self.output]
        process = subprocess.Popen(command, cwd=SOURCE, env=ENVIRONMENT, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertIn("[1/", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED)
        with open(os.path.join(self.output, "run.json")) as file:
            self.assertGreaterEqual(len(json.load(file)["cases"]), 1)


class WhatIsWrong(Cli):
    def test_in_files_is_said_all_at_once_with_places(self):
        bad = os.path.join(SOURCE, "scenarios", "bad")
        names = sorted(name for name in os.listdir(bad) if name.endswith(".scenario.yaml"))
        said = self.refused(USAGE, "run", *("scenarios/bad/" + name for name in names), "-o", self.output)
        wanted = []
        for name in names:
            with open(os.path.join(bad, name + ".expect")) as file:
                wanted += [line for line in file.read().splitlines() if re.match(r"\S+:\d+:\d+: ", line)]
        found = re.findall(r"^scenarios/bad/(\S+:\d+:\d+: .*)$", said, re.MULTILINE)
        self.assertEqual(found, wanted)
        self.assertGreater(len(found), 10)

    def test_in_files_is_told_the_same_by_check(self):
        ran = self.refused(USAGE, "run", "scenarios/bad", "-o", self.output)
        self.assertEqual(self.refused(USAGE, "check", "scenarios/bad"), ran)

    def test_beside_good_files_keeps_those_from_running(self):
        bad = "scenarios/bad/many-mistakes.scenario.yaml"
        self.refused(USAGE, "run", "scenarios/lifecycle", bad, "-o", self.output)

    def test_on_the_command_line_ends_with_4_and_names_the_word(self):
        for words, named in (((), "subcommand"), (("sail",), "subcommand"),
                             (("run", "--bench", "moon"), "moon"),
                             (("run", "--faulty", "perfectly"), "perfectly"), (("run", "--seed", "x"), "seed"),
                             (("run", "no/such/folder"), "no/such/folder"),
                             (("run", "--no-such-option"), "no-such-option"), (("schema", "picture"), "picture"),
                             (("serve", "--listen", "nowhere"), "--listen")):
            with self.subTest(words=words):
                options = ("-o", self.output) if words[:1] == ("run",) else ()
                self.assertIn(named, self.refused(USAGE, *words, *options))

    def test_with_a_selection_that_selects_nothing_ends_with_5(self):
        for words in (("run", "scenarios", "--only", "no scenario is called so", "-o", self.output),
                      ("run", self.folder, "-o", self.output), ("check", self.folder)):
            with self.subTest(words=words):
                self.refused(NOTHING_SELECTED, *words)
        self.assertEqual(drydock("list", self.folder).returncode, NOTHING_SELECTED)


class WhatItPrints(Cli):
    def test_as_help_names_every_exit_code(self):
        done = drydock("--help")
        self.assertEqual(done.returncode, PASSED)
        codes = done.stdout[done.stdout.index("Exit codes"):]
        self.assertEqual(re.findall(r"\b(\d) [a-z]", codes), ["0", "1", "2", "3", "4", "5", "6"])
        self.assertEqual(done.stderr, "")

    def test_as_help_of_a_subcommand_goes_to_stdout(self):
        listed = re.findall(r"^  ([a-z]+)  ", drydock("--help").stdout.split("Subcommands:")[1], re.MULTILINE)
        self.assertLessEqual({"run", "check", "list", "schema", "verbs", "serve", "doctor", "version"}, set(listed))
        for name in listed:
            with self.subTest(name=name):
                done = drydock(name, "--help")
                self.assertEqual((done.returncode, done.stderr), (PASSED, ""))
                self.assertIn("Usage: ", done.stdout)

    def test_for_programs_is_json_and_nothing_else(self):
        listed = json.loads(drydock("list", "--json").stdout)
        self.assertGreater(len(listed), 10)
        for one in listed:
            self.assertEqual(sorted(one), ["file", "id", "title"])
        for name in ("scenario", "run"):
            self.assertIn("$schema", json.loads(drydock("schema", name).stdout))
        self.assertEqual(drydock("schema").stdout, drydock("schema", "scenario").stdout)

    def test_for_programs_stays_json_when_a_file_is_bad(self):
        done = drydock("list", "--json", "scenarios/lifecycle", "scenarios/bad/many-mistakes.scenario.yaml")
        self.assertEqual(done.returncode, USAGE)
        self.assertGreater(len(json.loads(done.stdout)), 5)
        self.assertIn("many-mistakes.scenario.yaml:3:8", done.stderr)

    def test_has_no_colours_in_a_pipe(self):
        self.assertNotIn("\x1b", drydock("run", "scenarios/lifecycle", "--only", "claim", "-o", self.output).stdout)


unittest.main(argv=sys.argv[:1], verbosity=2)
