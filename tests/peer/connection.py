"""One connection of a device to the peer server: lenient in what it takes, strict in what it writes down."""
import asyncio
import collections
import socket
import struct
import time

import wire

FRAMES_PER_SECOND_MAX = 50  # the platform's limit for one device
LINGER = 1.0  # seconds between the half-close after a refusal and the close
SPLIT_PAUSE = 0.1
SILENCE_FACTOR = 1.5  # of the heartbeat: every client's own ping falls inside
SERVER_IDS = range(40_000, 65_536)  # of pushes: apart from the low ids of clients in tests that last minutes
NO_LINGER = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    def __init__(self, server, door):
        self.server, self.ledger, self.door = server, server.ledger, door
        self.decoder = wire.Decoder()
        self.transport = None
        self.device = None
        self.state = "new"  # then silent, refused, before_info, online; gone at the end
        self.is_mute = False
        self.is_ending = False
        self.heartbeat = wire.DEFAULT_HEARTBEAT
        self.buffer = wire.DEFAULT_BUFFER
        self.last_in = 0.0
        self.last_ping = None
        self.last_id = 1
        self.pushed = {}  # ids of frames of ours that may be answered or reused
        self.next_push = SERVER_IDS.start
        self.second = [0, 0]  # which second, frames in it
        self.is_flooding = False
        self.was_late = False

    def name(self):
        return self.device.token if self.device else ""

    def breach(self, kind, detail=""):
        self.ledger.breach(kind, self.name(), detail)

    # --- the transport
    def connection_made(self, transport):
        self.transport = transport
        self.last_in = self.ledger.now()
        self.ledger.counts["connections"] += 1
        self.server.connections.add(self)

    def data_received(self, data):
        self.last_in, self.was_late = self.ledger.now(), False
        if self.is_ending:
            return None
        limit = wire.BODY_MAX if self.state in ("online", "before_info") else wire.BODY_MAX_BEFORE_LOGIN
        for one in self.decoder.feed(data):
            self.count(one)
            if len(one.body) > limit:
                self.breach("body over the limit", f"{len(one.body)} bytes in command {one.command}")
                return self.close()
            if self.is_ending or not self.take(one):
                return None
        if self.decoder.awaited_body() > limit:
            self.breach("body over the limit", f"{self.decoder.awaited_body()} bytes announced")
            self.close()
        return None

    def eof_received(self):
        return False

    def connection_lost(self, _):
        self.server.connections.discard(self)
        if self.decoder.rest and not self.is_ending:
            self.breach("half a frame at the end", self.decoder.rest[:16].hex())
        if self.state == "new" and not self.is_ending:
            self.ledger.counts["connections without a login"] += 1
        self.state = "gone"
        if self.device is None:
            return
        if not self.is_ending:
            self.ledger.counts["closed by the device"] += 1
            self.ledger.hung_up(self.device)
        if self.device.live is self:
            self.device.live = None

    # --- frames
    def count(self, one):
        second = int(time.monotonic())
        self.second = [second, self.second[1] + 1 if self.second[0] == second else 1]
        if self.second[1] > FRAMES_PER_SECOND_MAX and not self.is_flooding:
            self.is_flooding = True
            self.breach("flood", f"more than {FRAMES_PER_SECOND_MAX} frames in a second")
        if self.device:
            self.device.frames[one.command] += 1
        if one.id == 0:
            self.breach("message id 0", f"command {one.command}")

    def take(self, one):
        """False when the rest of what came must not be looked at."""
        if one.command not in wire.FROM_DEVICES:
            self.breach("unknown command", str(one.command))
            if self.state == "new":
                self.close()
            elif not self.is_mute and self.state == "online":
                self.send(wire.response(one.id, wire.ILLEGAL_COMMAND))
            return self.state != "gone"
        if self.state == "new":
            return self.take_login(one)
        if self.state == "refused":
            self.breach("spoke after a refusal", f"command {one.command}")
            return True
        if self.state == "silent":
            # Clients that wait with pings are many; anything else needs an answer they did not get.
            if one.command != wire.PING:
                self.breach("spoke before its login was answered", f"command {one.command}")
            return True
        self.check_id(one)
        if self.state == "before_info":
            return self.take_info(one)
        self.take_online(one)
        return True

    def check_id(self, one):
        if one.command == wire.RESPONSE:
            if one.id not in self.pushed:
                self.breach("an answer nobody asked for", f"id {one.id}")
            return
        if one.id in self.pushed:
            return  # what a client says while it handles a frame of ours carries that frame's id
        expected = 1 if self.last_id == 65535 else self.last_id + 1
        if one.id not in (0, expected) and self.state != "before_info":  # one client counts on over reconnects
            self.breach("message id out of order", f"{one.id} after {self.last_id}")
        self.last_id = one.id

    def take_login(self, one):
        if one.command not in (wire.LOGIN, wire.LOGIN_LEGACY):
            self.breach("a frame before the login", f"command {one.command}")
            self.close()
            return False
        if one.id != 1:
            self.breach("login id is not 1", str(one.id))
        if not wire.TOKEN.fullmatch(one.body):
            self.breach("not a token", f"{len(one.body)} bytes")
            self.refuse(wire.INVALID_TOKEN)
            return True
        self.device = self.ledger.device(one.body.decode())
        self.ledger.logged_in(self.device, self.door)
        if any(move.act == "refused 9" for move in self.device.moves):
            self.ledger.counts["logins after status 9"] += 1
        answer = self.device.script.popleft() if self.device.script else self.server.answer
        self.ledger.counts[f"answered {answer}"] += 1
        self.answer_login(str(answer))
        return True

    def answer_login(self, answer):
        if answer in ("200", "4", "split"):
            self.accept(answer)
        elif answer == "silence":
            self.state = "silent"
            self.ledger.did(self.device, "silence")
        elif answer == "close":
            self.ledger.did(self.device, "close")
            self.close()
        elif answer.startswith("redirect"):
            host, port = answer.split(" ")[1:]
            self.ledger.did(self.device, "redirect")
            self.state = "refused"
            self.send(wire.frame(wire.REDIRECT, 1, wire.fields(host, port)))
            self.leave_soon()
        else:
            self.ledger.did(self.device, f"refused {answer}")
            self.refuse(int(answer))

    def accept(self, answer):
        old, self.device.live = self.device.live, self
        self.device.accepted += 1
        self.ledger.did(self.device, f"accepted {answer}")
        self.state = "before_info"
        if old:
            self.ledger.counts["takeovers"] += 1
            old.close()
        whole = wire.response(1, wire.ALREADY_REGISTERED if answer == "4" else wire.OK)
        if answer == "split":
            self.send(whole[:2])
            asyncio.get_running_loop().call_later(SPLIT_PAUSE, self.send, whole[2:])
        else:
            self.send(whole)

    def take_info(self, one):
        if one.command != wire.INTERNAL or not wire.is_info(one.body):
            self.breach("something else before the info block", f"command {one.command}")
            return True
        pairs, wrong = wire.parse_info(one.body)
        if wrong:
            self.breach("a wrong info block", wrong)
        self.device.info = {key.decode(errors="replace"): value.decode(errors="replace")
                            for key, value in pairs.items()}
        beat, buffer = pairs.get(b"h-beat", b""), pairs.get(b"buff-in", b"")
        self.heartbeat = int(beat) if wire.NUMBER.fullmatch(beat) else wire.DEFAULT_HEARTBEAT
        self.buffer = int(buffer) if wire.NUMBER.fullmatch(buffer) else wire.DEFAULT_BUFFER
        self.state = "online"
        self.answer(one, wire.OK)
        return True

    def take_online(self, one):
        wrong = wire.wrong_in(one)
        if wrong:
            self.breach("a wrong body", f"command {one.command}: {wrong}")
            self.answer(one, wire.ILLEGAL_COMMAND)
        elif one.command == wire.PING:
            now = self.ledger.now()
            if self.last_ping is not None:
                self.device.ping_gaps.append(round(now - self.last_ping, 3))
            self.last_ping = now
            self.answer(one, wire.OK)
        elif one.command in (wire.LOGIN, wire.LOGIN_LEGACY):
            self.breach("a second login")
            self.answer(one, wire.ALREADY_REGISTERED)
        elif one.command == wire.RESPONSE:
            self.take_response(one)
        elif one.command == wire.PROPERTY:
            self.answer(one, wire.OK)
        elif one.command in wire.LEGACY:
            self.answer(one, wire.ILLEGAL_COMMAND)
        elif one.command == wire.HARDWARE:
            parts = wire.split(one.body)
            self.device.pins[parts[1]] = parts[2:]
        elif one.command == wire.SYNC:
            self.answer_sync(one)
        elif one.command == wire.INTERNAL:
            self.answer_internal(one)

    def take_response(self, one):
        if one.status not in wire.STATUSES:
            self.breach("an unknown status", str(one.status))
        asked = self.pushed.get(one.id)
        if asked:
            self.device.answers.setdefault(asked, []).append(one.status)

    def answer(self, one, status):
        if not self.is_mute and one.command != wire.RESPONSE:
            self.send(wire.response(one.id, status))

    def answer_sync(self, one):
        asked = wire.split(one.body)[1:] if one.body else sorted(self.device.pins)
        if not self.is_mute:
            for pin in asked:
                if pin in self.device.pins:
                    self.send(wire.frame(wire.HARDWARE, one.id, wire.fields("vw", pin, *self.device.pins[pin])))

    def answer_internal(self, one):
        if self.is_mute:
            return
        parts = wire.split(one.body)
        seconds = int(time.time())
        if parts[0] == b"rtc":
            self.send(wire.frame(wire.INTERNAL, one.id, wire.fields("rtc", seconds)))
        elif parts[0] == b"utc":
            values = {b"time": [seconds * 1000], b"tz_name": ["Etc/UTC"], b"tz": [0, 0], b"tz_rule": ["UTC0"]}
            answer = values.get(parts[1], [""])
            self.send(wire.frame(wire.INTERNAL, one.id, wire.fields("utc", parts[1], *answer)))
        elif parts[0] == b"meta" and parts[1] == b"get":
            self.send(wire.frame(wire.INTERNAL, one.id, wire.fields("meta", parts[2], "value")))
        elif wire.is_info(one.body):
            self.send(wire.response(one.id, wire.OK))

    # --- what the server does of its own
    def send(self, data):
        if self.transport and not self.transport.is_closing():
            self.transport.write(data)

    def push(self, what):
        """Sends one of PUSHES; False when the device is not there yet."""
        if self.state != "online":
            return False
        identity = self.next_push
        self.next_push = identity + 1 if identity + 1 in SERVER_IDS else SERVER_IDS.start
        self.pushed[identity] = what
        self.ledger.did(self.device, what)
        PUSHES[what](self, identity)
        return True

    def push_halves(self, identity):
        whole = wire.frame(wire.HARDWARE, identity, wire.fields("vw", 1, 42))
        self.send(whole[:wire.HEADER.size])
        asyncio.get_running_loop().call_later(SPLIT_PAUSE, self.send, whole[wire.HEADER.size:])

    def refuse(self, status):
        self.state = "refused"
        self.send(wire.response(1, status))
        self.leave_soon()

    def leave_soon(self):
        """The close after a refusal or a redirect: the device hears the answer and has time to go by itself."""
        asyncio.get_running_loop().call_later(max(LINGER, self.server.linger), self.close)

    def kick(self, how):
        self.ledger.did(self.device, "kick")
        self.close(how)

    def close(self, how="fin"):
        if self.state == "gone" or self.transport is None:
            return
        self.is_ending = True
        if how == "rst":
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            self.transport.abort()
        else:
            self.transport.close()
        if self.device and self.device.live is self:
            self.device.live = None

    def look(self, now):
        """Called each second: a device that owes its ping is written down once."""
        if self.state == "online" and not self.was_late and now - self.last_in > SILENCE_FACTOR * self.heartbeat:
            self.was_late = True
            self.breach("silent beyond its heartbeat", f"{now - self.last_in:.1f} s at h-beat {self.heartbeat}")


PUSHES = collections.OrderedDict(
    write=lambda self, identity: self.send(wire.frame(wire.HARDWARE, identity, wire.fields("vw", 1, 42))),
    halves=Connection.push_halves,
    status5=lambda self, identity: self.send(wire.response(identity, 5)),
    ping=lambda self, identity: self.send(wire.frame(wire.PING, identity)),
    read=lambda self, identity: self.send(wire.frame(wire.HARDWARE, identity, wire.fields("vr", 9))),
    debug=lambda self, identity: self.send(wire.frame(wire.DEBUG_PRINT, identity, b"a word from the server")),
    unknown=lambda self, identity: self.send(wire.frame(wire.UNKNOWN_COMMAND, identity)),
    id0=lambda self, _: self.send(wire.frame(wire.HARDWARE, 0, wire.fields("vw", 1, 42))),
    too_big=lambda self, identity: self.send(
        wire.frame(wire.HARDWARE, identity, wire.fields("vw", 1, "x" * (self.buffer + 1)))),
)
