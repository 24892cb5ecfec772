"""The binary device protocol as a server sees it, from the published facts alone: frames, bodies, info blocks.

Shares no code with the rest of the repository on purpose: what both sides get wrong alike, no test would see.
"""
import re
import struct
from typing import NamedTuple

RESPONSE, LOGIN_LEGACY, PING, BRIDGE, SYNC, INTERNAL, PROPERTY, HARDWARE = 0, 2, 6, 15, 16, 17, 19, 20
GROUP, LOGIN, REDIRECT, DEBUG_PRINT, EVENT_LOG, EVENT_CLEAR = 21, 29, 41, 55, 64, 65
LEGACY = {12, 13, 14, BRIDGE, 18}  # tweets, mails, pushes: still sent by old clients, no longer served
FROM_DEVICES = {RESPONSE, LOGIN_LEGACY, PING, SYNC, INTERNAL, PROPERTY, HARDWARE, GROUP, LOGIN, EVENT_LOG,
                EVENT_CLEAR} | LEGACY
UNKNOWN_COMMAND = 99  # nobody's, for the test of what a device does with it

OK, ILLEGAL_COMMAND, ALREADY_REGISTERED, INVALID_TOKEN = 200, 2, 4, 9
STATUSES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 200}

HEADER = struct.Struct("!BHH")
BODY_MAX_BEFORE_LOGIN = 256
BODY_MAX = 1 << 15
DEFAULT_HEARTBEAT = 45
DEFAULT_BUFFER = 256
HEARTBEATS = range(10, 3601)  # checked when a client is compiled
DESCRIPTION_MAX = 300

TOKEN = re.compile(rb"[A-Za-z0-9_-]{32}")
NUMBER = re.compile(rb"[0-9]{1,5}")


class Frame(NamedTuple):
    command: int
    id: int
    status: int  # responses only
    body: bytes


def frame(command, identity, body=b""):
    return HEADER.pack(command, identity, len(body)) + body


def response(identity, status):
    return HEADER.pack(RESPONSE, identity, status)


def fields(*values):
    return b"\0".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


class Decoder:
    """Cuts a stream into frames, however the bytes were packed."""

    def __init__(self):
        self.rest = b""

    def feed(self, data):
        self.rest += data
        frames, used = [], 0
        while len(self.rest) - used >= HEADER.size:
            command, identity, third = HEADER.unpack_from(self.rest, used)
            body_bytes = 0 if command == RESPONSE else third
            end = used + HEADER.size + body_bytes
            if len(self.rest) < end:
                break
            frames.append(Frame(command, identity, third if command == RESPONSE else 0,
                                self.rest[used + HEADER.size:end]))
            used = end
        self.rest = self.rest[used:]
        return frames

    def awaited_body(self):
        """What the header of an unfinished frame announces."""
        if len(self.rest) < HEADER.size or self.rest[0] == RESPONSE:
            return 0
        return HEADER.unpack_from(self.rest)[2]


def split(body):
    """The fields of a body. The Linux client leaves a NUL behind the last one."""
    parts = body.split(b"\0")
    return parts[:-1] if len(parts) > 1 and parts[-1] == b"" else parts


INFO_FIRST_KEYS = {b"ver", b"mcu", b"ncp"}
QUERIES = {b"rtc", b"utc", b"meta"}
UTC_QUESTIONS = {b"time", b"iso", b"tz", b"tz_name", b"tz_rule", b"dst_next"}


def is_info(body):
    return split(body)[0] not in QUERIES


def parse_info(body):
    """The key-value pairs of an info block, and what is wrong with it (empty: nothing)."""
    parts = split(body)
    if len(parts) % 2:
        return {}, f"a key without a value among {len(parts)} fields"
    pairs = dict(zip(parts[::2], parts[1::2]))
    if len(pairs) * 2 != len(parts):
        return pairs, "a key twice"
    if not INFO_FIRST_KEYS & pairs.keys():
        return pairs, "neither ver, mcu nor ncp"
    beat = pairs.get(b"h-beat")
    if beat is not None and (not NUMBER.fullmatch(beat) or int(beat) not in HEARTBEATS):
        return pairs, f"h-beat {beat.decode(errors='replace')}"
    buffer = pairs.get(b"buff-in")
    if buffer is not None and not NUMBER.fullmatch(buffer):
        return pairs, f"buff-in {buffer.decode(errors='replace')}"
    return pairs, ""


def wrong_in(one):
    """What is wrong with the body of a frame of a logged-in device; empty when nothing is."""
    if one.command in LEGACY:
        return ""
    check = CHECKS.get(one.command)
    return check(split(one.body), one.body) if check else ""


def wrong_in_ping(_, body):
    return "a ping with a body" if body else ""


def wrong_in_sync(parts, body):
    if not body:
        return ""
    if parts[0] != b"vr" or len(parts) < 2 or not all(NUMBER.fullmatch(pin) for pin in parts[1:]):
        return "neither empty nor vr and pins"
    return ""


def wrong_in_internal(parts, body):
    if parts[0] == b"rtc":
        return "" if parts[1:] == [b"sync"] else "rtc without sync"
    if parts[0] == b"utc":
        return "" if len(parts) == 2 and parts[1] in UTC_QUESTIONS else "an unknown question of time"
    if parts[0] == b"meta":
        is_whole = parts[1:2] == [b"get"] and len(parts) == 3 or parts[1:2] == [b"set"] and len(parts) == 4
        return "" if is_whole else "meta is neither get with a field nor set with field and value"
    return parse_info(body)[1]


def wrong_in_property(parts, _):
    if len(parts) < 3 or not NUMBER.fullmatch(parts[0]) or not parts[1]:
        return "not a pin, a property and a value"
    return ""


def wrong_in_hardware(parts, _):
    if parts[0] == b"vw":
        return "" if len(parts) >= 3 and NUMBER.fullmatch(parts[1]) else "vw without pin and value"
    if parts[0] in (b"dw", b"aw", b"dr", b"ar", b"pm"):
        return "" if len(parts) >= 2 else "a pin is missing"
    return "neither vw nor a pin of the board"


def wrong_in_group(parts, _):
    if parts[0] in (b"b", b"e"):
        return "" if len(parts) == 1 else "more than one field"
    return "" if parts[0] == b"t" and len(parts) == 2 and parts[1].isdigit() else "neither b, t with a time, nor e"


def wrong_in_event(parts, _):
    if not parts[0] or len(parts) > 2:
        return "not a code and a description"
    return "" if len(parts) == 1 or len(parts[1]) <= DESCRIPTION_MAX else "a description beyond 300 characters"


def wrong_in_clear(parts, _):
    return "" if parts[0] and parts[1:] in ([], [b"all"]) else "not a code, or a code and all"


CHECKS = {PING: wrong_in_ping, SYNC: wrong_in_sync, INTERNAL: wrong_in_internal, PROPERTY: wrong_in_property,
          HARDWARE: wrong_in_hardware, GROUP: wrong_in_group, EVENT_LOG: wrong_in_event, EVENT_CLEAR: wrong_in_clear}
