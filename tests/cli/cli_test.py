"""The drydock command through its real binary: every exit code, what goes to which stream, and the files it leaves."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

DRYDOCK, DAEMON, SOURCE = sys.argv[1:4]
PASSED, FAILED, INTERRUPTED, USAGE, NOTHING_SELECTED, INFRASTRUCTURE = 0, 1, 2, 4, 5, 6
EXIT_OF = {"PASS": PASSED, "FAIL": FAILED, "INFRASTRUCTURE": INFRASTRUCTURE}
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from command import Command, ENVIRONMENT  # noqa: E402

drydock = Command(DRYDOCK, SOURCE)


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def connections_of(pid):
    """How many are connected to the process's ports."""
    try:
        sockets = {os.readlink(f"/proc/{pid}/fd/{one}") for one in os.listdir(f"/proc/{pid}/fd")}
        with open(f"/proc/{pid}/net/tcp") as file:
            rows = [line.split() for line in file.read().splitlines()[1:]]
    except OSError:
        return 0
    return sum(row[3] == "01" and f"socket:[{row[9]}]" in sockets for row in rows)


class Cli(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.output = os.path.join(self.folder, "report")

    def scenario(self, name, head, steps):
        path = os.path.join(self.folder, name + ".scenario.yaml")
        with open(path, "w") as file:
            file.write(f"drydock: 1\nid: {name}\n{head}\nsteps:{steps}")
        return path

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
            self.assertIn(" --faulty delete-keeps-session", case["reproduce"])
        suites = xml.etree.ElementTree.parse(os.path.join(self.output, "junit.xml")).getroot()
        self.assertEqual(len(suites.findall(".//failure")), len(bad))
        self.assertEqual(len(suites.findall(".//testcase")), len(record["cases"]))

    def test_of_load_against_a_faulty_server_is_run_again_against_it(self):
        _, record = self.run_to_report(FAILED, "scenarios/load/delete-connected.scenario.yaml", "--faulty",
                                       "delete-keeps-session", "--quiet")
        self.assertIn(" --faulty delete-keeps-session", record["cases"][0]["reproduce"])

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
            record = json.load(file)
        self.assertEqual(record["verdict"], "INCONCLUSIVE")
        self.assertEqual(record["cases"][0]["verdict"], "PASS")
        self.assertEqual(record["cases"][-1]["message"], "not run: interrupted before")
        inconclusive = {one["id"] for one in record["requirements"] if one["verdict"] == "INCONCLUSIVE"}
        self.assertTrue(inconclusive, "what was not run is not shown")

    def test_of_a_scenario_that_is_at_fault_ends_with_4_and_says_so_in_its_record(self):
        steps = """
  - {id: a, by: maker, do: tokens.create, with: {count: 100000000}, accept: any, save: {t: tokens.0}}
  - {id: b, by: maker, do: tokens.show, with: {token: "${t.id}"}}
"""
        path = self.scenario("at-fault", "actors: {maker: {kind: org}}", steps)
        done = drydock("run", path, "-o", self.output)
        self.assertEqual(done.returncode, USAGE, done.stdout + done.stderr)
        with open(os.path.join(self.output, "run.json")) as file:
            case = json.load(file)["cases"][0]
        self.assertEqual((case["verdict"], case["scenario_at_fault"]), ("INCONCLUSIVE", True))
        self.assertIn("the scenario is at fault", done.stdout)


class TheServerUnderTest(Cli):
    """A drydockd of the rig's own: what happens when it dies, and that it never stays behind."""

    WAITING = """
  - {id: mint, by: maker, do: tokens.create, save: {t: tokens.0}}
  - {id: inject, by: line, do: eol.inject, with: {device: box, token: "${t.auth}"}}
  - {id: boot, by: box, do: device.power_on}
  - {id: long, do: time.pass, with: {for: 10m}, covers: [GEN-01]}
  - {id: never, do: time.pass, with: {for: 1s}}
teardown:
  - {id: away, by: box, do: device.power_off}
"""

    def begin(self, steps=WAITING):
        """Starts a run that waits for long; gives it and its server once that is in use."""
        actors = "{maker: {kind: org}, line: {kind: station}, box: {kind: device}}"
        path = self.scenario("waiting", f"actors: {actors}\ntimeout: 20m", steps)
        command = [DRYDOCK, "run", path, "--bench", "loopback", "--daemon", DAEMON, "-o", self.output]
        process = subprocess.Popen(command, cwd=SOURCE, env=ENVIRONMENT, text=True, start_new_session=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            servers = children_of(process.pid)
            # The administrator, the maker, and the box, which is on when the long step begins.
            if servers and connections_of(servers[0]) >= 3:
                return process, servers[0]
            time.sleep(0.01)
        self.fail("the run did not begin")

    def record(self):
        with open(os.path.join(self.output, "run.json")) as file:
            return json.load(file)["cases"][0]

    def verdicts(self, case):
        return {step["id"]: step["verdict"] for step in case["steps"]}

    def assert_gone(self, pid, seconds):
        end = time.monotonic() + seconds
        while is_running(pid):
            self.assertLess(time.monotonic(), end, "the server stayed behind")
            time.sleep(0.01)

    def test_that_crashes_is_the_product_s_failure_and_its_last_words_are_told(self):
        done, record = self.run_to_report(FAILED, "scenarios/lifecycle", "--only", "two-scanners", "--bench",
                                          "loopback", "--daemon", DAEMON, "--faulty", "crash-on-claim")
        case = record["cases"][0]
        self.assertEqual(case["verdict"], "FAIL")
        self.assertIn("signal 6 (Aborted)", case["message"])
        self.assertIn("faulty on purpose: aborting", case["message"])
        self.assertIn(case["message"].splitlines()[0], done.stdout)
        self.assertEqual({step["verdict"] for step in case["steps"] if step["id"].startswith("race-")}, {"FAIL"})

    def test_that_is_killed_ends_the_case_at_once_with_1(self):
        process, server = self.begin()
        os.kill(server, signal.SIGKILL)
        out, _ = process.communicate(timeout=20)
        self.assertEqual(process.returncode, FAILED, out)
        case = self.record()
        self.assertEqual(case["verdict"], "FAIL")
        self.assertIn("signal 9 (Killed)", case["message"])
        self.assertEqual(self.verdicts(case), {"mint": "PASS", "inject": "PASS", "boot": "PASS", "long": "FAIL",
                                               "never": "INCONCLUSIVE", "away": "PASS"})

    def test_ends_with_an_interrupted_run_whose_terminal_told_everybody(self):
        process, server = self.begin()
        begun = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=20)
        took = time.monotonic() - begun
        self.assertEqual(process.returncode, INTERRUPTED, out)
        self.assertLess(took, 4, "two seconds, and some for a slow machine")
        self.assertFalse(is_running(server))
        case = self.record()
        self.assertEqual((case["verdict"], case["message"]), ("INCONCLUSIVE", "interrupted"))
        self.assertEqual(self.verdicts(case), {"mint": "PASS", "inject": "PASS", "boot": "PASS",
                                               "long": "INCONCLUSIVE", "never": "INCONCLUSIVE", "away": "PASS"})

    def test_ends_with_a_rig_that_is_interrupted_twice(self):
        process, server = self.begin(self.WAITING + "  - {id: slow, do: time.pass, with: {for: 10m}}\n")
        os.kill(process.pid, signal.SIGINT)
        # The second one is for a rig that is busy putting things away, as this teardown keeps it.
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=20)
        self.assertIn(process.returncode, (-signal.SIGINT, INTERRUPTED))
        self.assert_gone(server, 15)

    def test_ends_with_a_rig_that_is_killed(self):
        process, server = self.begin()
        process.kill()
        process.communicate(timeout=20)
        self.assert_gone(server, 15)

    def test_that_crashes_is_not_for_a_bench_without_a_process(self):
        said = self.refused(USAGE, "run", "scenarios/lifecycle", "--faulty", "crash-on-claim", "-o", self.output)
        self.assertIn("--bench loopback", said)


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
        files = len([name for name in os.listdir(os.path.join(SOURCE, "scenarios", "bad")) if name.endswith(".yaml")])
        errors = len(re.findall(r"^\S+:\d+:\d+: ", ran, re.MULTILINE))
        self.assertEqual(ran.splitlines()[-1], f"0 files right, {files} wrong: {errors} errors")

    def test_on_purpose_is_left_out_by_check_and_said_to_be(self):
        done = drydock("check", "scenarios")
        self.assertEqual((done.returncode, done.stderr), (PASSED, ""))
        self.assertRegex(done.stdout, r"^\d\d+ files right, 0 wrong "
                                      r"\(scenarios/bad left out: files that are wrong on purpose\)\n$")

    def test_about_ids_is_that_two_files_share_one(self):
        one, other = (self.scenario(name, "actors: {box: {kind: device}}", '\n  - {id: a, expect: {box.logins: 0}}\n')
                      for name in ("one", "other"))
        with open(other) as file:
            text = file.read()
        with open(other, "w") as file:
            file.write(text.replace("id: other", "id: one"))
        said = self.refused(USAGE, "check", one, other)
        self.assertIn(f"{other}: the id 'one' belongs to {one} already", said)
        self.assertEqual(drydock("check", one, one).returncode, PASSED)

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
        self.assertIn("many-mistakes.scenario.yaml:3:1", done.stderr)

    def test_has_no_colours_in_a_pipe(self):
        self.assertNotIn("\x1b", drydock("run", "scenarios/lifecycle", "--only", "claim", "-o", self.output).stdout)


