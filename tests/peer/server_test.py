"""The peer server itself: each thing it holds against a client is seen when a client does it, and not otherwise.

    server_test.py [--connections 3000]
"""
import argparse
import asyncio
import socket
import ssl
import time

import wire
from peer import Findings, Peer, raise_descriptor_limit, token_for

INFO = wire.frame(wire.INTERNAL, 2, wire.fields("ver", "1.4.0", "h-beat", 10, "buff-in", 1024, "dev", "test") + b"\0")
PATIENT = INFO.replace(b"h-beat\00010", b"h-beat\00060")  # for a crowd that takes its time to come in
PATIENCE = 5


def login(token, identity=1, command=wire.LOGIN):
    return wire.frame(command, identity, token.encode())


class Client:
    """Somebody who speaks to a door by hand."""

    def __init__(self, peer, door="plain"):
        self.raw = socket.create_connection(("127.0.0.1", peer.ports[door]), timeout=PATIENCE)
        if "tls" in door:
            trust = ssl.create_default_context(cafile=peer.ports["ca"])
            self.raw = trust.wrap_socket(self.raw, server_hostname="localhost")
        self.decoder = wire.Decoder()
        self.frames = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.raw.close()

    def send(self, *frames):
        self.raw.sendall(b"".join(frames))
        return self

    def next(self):
        """The next frame; None when the server closed."""
        while not self.frames:
            try:
                data = self.raw.recv(65536)
            except OSError:
                return None
            if not data:
                return None
            self.frames += self.decoder.feed(data)
        return self.frames.pop(0)

    def is_closed(self):
        return self.next() is None

    def enter(self, token):
        """A whole login; gives the two statuses."""
        self.send(login(token))
        first = self.next()
        self.send(INFO)
        second = self.next()
        return (first.status, second.status) if first and second else None


def clean_life(peer, findings, door):
    token = token_for(f"clean-{door}")
    with Client(peer, door) as client:
        findings.expect(client.enter(token) == (200, 200), f"{door}: login and info are answered 200")
        client.send(wire.frame(wire.HARDWARE, 3, wire.fields("vw", 4, "21.5")),
                    wire.frame(wire.SYNC, 4, wire.fields("vr", 4, 7)), wire.frame(wire.PING, 5))
        synced, ponged = client.next(), client.next()
        findings.expect(synced == wire.Frame(wire.HARDWARE, 4, 0, b"vw\x004\x0021.5"),
                        f"{door}: a sync is answered with its id, pin by pin: {synced}")
        findings.expect(ponged == wire.Frame(wire.RESPONSE, 5, 200, b""), f"{door}: a ping is answered: {ponged}")
        client.send(wire.frame(wire.INTERNAL, 6, wire.fields("rtc", "sync")),
                    wire.frame(wire.PROPERTY, 7, wire.fields(4, "label", "Hot")),
                    wire.frame(wire.GROUP, 8, b"b"), wire.frame(wire.GROUP, 9, b"e"),
                    wire.frame(wire.EVENT_LOG, 10, wire.fields("hot", "it is hot")), wire.frame(wire.PING, 11))
        answers = [client.next() for _ in range(3)]
        findings.expect([one.id for one in answers] == [6, 7, 11], f"{door}: time, property and ping are answered")
        whole = wire.frame(wire.PING, 12)
        for number in range(len(whole)):
            client.send(whole[number:number + 1])
        findings.expect(client.next() == wire.Frame(wire.RESPONSE, 12, 200, b""), f"{door}: single bytes are taken")
    findings.expect(peer.do("totals")["breaches"] == {}, f"a clean life leaves no breach: {peer.do('breaches')}")


