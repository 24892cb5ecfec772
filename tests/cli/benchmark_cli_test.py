"""The benchmark of authentication through the real binary, tiny: what it counts, and when it fails."""
import json
import os
import stat
import subprocess
import sys
import tempfile
import unittest

DRYDOCK, DAEMON, SOURCE = sys.argv[1:4]
PASSED, FAILED, USAGE = 0, 1, 4
TINY = ("--tokens", "40", "--hold", "20", "--revoke", "8", "-q")
# Passes everything on to the server, and makes it one that is wrong on purpose.
WRONG_SERVER = """#!/bin/sh
for word; do
    [ "$word" = none ] && word=delete-keeps-session
    set -- "$@" "$word"
    shift
done
exec '{}' "$@"
"""


class Benchmark(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.json = os.path.join(self.folder, "auth.json")

    def auth(self, code, *arguments):
        """Runs, expects the exit code, and gives the process and the results by case."""
        done = subprocess.run([DRYDOCK, "benchmark", "auth", *TINY, *arguments, "--json", self.json], cwd=SOURCE,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        if code == USAGE:
            return done, {}
        with open(self.json) as file:
            results = json.load(file)["results"]
        return done, {one["case"]: one for one in results}

    def test_that_searches_has_one_answer_and_takes_no_file_for_it(self):
        done, _ = self.auth(USAGE, "--find", "p99=50ms")
        self.assertIn("--find", done.stderr)
        done = subprocess.run([DRYDOCK, "benchmark", "auth", "--tokens", "40", "-q", "--find", "p99=2s", "--seconds",
                               "0.1", "--daemon", DAEMON], cwd=SOURCE, capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, PASSED, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"about \d+ logins/s meet p99 <= 2000 ms")
        self.assertIn("of the limit", done.stdout)

    def test_says_before_it_measures_that_a_file_cannot_be_written(self):
        in_the_way = os.path.join(self.folder, "file")
        open(in_the_way, "w").close()
        for option, path in (("--baseline", os.path.join(in_the_way, "new.json")), ("--baseline", self.folder),
                             ("--json", self.folder), ("--json", self.folder + "/later/")):
            done = subprocess.run([DRYDOCK, "benchmark", "auth", *TINY, "--daemon", "/no/daemon", option, path],
                                  cwd=SOURCE, capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, USAGE, done.stdout + done.stderr)
            self.assertIn(in_the_way if path.startswith(in_the_way) else path, done.stderr)
        self.assertEqual(os.listdir(self.folder), ["file"])

    def test_deletes_tokens_of_devices_that_are_online_and_tries_each_again(self):
        done, results = self.auth(PASSED, "--case", "revoke", "--runs", "2", "--daemon", DAEMON)
        self.assertEqual([one["server"] for one in results.values()], ["drydockd"])
        runs = results["revoke"]["runs"]
        self.assertEqual(len(runs), 2)
        for run in runs:
            self.assertEqual((run["failed"], run["wrong"]), (0, 0))
            self.assertGreater(run["rate"], 0)
            self.assertGreater(run["longest_ms"], 0)
            self.assertGreater(run["since_due_p99_ms"], 0)
        self.assertIn("deletion answered until the device is cut off, p99", done.stdout)

    def test_fails_when_a_deleted_device_stays_connected(self):
        wrong = os.path.join(self.folder, "wrong-drydockd")
        with open(wrong, "w") as file:
            file.write(WRONG_SERVER.format(DAEMON))
        os.chmod(wrong, stat.S_IRWXU)
        done, results = self.auth(FAILED, "--case", "revoke", "--runs", "1", "--daemon", wrong)
        self.assertEqual(results["revoke"]["runs"][0]["failed"], 8)
        self.assertIn("8 FAILED: still connected after its token was deleted", done.stdout)

    def test_compares_what_a_login_costs_a_fleet_and_the_flood(self):
        done, results = self.auth(PASSED, "--case", "fleet", "--runs", "1", "--daemon", DAEMON)
        run = results["fleet"]["runs"][0]
        self.assertEqual((run["failed"], run["wrong"]), (0, 0))
        self.assertGreater(run["client_cpu_us"], 0)
        self.assertGreater(run["flood_cpu_us"], 0)
        self.assertIn("of the flood's", done.stdout)

    def test_resumes_the_sessions_of_its_connections(self):
        done, results = self.auth(PASSED, "--case", "tls-resumed", "--runs", "1", "--seconds", "0.5",
                                  "--daemon", DAEMON)
        run = results["tls-resumed"]["runs"][0]
        self.assertEqual((run["failed"], run["wrong"]), (0, 0))
        self.assertGreater(run["resumed"], 0)
        self.assertNotIn("nothing was resumed", done.stdout)

    def test_refuses_two_stores_of_one_size(self):
        done, _ = self.auth(USAGE, "--tokens", "40", "--case", "login", "--daemon", DAEMON)
        self.assertIn("two stores of one size", done.stderr)

    def test_refuses_a_case_it_does_not_know(self):
        done, _ = self.auth(USAGE, "--case", "revocation", "--daemon", DAEMON)
        self.assertIn("no case is called 'revocation'", done.stderr)


unittest.main(argv=sys.argv[:1], verbosity=2)