class TwoBuilds(Cli):
    """`.ci/same-hash`, which compares what two builds see in virtual time."""

    SCRIPT = os.path.join(SOURCE, ".ci", "same-hash")
    BUILD = os.path.dirname(os.path.dirname(os.path.abspath(DRYDOCK)))

    def compare(self, other):
        return subprocess.run([self.SCRIPT, self.BUILD, other], capture_output=True, text=True, timeout=120)

    def other_build(self, text):
        os.mkdir(os.path.join(self.folder, "bin"))
        path = os.path.join(self.folder, "bin", "drydock")
        with open(path, "w") as file:
            file.write(f"#!/bin/bash\n{text}\n")
        os.chmod(path, 0o755)
        return self.folder

    def test_that_see_the_same_pass(self):
        done = self.compare(self.BUILD)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(" 0 differ", done.stdout)

    def test_that_see_different_things_fail(self):
        done = self.compare(self.other_build(f'exec {os.path.abspath(DRYDOCK)} "${{@/#7/8}}"'))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("lifecycle.claim: ", done.stdout)

    def test_that_do_not_run_or_are_not_there_fail(self):
        self.assertEqual(self.compare(self.other_build("exit 3")).returncode, 1)
        self.assertEqual(self.compare(os.path.join(self.folder, "nowhere")).returncode, 6)


unittest.main(argv=sys.argv[:1], verbosity=2)
