"""The peer server as a process of a test's own, and its control door."""
import json
import os
import resource
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DESCRIPTORS = 19_000
TOKEN_LENGTH = 32
ASIDE_SHOWN = 3  # of each case that is known not to hold yet


def raise_descriptor_limit():
    """For this process and those it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, DESCRIPTORS), hard))


def token_for(name):
    """A token that can be read: the name, filled up to the length every token has."""
    if len(name) >= TOKEN_LENGTH:
        raise ValueError(f"a name for a token has at most {TOKEN_LENGTH - 1} characters: {name}")
    return name + "_" + "x" * (TOKEN_LENGTH - 1 - len(name))


class Peer:
    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "peer_server.py")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the peer server did not open its doors")
        self.ports = json.loads(line)
        self.socket = socket.create_connection(("127.0.0.1", self.ports["control"]), timeout=60)
        self.lines = self.socket.makefile("rw", encoding="utf-8")
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def do(self, verb, **what):
        self.lines.write(json.dumps({"do": verb, **what}) + "\n")
        self.lines.flush()
        line = self.lines.readline()
        if not line:
            raise RuntimeError("the peer server ended")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{verb}: {answer['error']}")
        return answer

    def device(self, token):
        return self.do("devices", tokens=[token])["devices"][0]


class Findings:
    """What a test holds to be wrong; each is printed and none ends the test early."""

    def __init__(self):
        self.wrong = []
        self.held = 0
        self.tolerated = {}

    def of(self, is_tolerated, name):
        """Where the findings of one case go: here, or aside when it is known not to hold yet."""
        if not is_tolerated:
            return self
        return self.tolerated.setdefault(name, Aside())

    def expect(self, is_so, what):
        if is_so:
            self.held += 1
        else:
            self.wrong.append(what)
            print("WRONG:", what, flush=True)

    def between(self, low, value, high, what):
        self.expect(value is not None and low <= value <= high, f"{what}: {value}, expected {low} to {high}")

    def end(self):
        for name, aside in sorted(self.tolerated.items()):
            for what in aside.wrong[:ASIDE_SHOWN]:
                print("not yet:", what)
            if len(aside.wrong) > ASIDE_SHOWN:
                print(f"not yet: and {len(aside.wrong) - ASIDE_SHOWN} more of {name}")
            if not aside.wrong:
                print(f"holds now: {name}: take it off the list of what does not hold yet")
        print(f"{self.held} facts hold, {len(self.wrong)} do not")
        print("all passed" if not self.wrong and self.held else "FAILED")
        sys.exit(0 if not self.wrong and self.held else 1)


class Aside(Findings):
    """Collects quietly."""

    def expect(self, is_so, what):
        if is_so:
            self.held += 1
        else:
            self.wrong.append(what)
