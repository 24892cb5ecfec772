"""A fleet against a server that shares no code with it, driven through kick, mute, redirect, silence and refusals.

    fleet_test.py --minutes 10 --devices 2000 PROGRAM ARGS…

PROGRAM plays the fleet. In its arguments {target}, {tokens}, {devices} and {minutes} are filled in: the plain door, a
file with one token a line, and what this test was told. It must end by itself after that time; whether it calls the
run a good one is its own verdict, and not asked: this server is no good one. For a stand-in without a load engine:
fleet_test.py --minutes 2 --devices 90 --stand-in PEER_DEVICES
"""
import argparse
import os
import subprocess
import tempfile
import time

import reactions
from families_test import Devices
from peer import Findings, Peer, raise_descriptor_limit, token_for

PARTS = 8  # of the time: arrival, kick, mute, redirect, silence, refusals, restart, invalid tokens
STATUS_SECONDS_MIN = 12  # a refused client tries twice in it
DEFAULT_HEARTBEAT = 45
INVALID = 5  # devices that hear status 9
FAMILY_OF = {"js": "js", "Linux": "cpp"}  # by the "dev" of its info block; anything else is modern
SLACK = 5  # seconds a loaded machine or a slow link may add to a timer of a client
LOOK_EVERY = 0.5
PLAYED = (0, 1)  # exit codes of a run that was played to its end, whatever it thinks of the server


def windows(family, device):
    """What this device does, by its family and its heartbeat."""
    beat = int(device["info"].get("h-beat", DEFAULT_HEARTBEAT))
    table = {**reactions.AT_LOGIN[family], **reactions.ONLINE[family]}
    longer = beat - reactions.HEARTBEAT
    if family == "cpp":
        low, high = reactions.NEXT_WRITE
        table["kick"] = reactions.Reaction((low, high + longer))
    if table["mute"].back != reactions.STAYS:
        low, high = reactions.PATIENCE
        table["mute"] = reactions.Reaction((low, high + longer))
    return table


def judge_move(findings, name, move, reaction):
    if reaction.back in (reactions.STAYS, reactions.NEVER):
        findings.expect(move["back"] is None, f"{name}: back after {move['back']} s, expected not to")
        return
    low, high = reaction.back
    findings.between(low, move["back"], high + SLACK, f"{name}: seconds until it is back")
    is_other = (move["door"] or "").startswith("other")
    findings.expect(is_other == (reaction.door == "other"), f"{name}: came by the door {move['door']}")


