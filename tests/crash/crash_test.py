"""kill -9 of drydockd at random instants, under claims, renames, releases, disclaims and deletes.

What was answered is never lost: who holds a device, how often that changed (its epoch), its name, and that it was
deleted. An unanswered call happened whole or not at all, no live token ever hears status 9, and no deleted one is ever
let in. The instants come from the seed and the machine's own timing.
"""
import argparse
import collections
import os
import random
import socket
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from drydockd import Api, Daemon, Refused  # noqa: E402

WORKERS = 4
TOKENS_PER_WORKER = 60
PASSWORD = "a long password"
INVALID_TOKEN = 9
LOGGED_IN = 200


# What was answered of a token: unclaimed, claimed or deleted; its epoch; the device's name while it is claimed.
Known = collections.namedtuple("Known", "state epoch name")


class Token:
    """What the test knows of a token. `pending` is what holds when a call that was not answered yet happened."""

    def __init__(self, number, auth, qr, printed, device_name):
        self.id, self.auth, self.qr, self.printed, self.device_name = number, auth, qr, printed, device_name
        self.known = Known("unclaimed", 0, None)
        self.pending = None
        self.delete_was_sent = False
        self.is_known_deleted = False

    def after(self, verb, name):
        """What is known once the verb is answered."""
        if verb == "claim":
            return Known("claimed", self.known.epoch + 1, self.device_name)
        if verb == "rename":
            return self.known._replace(name=name)
        return Known("deleted" if verb == "delete" else "unclaimed", self.known.epoch + 1, None)


class Findings:
    def __init__(self):
        self.lock = threading.Lock()
        self.wrong = []
        self.counts = {}

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def report(self, what):
        with self.lock:
            self.wrong.append(what)


