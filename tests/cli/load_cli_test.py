"""Load runs through the real binary: exit codes, errors before anything starts, shards and their merging."""
import json
import os
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(sys.argv[3], "tests", "support"))
from load_cli import (DAEMON, DRYDOCK, ENVIRONMENT, FAILED, INFRASTRUCTURE, INTERRUPTED, PASSED,  # noqa: E402
                      PATIENT, REPORTS, SOURCE, THRESHOLD, USAGE, LoadCli, count, drydock, load_in)


class AFleet(LoadCli):
    MISSED = ("--devices", "50", "--ramp", "5s", "--for", "5s", "--virtual", "--p99", "1ms")

    def test_on_sockets_logs_in_whole_and_leaves_its_reports(self):
        done = self.fleet(PASSED, "--devices", "200", "--ramp", "2s", "--for", "6s", "--ping-every", "1s",
                          "--workers", "2", *PATIENT)
        load = load_in(self.output)
        self.assertEqual(load["verdict"], "PASS", load["sentence"])
        self.assertEqual((load["devices"], load["workers"]), (200, 2))
        self.assertEqual(count(load, "auth.accepted"), 200)
        self.assertEqual(load["ticks"][-1]["online"], 200)
        self.assertGreater(count(load, "messages.sent"), 100)
        self.assertEqual(sorted(os.listdir(self.output)), REPORTS)
        self.assertIn("online 200/200", done.stderr)
        self.assertNotIn("\x1b", done.stderr)
        with open(os.path.join(self.output, "run.json")) as file:
            self.assertIn("server.rss", file.read())
        checked = drydock("check", os.path.join(self.output, "fleet.scenario.yaml"))
        self.assertEqual(checked.returncode, PASSED, checked.stderr)

    def test_over_tls_logs_in_whole(self):
        self.fleet(PASSED, "--devices", "50", "--ramp", "1s", "--for", "6s", "--tls", "-q", *PATIENT)
        load = load_in(self.output)
        self.assertEqual(count(load, "auth.accepted"), 50)

    def test_that_misses_a_threshold_ends_with_7(self):
        done = self.fleet(THRESHOLD, *self.MISSED)
        self.assertIn("auth.latency p99 le 1ms: observed", done.stdout)

    def test_is_not_told_to_be_run_again_into_the_folder_of_its_report(self):
        again = f"    again: drydock fleet {' '.join(self.MISSED)}\n"
        for words in (("-o", self.output), ("--output", self.output), ("--output=" + self.output,),
                      ("-o" + self.output,)):
            with self.subTest(words=words):
                done = drydock("fleet", *words, *self.MISSED)
                self.assertEqual(done.returncode, THRESHOLD, done.stderr)
                self.assertIn(again, done.stdout)
        daemon = os.path.join(self.folder, "a b$c")
        os.symlink(os.path.abspath(DAEMON), daemon)
        wish = ("--devices", "5", "--ramp", "1s", "--for", "1s", "--p99", "1us", *PATIENT)
        done = drydock("fleet", *wish, "--daemon", daemon, "-qo", self.output)
        self.assertIn(f"    again: drydock fleet {' '.join(wish)} --daemon '{daemon}' -q\n", done.stdout)
        with open(os.path.join(self.output, "run.json")) as file:
            self.assertIn(f"-qo {self.output}", json.load(file)["command"])

    def test_whose_report_cannot_be_written_does_not_begin(self):
        with open(os.path.join(self.folder, "file"), "w"):
            pass
        for folder in ("file", "file/report"):
            self.output = os.path.join(self.folder, folder)
            done = drydock("fleet", *self.MISSED, "-o", self.output)
            self.assertEqual((done.returncode, done.stdout), (USAGE, ""), done.stderr)
            self.assertIn("the report cannot be written to " + self.output, done.stderr)

    def test_that_is_interrupted_ends_with_2_and_tells_what_it_saw(self):
        for how in (lambda process: os.killpg(process.pid, signal.SIGINT), lambda process: process.terminate(),
                    lambda process: os.killpg(process.pid, signal.SIGHUP)):
            with self.subTest():
                self.interrupt(how)

    def test_goes_on_without_its_terminal_under_nohup(self):
        process = self.begin("--devices", "5", "--ramp", "1s", "--for", "4s", hang_up=signal.SIG_IGN)
        while "online 5/5" not in process.stderr.readline():
            self.assertIsNone(process.poll())
        os.killpg(process.pid, signal.SIGHUP)
        process.communicate(timeout=60)
        self.assertEqual((process.returncode, load_in(self.output)["verdict"]), (PASSED, "PASS"))

    def test_ends_with_its_report_though_nobody_listens_any_more(self):
        for more in ((), ("--virtual",)):
            with self.subTest(more=more):
                process = self.begin("--devices", "5", "--ramp", "1s", "--for", "3s", *more)
                process.stdout.close()
                process.stderr.close()
                self.assertEqual(process.wait(60), PASSED)
                self.assertEqual(load_in(self.output)["verdict"], "PASS")
                shutil.rmtree(self.output)

    def test_over_nb_iot_passes_as_help_says(self):
        self.fleet(PASSED, "--devices", "500", "--link", "nb-iot", "--virtual", "--for", "10m")
        done = self.fleet(PASSED, "--devices", "50", "--link", "nb-iot", "--virtual", "--for", "20s")
        self.assertIn("take up to 30 s to attach (p95): with --for 20s some are not online", done.stderr)

    def test_that_is_interrupted_while_its_server_starts_ends_with_2(self):
        process = self.begin("--devices", "5000", "--for", "1h")
        self.assertIn("filling a store with 5000 tokens", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        out, told = process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED, out + told)
        self.assertIn("interrupted before it began", load_in(self.output)["sentence"])

    def kill_a_child(self, program):
        """Of a fleet of 20 that is online; gives the fleet's process, the child's number and what the fleet says."""
        process = self.begin("--devices", "20", "--ramp", "1s", "--for", "1h", "--workers", "1")
        while "online 20/20" not in process.stderr.readline():
            self.assertIsNone(process.poll())
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
            children = file.read().split()
        those = [child for child in children if os.readlink(f"/proc/{child}/exe") == os.path.realpath(program)]
        self.assertEqual(len(those), 1)
        os.kill(int(those[0]), signal.SIGKILL)
        return process, those[0], process.communicate(timeout=60)

    def test_whose_worker_dies_ends_with_6_and_tells_which_and_how(self):
        process, worker, (out, told) = self.kill_a_child(DRYDOCK)
        self.assertEqual(process.returncode, INFRASTRUCTURE, out + told)
        self.assertIn(f"load worker 1 of 1 (process {worker}) ended before its work was done: signal 9 (Killed)", told)

    def test_whose_server_dies_ends_with_1_and_tells_how(self):
        process, _, (out, _) = self.kill_a_child(DAEMON)
        self.assertEqual(process.returncode, FAILED, out)
        self.assertIn("the server under test ended by itself after", out)
        self.assertIn("signal 9", out)
        load = load_in(self.output)
        self.assertEqual((load["verdict"], load["ended_early"]), ("FAIL", "server_ended"))
        self.assertEqual(count(load, "auth.accepted"), 20)

    def interrupt(self, how):
        process = self.begin("--devices", "50", "--ramp", "1s", "--for", "1h")
        while "online 50/50" not in process.stderr.readline():
            self.assertIsNone(process.poll())
        how(process)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED)
        load = load_in(self.output)
        self.assertEqual(count(load, "auth.accepted"), 50)
        self.assertEqual(load["ticks"][-1]["online"], 50)
        self.assertIn("interrupted", load["sentence"])


