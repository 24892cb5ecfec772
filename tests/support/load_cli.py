"""What tests of load runs share. They are started as TEST DRYDOCK DRYDOCKD SOURCE."""
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import unittest

DRYDOCK, DAEMON, SOURCE = sys.argv[1:4]

PASSED, FAILED, INTERRUPTED, USAGE, INFRASTRUCTURE, THRESHOLD = 0, 1, 2, 4, 6, 7
NOT_OURS = ("DRYDOCK_", "JOB_COMPLETION_", "SLURM_")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
# A busy machine makes the generator late; here that is no reason to doubt.
PATIENT = ("--late", "30s")
REPORTS = ["fleet.scenario.yaml", "junit.xml", "report.html", "run.json", "summary.md"]


def drydock(*arguments, environment=None, files=None):
    limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None
    return subprocess.run([DRYDOCK, *arguments], cwd=SOURCE, env={**ENVIRONMENT, **(environment or {})},
                          capture_output=True, text=True, timeout=120, preexec_fn=limit)


def load_in(folder):
    with open(os.path.join(folder, "run.json")) as file:
        return json.load(file)["cases"][0]["load"]


def count(load, name):
    return sum(row["counts"].get(name, 0) for row in load["rows"])


class LoadCli(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.output = os.path.join(self.folder, "report")

    def fleet(self, code, *arguments, environment=None, output=None):
        done = drydock("fleet", *arguments, "-o", output or self.output, environment=environment)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def refused(self, code, *arguments, environment=None, files=None):
        done = drydock("fleet", *arguments, "-o", self.output, environment=environment, files=files)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertFalse(os.path.exists(self.output), "nothing may have begun")
        return done.stderr

    def begin(self, *arguments, hang_up=signal.SIG_DFL):
        process = subprocess.Popen([DRYDOCK, "fleet", *arguments, "-o", self.output, *PATIENT], cwd=SOURCE,
                                   env=ENVIRONMENT, text=True, start_new_session=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=lambda: signal.signal(signal.SIGHUP, hang_up))
        self.addCleanup(process.kill)
        return process
