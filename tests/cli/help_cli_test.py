"""What every --help of the drydock command holds, and by which name it tells its users to type it."""
import os
import re
import sys
import tempfile
import unittest

DRYDOCK, SOURCE = sys.argv[1:3]
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from command import Command  # noqa: E402

drydock = Command(DRYDOCK, SOURCE)
WRONG = "scenarios/lifecycle", "--only", "delete", "--faulty", "delete-keeps-session"


def subcommands(*words):
    """All subcommands below these words, and theirs: each as its words."""
    listing = drydock(*words, "--help").stdout.split("Subcommands:\n")
    if len(listing) == 1:
        return []
    names = re.findall(r"^  ([a-z]+)  ", listing[1].split("\n\n")[0], re.MULTILINE)
    return [found for name in names for found in ((*words, name), *subcommands(*words, name))]


class Help(unittest.TestCase):
    def test_and_the_version_are_asked_for_in_the_usual_ways(self):
        version = drydock("version")
        self.assertRegex(version.stdout, r"^drydock \d+\.\d+\.\d+\n$")
        for done in (version, drydock("--version")):
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, version.stdout, ""))

    def test_of_every_subcommand_ends_with_its_examples_and_its_exit_codes(self):
        known = subcommands()
        for expected in (("run",), ("check",), ("serve",), ("report", "merge"), ("benchmark", "compare"), ("doctor",)):
            self.assertIn(expected, known)
        for words in [(), *known]:
            with self.subTest(words=words):
                done = drydock(*words, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("Usage: drydock", done.stdout)
                examples, codes = done.stdout.split("\nExamples:\n")[1].split("\nExit codes:\n")
                for example in examples.splitlines():
                    self.assertRegex(example, "^  drydock " if example else "^$")
                # Of this subcommand, not those it inherits.
                self.assertIn("  drydock " + " ".join(words), examples)
                numbers = re.findall(r"^  (\d) [a-z]", codes, re.MULTILINE)
                self.assertEqual(len(numbers), len(codes.splitlines()), codes)
                self.assertEqual(numbers, sorted(set(numbers)))
                self.assertEqual(numbers[0], "0")
                self.assertIn("4", numbers)
                self.assertLess(len(done.stdout.splitlines()), 70)

    def test_of_a_run_tells_every_exit_code_that_it_can_give(self):
        # A fleet selects nothing, so that it cannot find nothing selected.
        for words, wanted in (((), "01234567"), (("run",), "01234567"), (("fleet",), "0123467")):
            codes = drydock(*words, "--help").stdout.split("Exit codes:")[1]
            self.assertEqual(re.findall(r"^  (\d) ", codes, re.MULTILINE), list(wanted), words)


class TheName(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_that_a_script_gives_the_program_is_the_one_to_type(self):
        environment = {"DRYDOCK_PROGRAM": "./run"}
        said = drydock("run", "--help", environment=environment).stdout
        self.assertIn("Usage: ./run run", said)
        self.assertIn("\n  ./run run scenarios/lifecycle\n", said)
        done = drydock("run", *WRONG, "-q", "-o", self.folder, environment=environment)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("again: ./run run scenarios/", done.stdout)
        # Files travel: what they tell is the program's own name.
        for name in ("run.json", "report.html", "junit.xml", "summary.md"):
            with open(os.path.join(self.folder, name)) as file:
                self.assertNotIn("./run", file.read(), name)

    def test_that_is_none_is_not_used(self):
        for name in ("", "a b", "x" * 300, "\x1b[31m"):
            self.assertIn("Usage: drydock run", drydock("run", "--help", environment={"DRYDOCK_PROGRAM": name}).stdout)
        done = drydock("run", *WRONG, "-q", "-o", self.folder)
        self.assertIn("again: drydock run scenarios/", done.stdout)


unittest.main(argv=sys.argv[:1], verbosity=2)
