"""What the peer server saw: each device by its token, each move it made after what was done to it, each breach.

Times are seconds of the server's own clock since it began. A test judges order and wide windows, never a machine.
"""
import collections
import time

MOVES_KEPT = 400  # of one device; a client that retries each second fills them in seven minutes
BREACHES_KEPT = 1000  # in full; all are counted


class Move:
    """What the server did, and how the device took it."""

    def __init__(self, act, at):
        self.act, self.at = act, at
        self.hung_up = None  # seconds until the device closed the connection
        self.back = None  # seconds until its next login
        self.door = None  # by which it came back

    def facts(self):
        return {"act": self.act, "at": round(self.at, 3), "hung_up": self.hung_up, "back": self.back,
                "door": self.door}


class Device:
    def __init__(self, token):
        self.token = token
        self.script = collections.deque()  # answers to its next logins
        self.logins = 0
        self.accepted = 0
        self.last_login = None
        self.pins = {}
        self.live = None  # the connection that is logged in
        self.moves = collections.deque(maxlen=MOVES_KEPT)
        self.frames = collections.Counter()
        self.ping_gaps = collections.deque(maxlen=50)
        self.info = {}
        self.answers = {}  # to what was pushed: its statuses

    def facts(self):
        return {"token": self.token, "logins": self.logins, "accepted": self.accepted,
                "is_online": self.live is not None, "info": self.info, "frames": dict(self.frames),
                "answers": self.answers, "ping_gaps": list(self.ping_gaps),
                "moves": [move.facts() for move in self.moves]}


class Ledger:
    def __init__(self):
        self.began = time.monotonic()
        self.devices = {}
        self.counts = collections.Counter()
        self.breaches = collections.deque(maxlen=BREACHES_KEPT)
        self.breach_counts = collections.Counter()

    def now(self):
        return time.monotonic() - self.began

    def device(self, token):
        if token not in self.devices:
            self.devices[token] = Device(token)
        return self.devices[token]

    def breach(self, kind, token, detail=""):
        self.breach_counts[kind] += 1
        self.breaches.append({"kind": kind, "token": token, "at": round(self.now(), 3), "detail": detail})

    # --- moves
    def did(self, device, act):
        """The server did something to a device: what follows is its answer to that."""
        device.moves.append(Move(act, self.now()))

    def logged_in(self, device, door):
        now = self.now()
        device.logins += 1
        self.counts["logins"] += 1
        device.last_login = now
        if device.moves and device.moves[-1].back is None:
            move = device.moves[-1]
            move.back, move.door = round(now - move.at, 3), door

    def hung_up(self, device):
        if device.moves and device.moves[-1].hung_up is None and device.moves[-1].back is None:
            move = device.moves[-1]
            move.hung_up = round(self.now() - move.at, 3)

    # --- reports
    def reactions(self, chosen, since=0.0):
        """For each act: how many heard it, came back or hung up, and when."""
        acts = {}
        for device in chosen:
            for move in device.moves:
                if move.at >= since:
                    acts.setdefault(move.act, []).append(move)
        return {act: {"count": len(moves), "back": spread([move.back for move in moves]),
                      "hung_up": spread([move.hung_up for move in moves])} for act, moves in sorted(acts.items())}

    def totals(self):
        live = sum(device.live is not None for device in self.devices.values())
        return {"now": round(self.now(), 3), "devices": len(self.devices), "online": live,
                "counts": dict(self.counts), "breaches": dict(self.breach_counts)}


def spread(values):
    known = sorted(value for value in values if value is not None)
    if not known:
        return {"count": 0}
    return {"count": len(known), "min": known[0], "p05": known[len(known) // 20], "p50": known[len(known) // 2],
            "p95": known[(len(known) * 95) // 100], "max": known[-1]}