class Worker(threading.Thread):
    """Owns a share of the tokens: only it changes them, so what must hold is known exactly."""

    def __init__(self, number, tokens, home, seed, shared):
        super().__init__(daemon=True)
        self.number, self.tokens, self.home, self.shared = number, tokens, home, shared
        self.random = random.Random(f"{seed}/worker/{number}")

    def run(self):
        try:
            self.live()
        except Exception as failure:  # noqa: BLE001 a worker that ends early proves nothing
            self.shared.findings.report(f"worker {self.number} ended: {failure!r}")

    def live(self):
        while not self.shared.is_over.is_set():
            port = self.shared.port_of_a_new_life(self)
            if port is None:
                continue
            try:
                maker = Api(port, "maker@example.org", PASSWORD)
                customer = Api(port, f"customer{self.number}@example.org", PASSWORD)
                self.compare(maker, customer)
                while not self.shared.is_over.is_set():
                    self.act(maker, customer)
            except OSError:
                continue  # killed: the next life begins
            except Refused as refused:
                if refused.status != 503:
                    self.shared.findings.report(f"worker {self.number}: unexpected refusal: {refused}")

    def compare(self, maker, customer):
        """What the server holds after a restart against what it answered before."""
        for token in self.tokens:
            seen = self.look(maker, customer, token)
            if seen.state == "deleted":
                # A deleted token tells nothing more; the epoch it went with is the one it was deleted at.
                last = token.pending if token.pending and token.pending.state == "deleted" else token.known
                seen = seen._replace(epoch=last.epoch)
            if seen not in (token.known, token.pending):
                self.shared.findings.report(
                    f"{token.printed}: answered {token.known}, in flight {token.pending}, found {seen}")
            elif seen == token.pending:
                self.shared.findings.count("unanswered, and happened")
            self.shared.findings.count(f"compared after a restart: {seen.state}")
            token.known, token.pending = seen, None
            token.is_known_deleted = seen.state == "deleted"
            # A delete that the kill kept from happening never will: from now on the token is as live as any.
            token.delete_was_sent = token.is_known_deleted

    def look(self, maker, customer, token):
        try:
            found = maker.call("GET", f"/tokens/{token.id}")
        except Refused as refused:
            if refused.status == 410:
                return Known("deleted", None, None)
            raise
        if found["state"] == "deleted":
            return Known("deleted", None, None)
        if found["status"] == "UNCLAIMED":
            return Known("unclaimed", found["epoch"], None)
        if found["holder"] != self.home:
            return Known(f"claimed by stranger {found['holder']}", found["epoch"], None)
        device = customer.call("GET", f"/devices/{token.id}")
        if device["epoch"] != found["epoch"]:
            self.shared.findings.report(f"{token.printed}: epoch {found['epoch']}, and {device['epoch']} of its device")
        return Known("claimed", device["epoch"], device["name"])

    def act(self, maker, customer):
        token = self.random.choice([one for one in self.tokens if not one.is_known_deleted])
        if token.known.state == "unclaimed":
            verb = "delete" if self.random.random() < 0.04 else "claim"
        else:
            verb = self.random.choices(["rename", "release", "disclaim", "delete"], [40, 28, 28, 4])[0]
        if verb == "delete" and sum(not one.is_known_deleted for one in self.tokens) < 10:
            return
        name = f"box {self.random.randrange(1_000_000)}"
        token.pending = token.after(verb, name)
        token.delete_was_sent = token.delete_was_sent or verb == "delete"
        try:
            if verb == "claim":
                device = customer.call("POST", "/claims", {"code": token.qr})["device"]
                self.hold(token, verb, device)
            elif verb == "rename":
                self.hold(token, verb, customer.call("PATCH", f"/devices/{token.id}", {"name": name}))
            elif verb == "release":
                customer.call("DELETE", f"/devices/{token.id}")
            elif verb == "disclaim":
                maker.call("POST", f"/tokens/{token.id}/disclaim")
            else:
                maker.call("DELETE", f"/tokens/{token.id}", {"confirm": token.printed, "claimed_included": True})
        except Refused as refused:
            if refused.status == 503:
                raise
            self.shared.findings.report(f"{token.printed}: {verb} refused: {refused}")
            return
        token.known, token.pending = token.pending, None
        token.is_known_deleted = token.known.state == "deleted"
        self.shared.findings.count(f"{verb} answered")

    def hold(self, token, verb, device):
        """An answer against what it must be."""
        if (device["epoch"], device["name"]) != (token.pending.epoch, token.pending.name):
            self.shared.findings.report(f"{token.printed}: {verb} should give {token.pending}, gave {device}")


class Probe(threading.Thread):
    """A device that logs in with any of the tokens, all the time."""

    def __init__(self, number, tokens, seed, shared):
        super().__init__(daemon=True)
        self.tokens, self.shared = tokens, shared
        self.random = random.Random(f"{seed}/probe/{number}")

    def run(self):
        while not self.shared.is_over.is_set():
            token = self.random.choice(self.tokens)
            if token.is_known_deleted and self.random.random() < 0.8:
                continue  # mostly live ones: they outnumber the deleted ones in the field
            was_deleted = token.is_known_deleted
            status = self.log_in(token)
            if status is None:
                self.shared.findings.count("login without an answer")
                time.sleep(0.002)
                continue
            self.shared.findings.count(f"login answered {status}")
            if status == INVALID_TOKEN and not token.delete_was_sent:
                self.shared.findings.report(f"{token.printed}: a live token heard status 9")
            if status == LOGGED_IN and was_deleted:
                self.shared.findings.report(f"{token.printed}: a deleted token was let in")

    def log_in(self, token):
        port = self.shared.port
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as device:
                body = token.auth.encode()
                device.sendall(struct.pack(">BHH", 29, 1, len(body)) + body)
                answer = b""
                while len(answer) < 5:
                    more = device.recv(5 - len(answer))
                    if not more:
                        return None
                    answer += more
                return struct.unpack(">BHH", answer)[2]
        except OSError:
            return None