# What a client does wrong, and what must be written down for it. {} is its token.
LATE = wire.frame(wire.PING, 3)
WRONGS = [
    ("a frame before the login", [wire.frame(wire.PING, 1)]),
    ("login id is not 1", [login("{}", 2)]),
    ("not a token", [wire.frame(wire.LOGIN, 1, b"short")]),
    ("body over the limit", [wire.frame(wire.LOGIN, 1, b"x" * 300)]),
    ("unknown command", [login("{}"), INFO, wire.frame(77, 3)]),
    ("message id 0", [login("{}"), INFO, wire.frame(wire.PING, 0)]),
    ("message id out of order", [login("{}"), INFO, wire.frame(wire.PING, 9)]),
    ("something else before the info block", [login("{}"), wire.frame(wire.PING, 2)]),
    ("a wrong info block", [login("{}"), wire.frame(wire.INTERNAL, 2, wire.fields("ver", "1", "h-beat", "soon"))]),
    ("a wrong info block", [login("{}"), wire.frame(wire.INTERNAL, 2, wire.fields("h-beat", 10))]),
    ("a second login", [login("{}"), INFO, login("{}", 3)]),
    ("an answer nobody asked for", [login("{}"), INFO, wire.response(9, 200)]),
    ("a wrong body", [login("{}"), INFO, wire.frame(wire.HARDWARE, 3, wire.fields("vw", 4))]),
    ("a wrong body", [login("{}"), INFO, wire.frame(wire.SYNC, 3, wire.fields("vr", "x"))]),
    ("a wrong body", [login("{}"), INFO, wire.frame(wire.PROPERTY, 3, wire.fields(4, "label"))]),
    ("a wrong body", [login("{}"), INFO, wire.frame(wire.GROUP, 3, b"g")]),
    ("a wrong body", [login("{}"), INFO, wire.frame(wire.EVENT_LOG, 3, b"")]),
    ("a wrong body", [login("{}"), INFO, wire.frame(wire.PING, 3, b"body")]),
    ("a wrong body", [login("{}"), INFO, wire.frame(wire.INTERNAL, 3, wire.fields("rtc", "now"))]),
    ("flood", [login("{}"), INFO, *[wire.frame(wire.PING, number) for number in range(3, 163)]]),
    ("half a frame at the end", [login("{}"), INFO, LATE[:3]]),
]  # fmt: skip


def breaches_seen(peer, findings):
    for number, (kind, frames) in enumerate(WRONGS):
        token = token_for(f"wrong-{number}")
        before = peer.do("totals")["breaches"]
        with Client(peer) as client:
            client.send(*[one.replace(b"{}", token.encode()) if one[5:] == b"{}" else one for one in whole(frames)])
            client.raw.shutdown(socket.SHUT_WR)
            while client.next():
                pass
        after = wait_for(lambda: peer.do("totals")["breaches"], lambda seen, old=before: seen != old)
        risen = {one for one in after if after[one] != before.get(one, 0)}
        findings.expect(risen == {kind}, f"wrong {number} is written down as '{kind}' alone: {sorted(risen)}")


def whole(frames):
    """Logins with {} for a token get the length of a real one."""
    return [one[:3] + (32).to_bytes(2, "big") + one[5:] if one[5:] == b"{}" else one for one in frames]


def wait_for(look, is_enough):
    end = time.monotonic() + PATIENCE
    while True:
        seen = look()
        if is_enough(seen) or time.monotonic() > end:
            return seen
        time.sleep(0.01)


def answers_given(peer, findings):
    token = token_for("answers")
    refused = ["2", "3", "5", "6", "9", "19", "20"]
    other = peer.ports["other"]
    peer.do("answer", tokens=[token], answers=[*refused, "close", f"redirect 127.0.0.1 {other}", "silence", "split"])
    for status in refused:
        with Client(peer) as client:
            answer = client.send(login(token)).next()
            expected = wire.Frame(wire.RESPONSE, 1, int(status), b"")
            findings.expect(answer == expected, f"refused with {status}: {answer}")
    with Client(peer) as client:
        findings.expect(client.send(login(token)).is_closed(), "closed at its login")
    with Client(peer) as client:
        answer = client.send(login(token)).next()
        expected = wire.Frame(wire.REDIRECT, 1, 0, f"127.0.0.1\0{other}".encode())
        findings.expect(answer == expected, f"redirected: {answer}")
        findings.expect(client.is_closed(), "and closed by the server in the end, for those who wait for that")
    with Client(peer) as client:
        client.raw.settimeout(0.5)
        findings.expect(client.send(login(token)).next() is None, "silence is silent")
    with Client(peer, "other") as client:
        findings.expect(client.enter(token) == (200, 200), "the answer in two halves is one answer")
    moves = peer.device(token)["moves"]
    findings.expect([move["act"] for move in moves[-4:]] == ["close", "redirect", "silence", "accepted split"],
                    f"the moves are written down in order: {moves[-4:]}")
    findings.expect(moves[-2]["door"] == "other" and moves[-2]["back"] is not None, "with the door it came back by")


