"""A small server of the binary device protocol, independent of ours: what it does is told by a test, line by line.

    peer_server.py [--folder FOLDER]

Opens two plain and two TLS doors and a control door on free ports of 127.0.0.1, prints them as one line of JSON, and
ends when its input ends. The control door takes one JSON object a line and answers each with one; README.md has them.
"""
import argparse
import asyncio
import contextlib
import json
import os
import resource
import ssl
import subprocess
import sys
import tempfile

from connection import PUSHES, Connection
from ledger import Ledger

BACKLOG = 4096  # a whole fleet may knock at one instant
LINE_MAX = 1 << 22  # a script for thousands of tokens is one line
DESCRIPTORS = 19_000
DOORS = {"plain": False, "other": False, "tls": True, "other_tls": True}


class Refused(Exception):
    """A control line that makes no sense."""


def make_certificate(folder):
    certificate, key = os.path.join(folder, "peer.pem"), os.path.join(folder, "peer.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "30", "-subj", "/CN=peer", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context, certificate


class Server:
    def __init__(self, context):
        self.context = context
        self.ledger = Ledger()
        self.connections = set()
        self.answer = "200"  # to logins for which nothing else is scripted
        self.linger = 1.0
        self.listeners = {}
        self.ports = {}

    async def open_doors(self):
        loop = asyncio.get_running_loop()
        for door, is_secure in DOORS.items():
            extra = {"ssl": self.context, "ssl_shutdown_timeout": 1.0} if is_secure else {}
            self.listeners[door] = await loop.create_server(
                lambda door=door: Connection(self, door), "127.0.0.1", self.ports.get(door, 0), backlog=BACKLOG,
                **extra)
            self.ports[door] = self.listeners[door].sockets[0].getsockname()[1]

    async def watch(self):
        while True:
            await asyncio.sleep(1)
            now = self.ledger.now()
            for one in list(self.connections):
                one.look(now)

    # --- the control door
    async def control(self, reader, writer):
        with contextlib.suppress(asyncio.CancelledError):  # the server ends
            await self.take_lines(reader, writer)

    async def take_lines(self, reader, writer):
        while line := await reader.readline():
            try:
                command = json.loads(line)
                verb = VERBS.get(command.get("do"))
                if verb is None:
                    raise Refused(f"no such thing to do: {command.get('do')}")
                answer = await verb(self, command)
            except (Refused, ValueError, KeyError) as wrong:
                answer = {"error": f"{type(wrong).__name__}: {wrong}"}
            writer.write(json.dumps({"now": round(self.ledger.now(), 3), **answer}).encode() + b"\n")
            await writer.drain()
        writer.close()

    def chosen(self, command):
        """The live connections a line names: by tokens, or an even share of all in the order of their tokens."""
        live = [device.live for device in self.ledger.devices.values() if device.live]
        if "tokens" in command:
            wanted = set(command["tokens"])
            return [one for one in live if one.device.token in wanted]
        live.sort(key=lambda one: one.device.token)
        count = round(len(live) * float(command.get("share", 1)))
        step = len(live) / count if count else 0
        first = int(command.get("first", 0))
        return [live[(first + int(number * step)) % len(live)] for number in range(count)]

    async def do_answer(self, command):
        """The answer to all further logins, or the answers to the next ones of some tokens."""
        answers = [checked(answer) for answer in command["answers"]]
        if "tokens" not in command:
            if len(answers) != 1:
                raise Refused("one answer holds for all that is not scripted")
            self.answer = answers[0]
        for token in command.get("tokens", []):
            self.ledger.device(token).script.extend(answers)
        return {}

    async def do_linger(self, command):
        self.linger = float(command["seconds"])
        return {}

    async def do_kick(self, command):
        chosen = self.chosen(command)
        for one in chosen:
            one.kick(command.get("how", "fin"))
        return {"tokens": [one.device.token for one in chosen]}

    async def do_mute(self, command):
        chosen = self.chosen(command)
        for one in chosen:
            one.is_mute = True
            self.ledger.did(one.device, "mute")
        return {"tokens": [one.device.token for one in chosen]}

    async def do_push(self, command):
        if command["what"] not in PUSHES:
            raise Refused(f"one of {', '.join(PUSHES)}")
        sent = [one.device.token for one in self.chosen(command) if one.push(command["what"])]
        return {"tokens": sent}

    async def do_listen(self, command):
        """Shuts all doors and those who are inside out, or opens the doors at the same ports again."""
        for listener in self.listeners.values():
            listener.close()
        self.listeners.clear()
        if command["open"]:
            await self.open_doors()
            return {}
        for one in list(self.connections):
            if one.device and one.device.live is one:
                one.kick("fin")
            else:
                one.close()
        return {}

    async def do_totals(self, _):
        return self.ledger.totals()

    async def do_devices(self, command):
        known = self.ledger.devices
        wanted = command.get("tokens", list(known))
        return {"devices": [known[token].facts() for token in wanted if token in known]}

    async def do_reactions(self, command):
        wanted = set(command.get("tokens", self.ledger.devices))
        devices = [device for token, device in self.ledger.devices.items() if token in wanted]
        return {"reactions": self.ledger.reactions(devices, float(command.get("since", 0)))}

    async def do_breaches(self, _):
        return {"breaches": list(self.ledger.breaches)}


VERBS = {"answer": Server.do_answer, "linger": Server.do_linger, "kick": Server.do_kick, "mute": Server.do_mute,
         "push": Server.do_push, "listen": Server.do_listen, "totals": Server.do_totals,
         "devices": Server.do_devices, "reactions": Server.do_reactions, "breaches": Server.do_breaches}


def checked(answer):
    text = str(answer)
    if text in ("silence", "close", "split") or text.isdigit() and int(text) < 65536:
        return text
    parts = text.split(" ")
    if len(parts) == 3 and parts[0] == "redirect" and parts[2].isdigit():
        return text
    raise Refused(f"no such answer: {answer}: a status, silence, close, split, or redirect HOST PORT")


async def serve(folder):
    context, certificate = make_certificate(folder)
    server = Server(context)
    await server.open_doors()
    control = await asyncio.start_server(server.control, "127.0.0.1", 0, limit=LINE_MAX)
    ports = {**server.ports, "control": control.sockets[0].getsockname()[1], "ca": certificate}
    print(json.dumps(ports), flush=True)
    watch = asyncio.create_task(server.watch())
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    watch.cancel()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", help="where its certificate is written (default: a folder of its own)")
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, DESCRIPTORS), hard))
    with tempfile.TemporaryDirectory() as own:
        asyncio.run(serve(arguments.folder or own))


main()