class Shared:
    def __init__(self):
        self.findings = Findings()
        self.is_over = threading.Event()
        self.port = 0
        self.life = 0
        self.seen_life = {}
        self.changed = threading.Condition()

    def open_life(self, port):
        with self.changed:
            self.port, self.life = port, self.life + 1
            self.changed.notify_all()

    def port_of_a_new_life(self, worker):
        with self.changed:
            if not self.changed.wait_for(lambda: self.life > self.seen_life.get(worker, 0), timeout=0.2):
                return None
            self.seen_life[worker] = self.life
            return self.port


def set_up(port):
    root = Api(port)
    maker_home = root.call("POST", "/organizations", {"name": "maker", "plan": "business"})["id"]
    root.call("POST", "/users", {"email": "maker@example.org", "name": "maker", "role": "admin", "password": PASSWORD,
                                 "organization": maker_home})
    maker = Api(port, "maker@example.org", PASSWORD)
    template = maker.call("POST", "/templates", {"name": "box", "fields": []})["id"]
    shares = []
    for number in range(WORKERS):
        home = maker.call("POST", "/organizations", {"name": f"customer {number}", "plan": "business"})["id"]
        maker.call("POST", "/users", {"email": f"customer{number}@example.org", "name": "customer", "role": "admin",
                                      "password": PASSWORD, "organization": home})
        minted = maker.call("POST", "/tokens", {"template": template, "count": TOKENS_PER_WORKER})["tokens"]
        tokens = []
        for one in minted:
            secret = maker.call("GET", f"/tokens/{one}/secret")
            shown = maker.call("GET", f"/tokens/{one}")
            tokens.append(Token(one, secret["auth_token"], secret["qr_text"], shown["printed"], shown["device_name"]))
        shares.append((home, tokens))
    return shares


# What must have been seen before this test has proven anything.
NEEDED = ("claim answered", "rename answered", "release answered", "disclaim answered", "delete answered",
          "login answered 200", "login answered 9", "compared after a restart: claimed",
          "compared after a restart: unclaimed", "compared after a restart: deleted")
LIVES_FOR_ALL = 12  # times --kills, on a machine so busy that a life ends before its people are signed in


def missing(shared):
    return [what for what in NEEDED if shared.findings.counts.get(what, 0) == 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("daemon")
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seed", default="1")
    arguments = parser.parse_args()
    shared = Shared()
    with tempfile.TemporaryDirectory() as folder:
        server = Daemon(arguments.daemon, folder)
        server.start()
        shares = set_up(server.ports["plain"])
        everything = [token for _, tokens in shares for token in tokens]
        threads = [Worker(number, tokens, home, arguments.seed, shared) for number, (home, tokens) in enumerate(shares)]
        threads += [Probe(number, everything, arguments.seed, shared) for number in range(2)]
        shared.open_life(server.ports["plain"])
        for thread in threads:
            thread.start()
        instants = random.Random(f"{arguments.seed}/kills")
        kill = 0
        while kill < arguments.kills or (missing(shared) and kill < arguments.kills * LIVES_FOR_ALL):
            kill += 1
            # Long enough to sign in again at times, short enough to hit the sign-in and the first writes at others.
            time.sleep(instants.uniform(0.05, 1.2))
            server.kill()
            server.spawn()
            if instants.random() < 0.2:
                time.sleep(instants.uniform(0, 0.1))  # and now and then while it starts
                server.kill()
                server.spawn()
            server.wait_until_open()
            shared.open_life(server.ports["plain"])
            if kill % 20 == 0:
                print(f"{kill} kills", flush=True)
        time.sleep(2)  # the last life is compared as well
        shared.is_over.set()
        for thread in threads:
            thread.join(30)
        code = server.stop()
        if code != 0:
            shared.findings.report(f"the clean end gave exit code {code}")
    for what, count in sorted(shared.findings.counts.items()):
        print(f"{count:8} {what}")
    for what in missing(shared):
        shared.findings.report(f"nothing was proven: no '{what}'")
    for what in shared.findings.wrong[:20]:
        print("WRONG:", what)
    print("all passed" if not shared.findings.wrong else f"FAILED: {len(shared.findings.wrong)} findings")
    sys.exit(1 if shared.findings.wrong else 0)


main()
