"""What the drydock command says to words and files that it does not know or cannot use, before anything runs."""
import json
import os
import sys
import tempfile
import unittest

DRYDOCK, SOURCE = sys.argv[1:3]
USAGE = 4
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from command import Command  # noqa: E402

drydock = Command(DRYDOCK, SOURCE)


class Words(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def refused(self, *words, environment=None):
        done = drydock(*words, environment=environment)
        self.assertEqual((done.returncode, done.stdout), (USAGE, ""), done.stderr)
        return done.stderr


class UnknownWords(Words):
    def test_are_told_before_what_is_missing_for_want_of_them(self):
        said = self.refused("fleet", "--devcies", "5")
        self.assertEqual(said, "drydock fleet: unknown option '--devcies': did you mean '--devices'? "
                               "(see drydock fleet --help)\n")
        said = self.refused("fleett", "--devices", "5")
        self.assertEqual(said, "drydock: unknown subcommand 'fleett': did you mean 'fleet'? (see drydock --help)\n")

    def test_are_told_with_the_subcommand_that_does_not_know_them(self):
        for words, told in ((("fleet", "--devices", "5", "--linc=lte-m"), "drydock fleet: unknown option '--linc': "),
                            (("report", "marge", "a", "b"), "drydock report: unknown subcommand 'marge': did you mean"),
                            (("report", "merge", "--moon"), "drydock report merge: unknown option '--moon' (see"),
                            (("--devices", "5", "fleet"), "drydock: unknown option '--devices' (see drydock --help)"),
                            (("doctor", "please"), "drydock doctor: unknown word 'please': leave it out")):
            with self.subTest(words=words):
                self.assertIn(told, self.refused(*words))

    def test_of_which_none_is_near_are_answered_with_the_subcommands_for_people(self):
        said = self.refused("sail")
        self.assertIn("unknown subcommand 'sail': one of run, check, ", said)
        self.assertNotIn("load-worker", said)

    def test_are_not_looked_for_when_a_known_one_is_missing_or_wrong(self):
        self.assertEqual(self.refused("fleet"), "drydock fleet: --devices is required (see drydock fleet --help)\n")
        self.assertIn("A subcommand is required", self.refused())
        for seed in ("x", "-1"):
            self.assertIn("a seed is a whole number from 0 on", self.refused("run", "--seed", seed))


class FleetsAndParts(Words):
    def test_that_cannot_be_as_they_are_told_are_refused(self):
        no_certificate = os.path.join(self.folder, "authority.pem")
        with open(no_certificate, "w") as file:
            file.write("no certificate\n")
        elsewhere = "fleet", "--devices", "9", "--target", "127.0.0.1:1", "--tokens", no_certificate, "--tls", "--ca"
        for words, told in (((*elsewhere, no_certificate), f"--ca {no_certificate}: no certificate"),
                            ((*elsewhere, "nowhere"), "--ca nowhere: cannot read nowhere"),
                            (("fleet", "--devices", "9", "--shard", "1/3", "--shards", "2"), "--shards says 2"),
                            (("fleet", "--devices", "9", "--web-port", "0"), "--web-port requires --web"),
                            (("report", "merge", "", self.folder), "has no name")):
            with self.subTest(words=words):
                self.assertIn(told, self.refused(*words))
        said = self.refused("fleet", "--devices", "9", "--shards", "2", environment={"JOB_COMPLETION_INDEX": "abc"})
        self.assertIn("JOB_COMPLETION_INDEX is no number: 'abc'", said)
        for slurm, told in (({"SLURM_ARRAY_TASK_ID": "x"}, "SLURM_ARRAY_TASK_ID is no number: 'x'"),
                            ({"SLURM_ARRAY_TASK_ID": "1"}, "say of how many, with --shards N"),
                            ({"SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_MIN": "2", "SLURM_ARRAY_TASK_COUNT": "3"},
                             "SLURM_ARRAY_TASK_ID is 1, below SLURM_ARRAY_TASK_MIN, 2"),
                            ({"SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "3"},
                             "SLURM_ARRAY_TASK_ID is 5, and the 3 parts count from 1"),
                            ({"DRYDOCK_SHARDS": "3"}, "say which one this is")):
            with self.subTest(told=told):
                self.assertIn(told, self.refused("fleet", "--devices", "9", environment=slurm))

    def test_name_the_option_that_a_rule_of_load_runs_is_about(self):
        for words, told in ((("--heartbeat", "3601s"), "drydock fleet: --heartbeat 3601s: devices tell their"),
                            (("--ramp", "1000h"), "drydock fleet: --ramp 1000h: the run would last longer than seven"),
                            (("--ramp", "100h", "--for", "100h"), "drydock fleet: --for 100h: the run would last"),
                            (("--ramp", "1us"), "drydock fleet: --devices 9 in --ramp 1us: ")):
            with self.subTest(words=words):
                said = self.refused("fleet", "--devices", "9", *words)
                self.assertIn(told, said)
                self.assertNotIn(".yaml", said)


class Results(Words):
    CANNOT_COMPARE = 2

    def keep(self, name, runs):
        """A result with so many runs of each of three figures, none of which is too small to be measured."""
        with open(os.path.join(SOURCE, "reports", "baseline", "auth-2-cores.json")) as file:
            kept = json.load(file)
        figure = {"server": "drydockd", "tokens": 1000, "measure": "rate", "of_limit": True, "values": [0.9] * runs}
        kept["samples"] = [{"case": case, **figure} for case in ("login", "unknown", "deleted")]
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            json.dump(kept, file)
        return path, len(kept["samples"])

    def test_that_cannot_be_compared_say_why_before_anything_else(self):
        path, figures = self.keep("two.json", 2)
        done = drydock("benchmark", "compare", path, path)
        self.assertEqual(done.returncode, self.CANNOT_COMPARE)
        self.assertEqual(done.stderr, "drydock benchmark compare: nothing can be compared: fewer than three runs in a "
                                      f"file (measure with --runs 3 or more): {figures} figures\n")
        listed = done.stdout.splitlines()[3:]
        self.assertEqual(len(listed), figures)
        for line in listed:
            self.assertTrue(line.startswith("left out, fewer than three runs"), line)

    def test_of_which_some_cannot_be_compared_say_so_first(self):
        path, _ = self.keep("three.json", 3)
        with open(path) as file:
            kept = json.load(file)
        kept["samples"][0]["values"].pop()
        with open(path, "w") as file:
            json.dump(kept, file)
        done = drydock("benchmark", "compare", path, path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.splitlines()[0], "not all could be compared: fewer than three runs in a file "
                                                      "(measure with --runs 3 or more): 1 figure")


unittest.main(argv=sys.argv[:1], verbosity=2)
