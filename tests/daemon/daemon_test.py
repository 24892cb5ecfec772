"""drydockd as a process: what it refuses to start on, what its first start leaves, how it ends, what it
does when there are no descriptors left."""
import http.client
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from drydockd import Api, Daemon  # noqa: E402

INFRASTRUCTURE = 6
LOGGED_IN = 200
PROGRAM = ""


def log_in(port, auth):
    """A device that stays connected; gives its socket and the status it heard."""
    device = socket.create_connection(("127.0.0.1", port), timeout=10)
    body = auth.encode()
    device.sendall(struct.pack(">BHH", 29, 1, len(body)) + body)
    answer = b""
    while len(answer) < 5:
        more = device.recv(5 - len(answer))
        if not more:
            return device, None
        answer += more
    return device, struct.unpack(">BHH", answer)[2]


def new_token(port):
    """The AuthToken of a token that root mints."""
    root = Api(port)
    auth = minted_by(root)
    root.close()
    return auth


def minted_by(root):
    """A template, a token, and its AuthToken."""
    template = root.call("POST", "/templates", {"name": "box"})["id"]
    token = root.call("POST", "/tokens", {"template": template, "count": 1})["tokens"][0]
    return root.call("GET", f"/tokens/{token}/secret")["auth_token"]


class DaemonTest(unittest.TestCase):
    def setUp(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.folder = home.name
        self.data = os.path.join(self.folder, "data")
        self.server = Daemon(PROGRAM, self.folder)
        self.addCleanup(self.end)

    def end(self):
        if self.server.process is not None and self.server.process.poll() is None:
            self.server.kill()

    def refused(self, words=()):
        """The server ends by itself; gives what it said."""
        self.server.spawn()
        self.assertEqual(self.server.process.wait(20), INFRASTRUCTURE)
        with open(self.server.log) as log:
            said = log.read()
        for word in words:
            self.assertIn(word, said)
        return said


class TheStoreAndItsKey(DaemonTest):
    def test_another_key_is_refused_and_the_own_one_serves_again(self):
        key = os.path.join(self.data, "vault.key")
        self.server.start()
        auth = new_token(self.server.ports["plain"])
        self.assertEqual(self.server.stop(), 0)
        os.rename(key, key + ".own")
        with open(key, "w") as file:
            file.write("5a" * 32 + "\n")
        self.refused(["does not belong to the store", "Put back"])
        os.rename(key + ".own", key)
        self.server.start()
        device, status = log_in(self.server.ports["plain"], auth)
        device.close()
        self.assertEqual(status, LOGGED_IN)

    def test_a_lost_key_is_not_made_anew(self):
        key = os.path.join(self.data, "vault.key")
        self.server.start()
        self.server.stop()
        os.remove(key)
        self.refused([key, "missing", "backup"])
        self.assertFalse(os.path.exists(key))


class OneFolder(DaemonTest):
    def test_has_one_server_at_a_time_and_is_free_again_after_a_kill(self):
        self.server.start()
        first = self.server
        self.server = Daemon(PROGRAM, self.folder)
        try:
            self.refused([self.data, "in use by another drydockd", "--data"])
            new_token(first.ports["plain"])
        finally:
            first.kill()
        self.server.start()


class TheFirstStart(DaemonTest):
    def test_a_port_in_use_leaves_nothing_behind(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            at = f"127.0.0.1:{other.getsockname()[1]}"
            for option, field in (("--listen", "listen"), ("--listen-tls", "listen_tls")):
                setattr(self.server, field, at)
                self.refused([f"cannot listen on {at}", f"with {option};", "port 0"])
                setattr(self.server, field, "127.0.0.1:0")
                self.assertFalse(os.path.exists(self.data))

    def test_keys_are_private_and_nothing_half_is_left(self):
        self.server.start()
        for name in ("vault.key", "pki/server.key"):
            mode = stat.S_IMODE(os.stat(os.path.join(self.data, name)).st_mode)
            self.assertEqual(mode, 0o600, name)
        names = [name for _, _, files in os.walk(self.data) for name in files]
        self.assertEqual([name for name in names if name.endswith(".part")], [])

    def drawn(self):
        """A start without a password file; gives what it printed."""
        command = [PROGRAM, "--data", self.data, "--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0",
                   "--ports-file", self.server.ports_file, "--end-with-parent"]
        with open(self.server.log, "a") as log:
            self.server.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.server.wait_until_open()
        self.server.process.send_signal(signal.SIGTERM)
        printed, _ = self.server.process.communicate(timeout=20)
        os.remove(self.server.ports_file)
        return printed

    def test_a_drawn_password_is_shown_once(self):
        printed = self.drawn()
        password = printed.split()[-1]
        self.assertIn("admin@localhost", printed)
        self.assertFalse(os.path.exists(os.path.join(self.data, "setup-password")))
        self.assertEqual(self.drawn(), "")
        self.server.start()
        Api(self.server.ports["plain"], password=password).close()

    def test_a_drawn_password_that_was_not_shown_yet_is_shown_by_the_next_start(self):
        os.mkdir(self.data)
        with open(os.path.join(self.data, "setup-password"), "w") as file:
            file.write("drawn before the crash\n")
        self.assertIn("drawn before the crash", self.drawn())
        self.assertEqual(self.drawn(), "")


class TheEnd(DaemonTest):
    def test_requests_under_way_are_answered_devices_are_closed_and_the_code_is_zero(self):
        self.server.start()
        port = self.server.ports["plain"]
        device, status = log_in(port, new_token(port))
        self.assertEqual(status, LOGGED_IN)
        idle = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        idle.request("GET", "/api/v1/health")
        self.assertEqual(idle.getresponse().read(), b'{"status":"ok"}')
        late = socket.create_connection(("127.0.0.1", port), timeout=10)
        late.sendall(b"POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{")
        # An answer on a later connection: the server has read what came before it.
        idle.request("GET", "/api/v1/health")
        idle.getresponse().read()
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(device.recv(1), b"")
        late.sendall(b"}")
        answer = late.recv(4096)
        self.assertIn(b"503", answer.split(b"\r\n")[0])
        self.assertIn(b"connection: close", answer.lower())
        late.close()
        self.assertEqual(self.server.process.wait(10), 0)
        self.assertEqual(idle.sock.recv(1), b"")
        idle.close()
        device.close()

    def test_a_request_that_never_ends_does_not_hold_the_end_up_for_ever(self):
        self.server.start()
        with socket.create_connection(("127.0.0.1", self.server.ports["plain"]), timeout=10) as slow:
            slow.sendall(b"GET /api/v1/health HTTP/1.1\r\n")
            time.sleep(0.2)
            self.server.process.send_signal(signal.SIGTERM)
            self.assertEqual(self.server.process.wait(15), 0)

    def test_a_second_signal_does_not_wait(self):
        self.server.start()
        with socket.create_connection(("127.0.0.1", self.server.ports["plain"]), timeout=10) as slow:
            slow.sendall(b"GET /api/v1/health HTTP/1.1\r\n")
            time.sleep(0.2)
            self.server.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            self.server.process.send_signal(signal.SIGINT)
            self.assertEqual(self.server.process.wait(3), 0)


class Figures(DaemonTest):
    def test_the_process_shows_its_own_figures(self):
        self.server.start()
        port = self.server.ports["plain"]
        device, _ = log_in(port, new_token(port))
        page = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        page.request("GET", "/metrics")
        answer = page.getresponse()
        text = answer.read().decode()
        self.assertEqual(answer.getheader("Content-Type"),
                         "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.assertTrue(text.endswith("# EOF\n"))
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        self.assertEqual(values["drydock_devices_online"], "1")
        self.assertEqual(values['drydock_logins_total{outcome="accepted"}'], "1")
        for name in ("process_resident_memory_bytes", "drydock_heap_bytes", "process_cpu_seconds_total"):
            self.assertGreater(float(values[name]), 0, name)
        device.close()
        page.close()


class Doors(DaemonTest):
    def sockets(self):
        folder = f"/proc/{self.server.process.pid}/fd"
        return sum(os.readlink(os.path.join(folder, one)).startswith("socket:") for one in os.listdir(folder))

    def test_who_says_nothing_is_not_let_in_before_who_came_after_him(self):
        self.server.start()
        port = self.server.ports["plain"]
        root = Api(port)
        auth = minted_by(root)
        before = self.sockets()
        silent = socket.create_connection(("127.0.0.1", port), timeout=10)
        device, status = log_in(port, auth)
        self.assertEqual((status, self.sockets() - before), (LOGGED_IN, 1))
        for one in (silent, device, root):
            one.close()


class NoDescriptorsLeft(DaemonTest):
    DESCRIPTORS = 96

    def cpu_seconds(self):
        with open(f"/proc/{self.server.process.pid}/stat") as file:
            words = file.read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def test_newcomers_are_turned_away_and_those_inside_are_served(self):
        self.server.program = self.limited_program()
        self.server.start()
        port = self.server.ports["plain"]
        root = Api(port)
        template = root.call("POST", "/templates", {"name": "box"})["id"]
        crowd = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(self.DESCRIPTORS + 20)]
        for one in crowd:
            one.sendall(b"G")  # who says nothing is not let in yet
        with self.assertRaises(ConnectionResetError):  # turned away at once, not kept waiting
            crowd[-1].recv(1)
        before = self.cpu_seconds()
        for number in range(5):
            time.sleep(0.2)
            root.call("POST", "/tokens", {"template": template, "count": 1})
            self.assertEqual(len(root.call("GET", "/tokens")["content"]), number + 1)
        # An accept that spins would take all of the second.
        self.assertLess(self.cpu_seconds() - before, 0.5)
        for one in crowd:
            one.close()
        device, status = log_in(port, self.token_of(root))
        device.close()
        root.close()
        self.assertEqual(status, LOGGED_IN)

    def token_of(self, root):
        first = root.call("GET", "/tokens")["content"][0]["id"]
        return root.call("GET", f"/tokens/{first}/secret")["auth_token"]

    def limited_program(self):
        """drydockd behind a limit of its own."""
        path = os.path.join(self.folder, "limited")
        with open(path, "w") as file:
            file.write(f'#!/bin/sh\nulimit -n {self.DESCRIPTORS}\nexec "{PROGRAM}" "$@"\n')
        os.chmod(path, 0o700)
        return path


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