class Drive:
    """One part after the other; each begins with everybody online and ends there."""

    def __init__(self, peer, findings, families, seconds):
        """`families` has the family of each token, or nothing for it to be read from the info block."""
        self.peer, self.findings, self.families, self.tokens = peer, findings, families, list(families)
        self.part_seconds = seconds / PARTS
        self.expected = len(families)

    def say(self, what):
        totals = self.peer.do("totals")
        print(f"{totals['now']:7.1f} s  {what}: {totals['online']} online, {totals['counts'].get('logins', 0)} logins, "
              f"breaches {totals['breaches'] or 'none'}", flush=True)

    def pause(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(min(LOOK_EVERY, max(0.0, end - time.monotonic())))

    def family(self, device):
        return self.families[device["token"]] or FAMILY_OF.get(device["info"].get("dev"), "modern")

    def windows(self, device):
        return windows(self.family(device), device)

    def until_all_online(self, what):
        end = time.monotonic() + self.part_seconds * 2
        while self.peer.do("totals")["online"] < self.expected and time.monotonic() < end:
            time.sleep(LOOK_EVERY)
        online = self.peer.do("totals")["online"]
        self.findings.expect(online == self.expected, f"{what}: {online} of {self.expected} online")

    def settle(self, act, since, chosen):
        """Everybody back, and each of those it was done to judged by what its family does."""
        self.until_all_online(act)
        self.judge(act, since, chosen)
        self.say(act)

    def judge(self, act, since, chosen):
        judged, seen = 0, []
        for device in self.peer.do("devices", tokens=chosen)["devices"]:
            moves = [move for move in device["moves"] if move["act"] == act and move["at"] >= since]
            reaction = self.windows(device)[act.replace("refused ", "")]
            place = "online" if act in ("kick", "mute") else "login"
            case = f"{self.family(device)}-{place}-{act.replace('refused ', '')}"
            findings = self.findings.of(case in reactions.NOT_YET, case)
            for move in moves:
                judged += 1
                seen.append(move["back"])
                judge_move(findings, f"{case}: {device['token']}", move, reaction)
        self.findings.expect(judged > 0, f"{act}: nobody was judged")
        known = sorted(back for back in seen if back is not None)
        if known:
            print(f"           {act}: {judged} moves, back after {known[0]} to {known[-1]} s, half by "
                  f"{known[len(known) // 2]} s", flush=True)

    # --- the parts
    def play(self):
        self.until_all_online("arrival")
        self.say("arrival")
        for part in (self.kick, self.mute, self.redirect, self.silence, self.refusals, self.restart, self.invalid):
            end = time.monotonic() + self.part_seconds
            part()
            self.pause(end - time.monotonic())

    def do(self, act, **what):
        since = self.peer.do("totals")["now"]
        return since, self.peer.do(act, **what)["tokens"]

    def kick(self):
        since, chosen = self.do("kick", share=0.3)
        self.findings.expect(len(chosen) == round(0.3 * self.expected), f"{len(chosen)} were kicked")
        self.pause(20)  # those who only notice when they write are not yet judged before that
        self.settle("kick", since, chosen)

    def mute(self):
        since, chosen = self.do("mute", share=0.2, first=1)
        windows_by_token = {device["token"]: self.windows(device)["mute"].back
                            for device in self.peer.do("devices", tokens=chosen)["devices"]}
        patient = [token for token, window in windows_by_token.items() if window == reactions.STAYS]
        self.pause(max([window[1] for window in windows_by_token.values() if window != reactions.STAYS], default=30))
        self.settle("mute", since, chosen)
        self.peer.do("kick", tokens=patient)  # they would hear nothing for ever
        self.until_all_online("after muteness")

    def redirect(self):
        since, chosen = self.do("kick", share=0.3, first=2)
        # Once for each: the connection by which it comes back is answered, the one after that is let in.
        self.peer.do("answer", tokens=chosen, answers=[f"redirect 127.0.0.1 {self.peer.ports['other']}"])
        self.pause(30)
        self.settle("redirect", since, chosen)

    def silence(self):
        since, chosen = self.do("kick", share=0.2, first=3)
        self.peer.do("answer", tokens=chosen, answers=["silence", "silence"])
        self.pause(40)
        self.settle("silence", since, chosen)

    def refusals(self):
        for status in reactions.REFUSALS:
            since, chosen = self.do("kick", share=0.1, first=int(status))
            self.peer.do("answer", tokens=chosen, answers=[status, status])
            self.pause(STATUS_SECONDS_MIN)
            self.settle(f"refused {status}", since, chosen)

    def restart(self):
        since = self.peer.do("totals")["now"]
        self.peer.do("listen", open=False)
        self.pause(4)  # less than the five seconds: nobody knocks at a shut door by its own timer
        self.peer.do("listen", open=True)
        self.pause(20)
        self.settle("kick", since, self.tokens)

    def invalid(self):
        chosen = self.tokens[:INVALID]
        since, _ = self.do("kick", tokens=chosen)
        self.peer.do("answer", tokens=chosen, answers=["9"])
        self.expected -= INVALID
        self.pause(max(self.part_seconds / 2, 30))
        self.judge("refused 9", since, chosen)
        self.findings.expect(not self.peer.do("totals")["counts"].get("logins after status 9"),
                             "nobody logs in again after status 9")
        self.say("status 9")


def stand_in(program, peer, families):
    devices = Devices(program)
    for token, family in families.items():
        devices.do("add", name=token, family=family, token=token,
                   heartbeat=reactions.HEARTBEAT, port=peer.ports["plain"])
        devices.do("on", name=token)
    return devices


def start_fleet(arguments, peer, folder, tokens):
    file = os.path.join(folder, "tokens.txt")
    with open(file, "w") as out:
        out.write("\n".join(tokens) + "\n")
    values = {"target": f"127.0.0.1:{peer.ports['plain']}", "tokens": file, "devices": len(tokens),
              "minutes": f"{arguments.minutes:g}"}
    command = [arguments.program, *[one.format(**values) for one in arguments.arguments]]
    print("starts:", " ".join(command), flush=True)
    return subprocess.Popen(command)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--devices", type=int, default=2000)
    parser.add_argument("--stand-in", action="store_true")
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    raise_descriptor_limit()
    findings = Findings()
    known = list(reactions.AT_LOGIN) if arguments.stand_in else [None]
    families = {token_for(f"fleet-{number:05}"): known[number % len(known)] for number in range(arguments.devices)}
    with tempfile.TemporaryDirectory() as folder, Peer() as peer:
        if arguments.stand_in:
            fleet = stand_in(arguments.program, peer, families)
        else:
            fleet = start_fleet(arguments, peer, folder, list(families))
        # The fleet ends first by its own clock: what it does at its end is not for this server to judge.
        Drive(peer, findings, families, arguments.minutes * 60 * 0.9).play()
        breaches = peer.do("breaches")["breaches"]
        findings.expect(not breaches, f"breaches of the protocol: {breaches[:5]}")
        code = fleet.end() if arguments.stand_in else fleet.wait(arguments.minutes * 60 + 60)
        findings.expect(code in PLAYED, f"the fleet ended with exit code {code}")
        for act, seen in peer.do("reactions")["reactions"].items():
            print(f"{act:14} {seen['count']:6}  back {seen['back']}  hung up {seen['hung_up']}")
    findings.end()


if __name__ == "__main__":
    main()
