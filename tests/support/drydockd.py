"""A drydockd of a test's own, and its JSON API, for tests written in Python."""
import http.client
import json
import os
import signal
import subprocess
import time

SETUP_PASSWORD = "a setup password for tests"


class Refused(Exception):
    """The server answered with an error; `status` and `code` say which."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body[:200]!r}")
        self.status = status
        try:
            self.code = json.loads(body)["error"]["code"]
        except (ValueError, KeyError, TypeError):
            self.code = ""


class Api:
    """One signed-in person. Not for several threads at once. Raises Refused, or OSError when the server is gone."""

    def __init__(self, port, email="admin@localhost", password=SETUP_PASSWORD):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.session = None
        self.last_call = time.monotonic()
        answer = self.call("POST", "/sessions", {"email": email, "password": password, "deliver": "bearer"})
        self.session = answer["session"]

    def close(self):
        self.connection.close()

    def call(self, method, path, body=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.session:
            headers["Authorization"] = "Bearer " + self.session
        if time.monotonic() - self.last_call > 5:
            self.connection.close()  # a connection idle for long may be gone already
        self.last_call = time.monotonic()
        try:
            self.connection.request(method, "/api/v1" + path, None if body is None else json.dumps(body), headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (http.client.HTTPException, OSError) as lost:
            self.connection.close()
            raise OSError(f"connection lost: {lost}") from lost
        if answer.status >= 400:
            raise Refused(answer.status, text)
        return json.loads(text) if text else None


class Daemon:
    """The process. start() may be called again after kill() or stop(): the data stays."""

    def __init__(self, program, folder, *options):
        self.program, self.folder, self.options = program, folder, options
        self.password_file = os.path.join(folder, "password")
        self.ports_file = os.path.join(folder, "ports.json")
        self.log = os.path.join(folder, "drydockd.log")
        self.listen = self.listen_tls = "127.0.0.1:0"
        self.process = None
        self.ports = None
        with open(self.password_file, "w") as file:
            file.write(SETUP_PASSWORD + "\n")

    def spawn(self):
        """Starts the process without waiting for its doors."""
        if os.path.exists(self.ports_file):
            os.remove(self.ports_file)
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [self.program, "--data", os.path.join(self.folder, "data"), "--listen", self.listen,
                 "--listen-tls", self.listen_tls, "--setup-password-file", self.password_file,
                 "--ports-file", self.ports_file, "--end-with-parent", *self.options], stderr=log)

    def wait_until_open(self, seconds=30):
        end = time.monotonic() + seconds
        while not os.path.exists(self.ports_file):
            if self.process.poll() is not None or time.monotonic() > end:
                with open(self.log) as log:
                    raise RuntimeError("the server did not open its doors:\n" + log.read()[-2000:])
            time.sleep(0.005)
        with open(self.ports_file) as file:
            self.ports = json.load(file)

    def start(self):
        self.spawn()
        self.wait_until_open()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """A clean end; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)
