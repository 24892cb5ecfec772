"""A fleet on a cloud that somebody else runs: whose tokens it plays, and what is found out before anything starts."""
import os
import signal
import socket
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(sys.argv[3], "tests", "support"))
import drydockd  # noqa: E402
from load_cli import (DAEMON, FAILED, INFRASTRUCTURE, INTERRUPTED, PASSED, PATIENT, THRESHOLD,  # noqa: E402
                      LoadCli, count, load_in)

INVALID = bytes((0, 0, 1, 0, 9))  # the answer to a login with message id 1: this token is not valid


class Stranger:
    """Somebody behind a port, who answers whoever speaks with the same bytes, and hangs up or not.

    With `answers`, only the first so many are answered and hung up on: to the others he says nothing."""

    def __init__(self, answer=b"", hangs_up=True, answers=None):
        self.answer, self.hangs_up, self.answers, self.kept = answer, hangs_up, answers, []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.door.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                guest, _ = self.door.accept()
            except OSError:
                return
            self.kept.append(guest)
            if self.answers is not None and len(self.kept) > self.answers:
                continue
            try:
                guest.recv(4096)
                guest.sendall(self.answer)
            except OSError:
                pass  # he left first
            if self.hangs_up:
                guest.close()

    def close(self):
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()
        self.thread.join()
        for guest in self.kept:
            guest.close()


class TargetCli(LoadCli):
    def stranger(self, *arguments, **options):
        stranger = Stranger(*arguments, **options)
        self.addCleanup(stranger.close)
        return stranger.address

    def started(self):
        daemon = drydockd.Daemon(DAEMON, self.folder)
        daemon.start()
        self.addCleanup(daemon.stop)
        return daemon

    def some_tokens(self):
        path = os.path.join(self.folder, "tokens")
        with open(path, "w") as file:
            file.writelines(f"{number:032d}\n" for number in range(5))
        return path


class AFleet(TargetCli):
    def test_on_a_cloud_that_is_not_ours_uses_tokens_minted_there_or_in_a_file(self):
        daemon = self.started()
        target = f"127.0.0.1:{daemon.ports['plain']}"
        arguments = ("--devices", "20", "--ramp", "1s", "--for", "6s", "--target", target, *PATIENT)
        minted = self.fleet(PASSED, *arguments, "--operator", "admin@localhost", "--password-file",
                            daemon.password_file)
        self.assertEqual(count(load_in(self.output), "auth.accepted"), 20)
        api = drydockd.Api(daemon.ports["plain"])
        ids = [one["id"] for one in api.call("GET", "/tokens?limit=100")["content"]]
        secrets = [api.call("GET", f"/tokens/{one}/secret")["auth_token"] for one in ids]
        api.close()
        for secret in secrets:
            self.assertNotIn(secret, minted.stdout + minted.stderr)
        tokens = os.path.join(self.folder, "tokens")
        with open(tokens, "w") as file:
            file.write("\n".join(secrets) + "\n")
        self.fleet(PASSED, *arguments, "--tokens", tokens)
        self.assertEqual(count(load_in(self.output), "auth.accepted"), 20)
        with open(tokens, "w") as file:
            file.writelines(f"{number:032d}\n" for number in range(20))
        self.fleet(FAILED, *arguments, "--tokens", tokens)
        self.assertIn("not one device was let in: are these tokens of this cloud?", load_in(self.output)["sentence"])

    def test_that_is_let_in_by_nobody_ends_with_7(self):
        done = self.fleet(THRESHOLD, "--devices", "5", "--ramp", "1s", "--for", "3s", "--target",
                          self.stranger(INVALID, answers=1), "--tokens", self.some_tokens(), *PATIENT)
        self.assertIn("auth.accepted ge 1: observed 0", done.stdout)


class BeforeAnythingStarts(TargetCli):
    """A fleet at the wrong port is told so, with exit code 6."""

    def at(self, target, *more):
        return self.refused(INFRASTRUCTURE, "--devices", "5", "--target", target, *more)

    def with_tokens(self, target, *more):
        return self.at(target, "--tokens", self.some_tokens(), *more)

    def with_tls(self, target, authority):
        return self.with_tokens(target, "--tls", "--ca", authority)

    def test_somebody_who_speaks_something_else_is_no_target(self):
        said = self.with_tokens(self.stranger(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        self.assertIn("answers the login of a device with HTTP", said)

    def test_ctrl_c_while_it_is_asked_ends_with_2(self):
        process = self.begin("--devices", "5", "--target", self.stranger(hangs_up=False), "--tokens",
                             self.some_tokens())
        self.assertIn("what it speaks", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        out, told = process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED, out + told)

    def test_nobody_is_no_target(self):
        with socket.create_server(("127.0.0.1", 0)) as door:
            address = f"127.0.0.1:{door.getsockname()[1]}"
        self.assertIn(f"nobody answers at {address}", self.with_tokens(address))

    def test_the_port_of_the_other_kind_and_a_stranger_of_a_certificate_are_told_apart(self):
        daemon = self.started()
        plain, secure = (f"127.0.0.1:{daemon.ports[kind]}" for kind in ("plain", "tls"))
        self.assertIn("speaks TLS, and these devices do not", self.with_tokens(secure))
        self.assertIn("speaks plain, and these devices do not", self.with_tls(plain, daemon.ports["ca"]))
        os.mkdir(os.path.join(self.folder, "other"))
        other = drydockd.Daemon(DAEMON, os.path.join(self.folder, "other"))
        other.start()
        self.addCleanup(other.stop)
        self.assertIn("is not to be trusted", self.with_tls(secure, other.ports["ca"]))

    def test_a_maker_who_is_not_let_in_is_told_why_and_mints_nothing(self):
        daemon = self.started()
        target = f"127.0.0.1:{daemon.ports['plain']}"

        def minting(who, target, *more):
            return self.at(target, "--operator", who, "--password-file", daemon.password_file, *more)

        said = minting("nobody@localhost", target)
        self.assertIn("signing in as nobody@localhost", said)
        self.assertIn("e-mail or password are not right (HTTP 401 ", said)
        said = minting("admin@localhost", target, "--api", self.stranger(b"HTTP/1.1 404 Not Found\r\nContent-Length: "
                                                                        b"15\r\n\r\n<html>no</html>"))
        self.assertIn("HTTP 404: is this the address of the cloud's API?", said)
        self.assertNotIn("<html>", said)
        said = minting("admin@localhost", target, "--api", self.stranger(b"HTTP/1.1 201 Created\r\nContent-Length: 2"
                                                                        b"\r\n\r\n{}"))
        self.assertIn("is this the address of the cloud's API?", said)
        # The devices' port is looked at first: nothing was minted for a fleet that cannot play.
        self.assertIn("hangs up", minting("admin@localhost", self.stranger(), "--api", target))
        api = drydockd.Api(daemon.ports["plain"])
        self.assertEqual(api.call("GET", "/tokens?limit=1")["content"], [])
        api.close()


unittest.main(argv=sys.argv[:1], verbosity=2)
