"""Virtual devices of each client family against a server that shares no code with them.

    families_test.py PEER_DEVICES

All cases of reactions.py at once, each with a device of its own; about 45 seconds, the longest patience of a client.
"""
import json
import queue
import subprocess
import sys
import threading
import time

import reactions
from peer import Findings, Peer, token_for

ONLINE_WITHIN = 30
WATCHED = 42  # seconds after the acts: longer than the longest window of reactions.py
FLAPPING = 15  # seconds in which two devices of one token take each other's place, every five
AWAY = 2


class Devices:
    """The program peer_devices: one line for each thing to do."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.views_told = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            told = json.loads(line)
            if "views" in told:
                self.views_told.put(told["views"])

    def do(self, verb, **what):
        self.process.stdin.write(json.dumps({"do": verb, **what}) + "\n")
        self.process.stdin.flush()

    def views(self):
        self.do("views")
        return self.views_told.get(timeout=20)

    def end(self):
        self.process.stdin.close()
        return self.process.wait(20)


class Cases:
    """Devices by name; a name says family, case and transport, and is the beginning of its token."""

    def __init__(self, peer, devices, findings):
        self.peer, self.devices, self.findings = peer, devices, findings
        self.names = []

    def add(self, name, family, token=None, is_secure=False):
        door = "tls" if is_secure else "plain"
        secure = {"ca": self.peer.ports["ca"]} if is_secure else {}
        self.devices.do("add", name=name, family=family, token=token or token_for(name),
                        heartbeat=reactions.HEARTBEAT, port=self.peer.ports[door], **secure)
        self.names.append(name)

    def on(self):
        for name in self.names:
            self.devices.do("on", name=name)

    def wait_until_online(self, names):
        wanted = {token_for(name) for name in names}
        end = time.monotonic() + ONLINE_WITHIN
        while time.monotonic() < end:
            seen = self.peer.do("devices")["devices"]
            if wanted <= {one["token"] for one in seen if one["is_online"] and one["info"]}:
                return
            time.sleep(0.1)
        self.findings.expect(False, f"not all of {len(wanted)} devices came online")

    def move(self, name, act):
        """The move after an act; the first of its kind."""
        found = [one for one in self.peer.device(token_for(name))["moves"] if one["act"] == act]
        self.findings.expect(bool(found), f"{name}: nothing is known of '{act}'")
        return found[0] if found else None


def at_login(cases):
    """The scripts of the first logins. Gives what to judge: name, act, reaction."""
    wanted = []
    for family, table in reactions.AT_LOGIN.items():
        for answer, reaction in table.items():
            for is_secure in (False, True) if answer in ("9", "redirect") else (False,):
                name = f"{family}-login-{answer}{'-tls' if is_secure else ''}"
                other = cases.peer.ports["other_tls" if is_secure else "other"]
                host = "localhost" if is_secure else "127.0.0.1"
                told = f"redirect {host} {other}" if answer == "redirect" else answer
                cases.peer.do("answer", tokens=[token_for(name)], answers=[told])
                cases.add(name, family, is_secure=is_secure)
                act = f"accepted {answer}" if answer in ("200", "4", "split") else answer
                wanted.append((name, f"refused {answer}" if act == answer and answer.isdigit() else act, reaction))
    return wanted


def once_online(cases):
    wanted = []
    for family, table in reactions.ONLINE.items():
        for act, reaction in table.items():
            for is_secure in (False, True) if act == "kick" else (False,):
                name = f"{family}-online-{act}{'-tls' if is_secure else ''}"
                cases.add(name, family, is_secure=is_secure)
                wanted.append((name, act, reaction))
    return wanted


def act_on(peer, wanted):
    for name, act, _ in wanted:
        tokens = [token_for(name)]
        if act in ("kick", "mute"):
            peer.do(act, tokens=tokens)
        else:
            peer.do("push", what=act, tokens=tokens)


def judge_answers(peer, findings, wanted):
    """What a device says to a ping or to a word it does not know."""
    for name, act, reaction in wanted:
        if reaction.answer:
            seen = peer.device(token_for(name))["answers"]
            findings.of(name in reactions.NOT_YET, name).expect(
                seen == {act: [reaction.answer]},
                f"{name}: answers to what was pushed: {seen}, expected {reaction.answer}")


def judge_pings(peer, findings):
    """Those who were left alone: JavaScript each ten seconds always, the others when a heartbeat was idle."""
    for family in reactions.AT_LOGIN:
        gaps = peer.device(token_for(f"{family}-login-200"))["ping_gaps"]
        findings.expect(len(gaps) >= 2, f"{family}: pings while nothing happens: {gaps}")
        for gap in gaps:
            findings.between(8, gap, 13, f"{family}: seconds between pings")


def judge_info(peer, findings):
    javascript = peer.device(token_for("js-login-200"))["info"]
    findings.of("js-info" in reactions.NOT_YET, "js-info").expect(
        javascript.get("dev") == "js" and "h-beat" not in javascript,
        f"js: its info block names no heartbeat: {javascript}")
    plain = peer.device(token_for("cpp-login-200"))["info"]
    findings.expect(plain.get("h-beat") == str(reactions.HEARTBEAT), f"cpp: its info block names it: {plain}")


def judge_the_redirected(cases):
    """Nobody keeps a redirect: the next connection begins at the host that was configured."""
    for family in reactions.AT_LOGIN:
        for name in (f"{family}-login-redirect", f"{family}-login-redirect-tls"):
            move = cases.move(name, "kick")
            door = "tls" if name.endswith("-tls") else "plain"
            cases.findings.expect(move is not None and move["door"] == door,
                                  f"{name}: back at its own host after the redirect: {move}")


def judge_views(cases, wanted):
    views = cases.devices.views()
    for name, act, _ in wanted:
        if act == "refused 9":
            cases.findings.expect(views[name]["connection"] == "token_invalid", f"{name}: knows its token is invalid")
        if act.startswith("accepted"):
            cases.findings.expect(views[name]["connection"] == "online", f"{name}: is online at the end")


def restart(cases, twins):
    """The second server: twins of one token, and doors that shut and open again."""
    cases.on()
    cases.wait_until_online([name for name in cases.names if name not in twins])
    end = time.monotonic() + FLAPPING
    while time.monotonic() < end:
        time.sleep(0.2)
    takeovers = cases.peer.do("totals")["counts"].get("takeovers", 0)
    is_flapping = 2 <= takeovers <= 2 * (FLAPPING // 4 + 1)
    cases.findings.expect(is_flapping, f"twins take each other's place: {takeovers} times")
    for name in twins:
        cases.devices.do("off", name=name)
    cases.peer.do("listen", open=False)
    time.sleep(AWAY)
    cases.peer.do("listen", open=True)


def main():
    findings = Findings()
    devices = Devices(sys.argv[1])
    with Peer() as peer, Peer() as second:
        peer.do("linger", seconds=8)  # a refused device goes by itself, before it is closed
        cases = Cases(peer, devices, findings)
        logins, acts = at_login(cases), once_online(cases)
        cases.on()
        cases.wait_until_online([name for name, _, _ in acts])
        act_on(peer, acts)
        began = time.monotonic()

        others = Cases(second, devices, findings)
        for family in ("js", "modern"):
            others.add(f"{family}-restart", family)
        twins = ["twin-one", "twin-two"]
        for name in twins:
            others.add(name, "js", token_for("twins"))
        restart(others, twins)

        redirected = [token_for(name) for name, act, _ in logins if act == "redirect"]
        peer.do("kick", tokens=redirected)
        while time.monotonic() < began + WATCHED:
            time.sleep(0.2)
        for name, act, reaction in logins + acts:
            move = cases.move(name, act)
            if move:
                reactions.judge(findings, name, move, reaction)
        for family in ("js", "modern"):
            move = others.move(f"{family}-restart", "kick")
            if move:
                reactions.judge(findings, f"{family} after a restart", move, reactions.Reaction(reactions.FIVE))
        judge_answers(peer, findings, acts)
        judge_pings(peer, findings)
        judge_info(peer, findings)
        judge_the_redirected(cases)
        judge_views(cases, logins)
        for one in (peer, second):
            breaches = one.do("breaches")["breaches"]
            findings.expect(not breaches, f"breaches of the protocol: {breaches[:5]}")
        findings.expect(devices.end() == 0, "the devices end in order")
    findings.end()


if __name__ == "__main__":
    main()