class ALoadScenario(LoadCli):
    def test_of_the_manual_passes_in_virtual_time(self):
        with open(os.path.join(SOURCE, "scenarios", "README.md")) as page:
            example = page.read().split("```yaml\n")[1].split("```")[0]
        path = os.path.join(self.folder, "mine.scenario.yaml")
        with open(path, "w") as file:
            file.write(example)
        done = drydock("run", path, "--bench", "virtual", "-q", "-o", self.output)
        self.assertEqual(done.returncode, PASSED, done.stdout + done.stderr)

    SCENARIO = """drydock: 1
id: test.load
title: Fifty devices
kind: load
population: {fleet: {count: 50, link: ethernet}}
phases:
  - {name: arrive, for: 5s, arrive: {from: 10/s}}
  - {name: hold, for: 30s}
events:
  - {at: hold+1s, do: fault.on, with: {target: server.store}, for: 20s}
  - {at: hold+2s, do: fault.on, with: {target: fleet.power, share: 50%}, for: 2s}
thresholds:
  - {metric: auth.refused_wrongly, le: 0}
"""

    def run_scenario(self, code, *arguments):
        path = os.path.join(self.folder, "test.scenario.yaml")
        with open(path, "w") as file:
            file.write(self.SCENARIO)
        done = drydock("run", path, "-o", self.output, *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return load_in(self.output)

    def test_passes_in_virtual_time(self):
        load = self.run_scenario(PASSED)
        self.assertEqual([event["outcome"] for event in load["events"]], ["", ""])
        self.assertEqual(load["machine"], "virtual time")
        for name in ("server_cpu", "server_rss_mib", "generator_cpu"):
            self.assertFalse([tick for tick in load["ticks"] if name in tick], name + " cannot be measured there")

    def test_ends_with_1_when_the_cloud_answers_wrongly(self):
        load = self.run_scenario(FAILED, "--faulty", "invalid-token-while-down")
        self.assertEqual(load["verdict"], "FAIL")
        self.assertGreater(count(load, "auth.refused_wrongly"), 0)


class WhatIsWrong(LoadCli):
    def test_on_the_command_line_ends_with_4_and_says_what_to_write(self):
        for words, named in (((), "--devices"), (("--devices", "0"), "--devices"),
                             (("--devices", "9", "--link", "moon"), "ethernet"),
                             (("--devices", "9", "--for", "banana"), "30s, 5m"),
                             (("--devices", "9", "--target", "nowhere", "--tokens", "x"), "HOST:PORT"),
                             (("--devices", "9", "--target", "127.0.0.1:1"), "--tokens FILE"),
                             (("--devices", "9", "--tokens", "x"), "--target"),
                             (("--devices", "9", "--target", "127.0.0.1:1", "--virtual", "--tokens", "x"), "--virtual"),
                             (("--devices", "9", "--virtual", "--daemon", "drydockd"), "--virtual"),
                             (("--devices", "9", "--virtual", "--workers", "2"), "--virtual"),
                             (("--devices", "9", "--virtual", "--begin", "@1"), "--virtual"),
                             (("--devices", "9", "--target", "127.0.0.1:1", "--tokens", "x", "--operator", "y"),
                              "--tokens FILE"),
                             (("--devices", "9", "--target", "127.0.0.1:1", "--tokens", "x", "--api", "localhost:1"),
                              "--api"),
                             (("--devices", "9", "--target", "127.0.0.1:1", "--tokens", "x", "--ca", "y"), "--tls"),
                             (("--devices", "9", "--target", "127.0.0.1:99999", "--tokens", "x"), "65535"),
                             (("--devices", "9", "--ca", "x"), "--target"),
                             (("--devices", "9", "--password-file", "x"), "--target"),
                             (("--devices", "9", "--target", "127.0.0.1:1", "--tokens", "x", "--daemon", "drydockd"),
                              "--daemon"),
                             (("--devices", "9", "--shard", "0/3"), "counted from 1"),
                             (("--devices", "9", "--shards", "3"), "--shard"),
                             (("--devices", "1", "--shard", "2/2"), "no device"),
                             (("--devices", "9", "--begin", "soon"), "@ and seconds")):
            with self.subTest(words=words):
                self.assertIn(named, self.refused(USAGE, *words))

    def test_around_it_ends_with_6_before_anything_starts(self):
        tokens = os.path.join(self.folder, "tokens")
        with open(tokens, "w") as file:
            file.write("a" * 32 + "\n")
        said = self.refused(INFRASTRUCTURE, "--devices", "1", "--target", "127.0.0.1:1", "--tokens", tokens)
        self.assertIn("nobody answers at 127.0.0.1:1", said)
        with open(tokens, "a") as file:
            file.write("b" * 32 + "\n" + "a" * 32 + "\n")
        said = self.refused(USAGE, "--devices", "3", "--target", "127.0.0.1:1", "--tokens", tokens)
        self.assertIn(f"{tokens}:3: this AuthToken stands in line 1 already", said)
        said = self.refused(INFRASTRUCTURE, "--devices", "500", files=300)
        self.assertIn("500 devices need 700 open files", said)
        doctor = drydock("doctor").stdout
        self.assertIn("(a fleet of n devices needs n + 200)", doctor)
        self.assertRegex(doctor, r"cores: \d+ \(a fleet and the server it measures want 2\)")
        self.assertRegex(doctor, r"sleeps of 1 ms end late by \d+ us "
                                 r"\(p99; a load run lets its generator be late by 1000 us")
        said = self.refused(USAGE, "--devices", "1", "--target", "127.0.0.1:1", "--tokens", self.folder)
        self.assertIn(f"--tokens takes a file with an AuthToken a line, and {self.folder} is a folder", said)
        said = self.refused(INFRASTRUCTURE, "--devices", "5", "--daemon", os.path.join(self.folder, "no-daemon"))
        self.assertIn("no-daemon", said)

    def test_in_the_environment_of_a_shard_ends_with_4(self):
        self.assertIn("--shards", self.refused(USAGE, "--devices", "9", environment={"JOB_COMPLETION_INDEX": "1"}))
        self.assertIn("--shards", self.refused(USAGE, "--devices", "9", environment={"SLURM_ARRAY_TASK_ID": "1"}))
        self.assertIn("no shard 3 of 3", self.refused(
            USAGE, "--devices", "9", environment={"JOB_COMPLETION_INDEX": "3", "DRYDOCK_SHARDS": "3"}))


class Shards(LoadCli):
    FLEET = ("--devices", "100", "--ramp", "5s", "--for", "15s", "--virtual", "-q")

    def part(self, name):
        return os.path.join(self.folder, name)

    def merged(self, code, *parts):
        done = drydock("report", "merge", self.output, *parts)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_of_gnu_parallel_merge_to_the_whole_run(self):
        if shutil.which("parallel") is None:
            self.skipTest("GNU parallel is not installed")
        command = [DRYDOCK, "fleet", *self.FLEET, "--shard", "{}/3", "-o", self.part("{}")]
        done = subprocess.run(["parallel", "--will-cite", *command, ":::", "1", "2", "3"], cwd=SOURCE,
                              env={**ENVIRONMENT, "HOME": self.folder}, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, PASSED, done.stdout + done.stderr)
        self.merged(PASSED, self.part("1"), self.part("2"), self.part("3"))
        load = load_in(self.output)
        self.assertEqual(load["shards"], [{"index": i, "of": 3} for i in range(3)])
        self.assertEqual((load["devices"], load["workers"]), (100, 3))
        self.assertEqual(count(load, "auth.accepted"), 100)
        self.assertEqual(load["ticks"][-1]["online"], 100)
        self.assertEqual(sorted(os.listdir(self.output)), REPORTS[1:])

    def test_are_not_written_over_by_the_whole(self):
        for number in ("1", "2"):
            done = drydock("fleet", *self.FLEET, "--shard", f"{number}/2", "-o", self.part(number))
            self.assertEqual(done.returncode, PASSED, done.stderr)
            self.assertIn(f"\npart {number} of 2: put the parts together with 'drydock report merge'\n", done.stdout)
        before = load_in(self.part("1"))
        for parts in (("2",), ("1", "2")):
            done = drydock("report", "merge", self.part("1"), *map(self.part, parts))
            self.assertEqual(done.returncode, USAGE, done.stdout)
            self.assertIn("holds part 1 of 2", done.stderr)
            self.assertEqual(load_in(self.part("1")), before)
        self.merged(PASSED, self.part("1"), self.part("2"))
        self.merged(PASSED, self.part("1"), self.part("2"))  # again, over what was merged before

    def test_do_not_write_over_another_run(self):
        for number in ("1", "2"):
            done = drydock("fleet", *self.FLEET, "--shard", f"{number}/2", "-o", self.part(number))
            self.assertEqual(done.returncode, PASSED, done.stderr)
        record = os.path.join(self.output, "run.json")

        def refused(why):
            with open(record) as file:
                before = file.read()
            self.assertIn(why, self.merged(USAGE, self.part("1"), self.part("2")).stderr)
            with open(record) as file:
                self.assertEqual(file.read(), before)

        done = drydock("fleet", *self.FLEET, "-o", self.output)
        self.assertEqual(done.returncode, PASSED, done.stderr)
        refused("holds the report of another run")
        with open(record, "w") as file:
            file.write("{")
        refused("holds a run.json that cannot be read")
        os.remove(record)
        self.merged(INFRASTRUCTURE, self.part("1"))
        self.merged(PASSED, self.part("1"), self.part("2"))  # over a whole that was not complete
        with open(record) as file:
            text = file.read()
        with open(record, "w") as file:
            file.write(text.replace('"seed":1', '"seed":2').replace('"seed": 1', '"seed": 2'))
        refused("holds the report of another run")

    def test_of_a_kubernetes_job_and_of_a_slurm_array_know_their_part(self):
        for number, environment in enumerate((
                {"JOB_COMPLETION_INDEX": "2", "DRYDOCK_SHARDS": "4"},
                {"JOB_COMPLETION_INDEX": "2", "JOB_COMPLETION_COUNT": "4"},
                {"SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "0"},
                {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "1"})):
            with self.subTest(environment=environment):
                part = self.part(str(number))
                self.fleet(PASSED, *self.FLEET, environment=environment, output=part)
                self.assertEqual(load_in(part)["shards"], [{"index": 2, "of": 4}])

    def test_that_are_missing_or_there_twice_are_noticed(self):
        for number in ("1", "2"):
            self.fleet(PASSED, *self.FLEET, "--shard", number + "/3", output=self.part(number))
        said = self.merged(INFRASTRUCTURE, self.part("1"), self.part("2")).stdout
        self.assertIn("only 2 of 3 parts are there; missing: part 3", said)
        self.assertNotIn("again:", said)
        self.assertIn("there twice", self.merged(USAGE, self.part("1"), self.part("1")).stderr)
        self.assertIn("cannot read", self.merged(USAGE, self.part("1"), self.part("none")).stderr)
        with open(os.path.join(self.part("2"), "run.json"), "a") as file:
            file.write("x")
        self.assertIn("run.json: ", self.merged(USAGE, self.part("1"), self.part("2")).stderr)


unittest.main(argv=sys.argv[:1], verbosity=2)