def things_done(peer, findings):
    token = token_for("done")
    with Client(peer) as client:
        client.enter(token)
        for what in ("write", "status5", "ping", "read", "debug", "unknown", "id0", "too_big", "halves"):
            findings.expect(peer.do("push", what=what, tokens=[token])["tokens"] == [token], f"{what} is pushed")
        got = [client.next() for _ in range(9)]
        commands = [wire.HARDWARE, wire.RESPONSE, wire.PING, wire.HARDWARE, wire.DEBUG_PRINT, wire.UNKNOWN_COMMAND,
                    wire.HARDWARE, wire.HARDWARE, wire.HARDWARE]
        findings.expect([one.command for one in got] == commands, f"everything pushed arrives: {got}")
        findings.expect(got[6].id == 0 and len(got[7].body) > 1024, "an id of 0, a body beyond buff-in")
        client.send(wire.response(got[2].id, 200))
        peer.do("mute", tokens=[token])
        client.send(wire.frame(wire.PING, 3)).raw.settimeout(0.3)
        findings.expect(client.next() is None, "a mute server answers nothing")
        findings.expect(peer.do("kick", tokens=[token])["tokens"] == [token], "and kicks")
    with Client(peer) as first, Client(peer) as second:
        first.enter(token)
        second.enter(token)
        findings.expect(first.is_closed(), "the newest login of a token takes its place")
        findings.expect(peer.do("totals")["counts"]["takeovers"] == 1, "and that is counted")
        peer.do("kick", tokens=[token], how="rst")
        findings.expect(second.is_closed(), "a reset closes")
    peer.do("listen", open=False)
    try:
        Client(peer).raw.close()
        findings.expect(False, "shut doors refuse")
    except OSError:
        findings.expect(True, "shut doors refuse")
    peer.do("listen", open=True)
    with Client(peer) as client:
        findings.expect(client.enter(token) == (200, 200), "doors open again at the same ports")
    for line in ({"do": "dance"}, {"do": "answer", "answers": ["maybe"]}, {"do": "push", "what": "flowers"}):
        try:
            peer.do(line.pop("do"), **line)
            findings.expect(False, f"nonsense on the control door is refused: {line}")
        except RuntimeError:
            findings.expect(True, "nonsense on the control door is refused")


def late_ping_seen(peer, findings):
    quiet, lively = token_for("quiet"), token_for("lively")
    with Client(peer) as one, Client(peer) as two:
        one.enter(quiet)
        two.enter(lively)
        time.sleep(9)
        two.send(wire.frame(wire.PING, 3))
        wait_until = time.monotonic() + 9
        while time.monotonic() < wait_until and not peer.do("totals")["breaches"].get("silent beyond its heartbeat"):
            time.sleep(0.2)
        late = [one for one in peer.do("breaches")["breaches"] if one["kind"] == "silent beyond its heartbeat"]
        findings.expect([one["token"] for one in late] == [quiet],
                        f"who owes a ping is seen, who pinged is not: {late}")


async def crowd(peer, count):
    async def one(number):
        reader, writer = await asyncio.open_connection("127.0.0.1", peer.ports["plain"])
        writer.write(login(token_for(f"crowd-{number}")))
        await reader.readexactly(5)
        writer.write(PATIENT)
        await reader.readexactly(5)
        return reader, writer

    people, step = [], 250
    for first in range(0, count, step):
        people += await asyncio.gather(*[one(number) for number in range(first, min(first + step, count))])
    online = peer.do("totals")["online"]
    kicked = len(peer.do("kick", share=0.25)["tokens"])
    for _, writer in people:
        writer.write(wire.frame(wire.PING, 3))
    answers = await asyncio.gather(*[reader.read(5) for reader, _ in people], return_exceptions=True)
    for _, writer in people:
        writer.close()
    return online, kicked, sum(answer == wire.response(3, 200) for answer in answers)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=3000)
    count = parser.parse_args().connections
    raise_descriptor_limit()
    findings = Findings()
    with Peer() as peer:
        for door in ("plain", "other", "tls", "other_tls"):
            clean_life(peer, findings, door)
        for part in (breaches_seen, answers_given, things_done, late_ping_seen):
            began = time.monotonic()
            part(peer, findings)
            print(f"{part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    with Peer() as peer:
        online, kicked, ponged = asyncio.run(crowd(peer, count))
        print(f"{online} connections at once, {kicked} kicked, {ponged} pings answered")
        findings.expect((online, kicked, ponged) == (count, round(count / 4), count - kicked), "a crowd is carried")
        findings.expect(peer.do("totals")["breaches"] == {}, "without a breach")
    findings.end()


main()
