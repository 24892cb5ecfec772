"""What clients of each family do after what a server does to them, as was seen with the real ones: one table.

A window is wide around a timer of the client, narrow enough to tell it from its neighbours: at once, after five
seconds, at a ten-second tick. Heartbeats of devices in these tests are ten seconds.
"""
from typing import NamedTuple, Optional, Tuple

HEARTBEAT = 10
NEVER = "never"  # must not come back
STAYS = "stays"  # must not hang up: nothing happens to the connection

AT_ONCE = (0, 3)
FIVE = (4, 8.5)
TICK = (8.5, 14)  # the next of its ten-second ticks
TIME_OUT = (5, 8.5)  # six seconds, and then again at once
EITHER_TIME_OUT = (5, 13)  # the same, with or without five seconds between: nobody's timer in particular
NEXT_WRITE = (4, 20)  # a close is noticed when it pings next, five seconds before it comes back
PATIENCE = (17, 38)  # three time-outs beyond a heartbeat whose beginning is unknown, and maybe the way back
Window = Tuple[float, float]


class Reaction(NamedTuple):
    back: object  # a window in seconds, or NEVER, or STAYS
    hung_up: Optional[Window] = None
    door: str = "same"  # by which it comes back
    answer: Optional[int] = None  # the status of what it says to a push


REFUSALS = ("2", "3", "5", "6", "19", "20")

# To the answer to its login.
AT_LOGIN = {
    "cpp": {"200": Reaction(STAYS), "4": Reaction(STAYS), "9": Reaction(NEVER, AT_ONCE),
            **{status: Reaction(FIVE, AT_ONCE) for status in REFUSALS},
            "silence": Reaction(TIME_OUT), "close": Reaction(TIME_OUT),
            "redirect": Reaction(AT_ONCE, AT_ONCE, "other")},
    "js": {"200": Reaction(STAYS), "4": Reaction(STAYS), "9": Reaction(NEVER, AT_ONCE),
           **{status: Reaction(TICK, AT_ONCE) for status in REFUSALS},
           "silence": Reaction(TICK), "close": Reaction(TICK), "redirect": Reaction(TICK, AT_ONCE, "other"),
           "split": Reaction(STAYS)},
    "modern": {"200": Reaction(STAYS), "4": Reaction(STAYS), "9": Reaction(NEVER, AT_ONCE),
               **{status: Reaction(FIVE, AT_ONCE) for status in REFUSALS},
               "silence": Reaction(EITHER_TIME_OUT), "close": Reaction(FIVE),
               "redirect": Reaction(AT_ONCE, AT_ONCE, "other"), "split": Reaction(STAYS)},
}  # fmt: skip

# To what happens once it is online.
ONLINE = {
    "cpp": {"kick": Reaction(NEXT_WRITE), "mute": Reaction(PATIENCE, PATIENCE), "status5": Reaction(FIVE, AT_ONCE),
            "ping": Reaction(STAYS, answer=200),
            "read": Reaction(STAYS, answer=2), "debug": Reaction(STAYS),
            "write": Reaction(STAYS), "unknown": Reaction(AT_ONCE, AT_ONCE), "id0": Reaction(FIVE, AT_ONCE),
            "too_big": Reaction(AT_ONCE, AT_ONCE)},
    "js": {"kick": Reaction(FIVE), "mute": Reaction(STAYS), "status5": Reaction(STAYS),
           "ping": Reaction(STAYS, answer=200), "read": Reaction(STAYS), "debug": Reaction(STAYS),
           "write": Reaction(STAYS), "halves": Reaction(STAYS),
           "unknown": Reaction(STAYS, answer=2), "id0": Reaction(FIVE, AT_ONCE),
           "too_big": Reaction(FIVE, AT_ONCE)},
    "modern": {"kick": Reaction(FIVE), "mute": Reaction(PATIENCE, PATIENCE), "status5": Reaction(FIVE, AT_ONCE),
               "ping": Reaction(STAYS, answer=200),
               "read": Reaction(STAYS, answer=2), "debug": Reaction(STAYS),
               "write": Reaction(STAYS), "halves": Reaction(STAYS), "unknown": Reaction(AT_ONCE, AT_ONCE),
               "id0": Reaction(FIVE, AT_ONCE), "too_big": Reaction(AT_ONCE, AT_ONCE)},
}  # fmt: skip

# What our devices do not do yet. A case that holds all the same is named, so that it is taken off.
NOT_YET = {
    *(f"{family}-login-redirect{transport}" for family in AT_LOGIN for transport in ("", "-tls")),
    *(f"js-login-{status}" for status in REFUSALS), "js-login-close", "js-online-status5",
    *(f"{family}-online-{act}" for family in ONLINE for act in ("unknown", "too_big", "ping")),
    "cpp-online-read", "modern-online-read", "js-info",
}  # fmt: skip


def judge(findings, name, move, reaction):
    """One move of a device against what its family does."""
    findings = findings.of(name in NOT_YET, name)
    if reaction.back in (STAYS, NEVER):
        findings.expect(move["back"] is None, f"{name}: must not log in again, did after {move['back']} s")
    else:
        findings.between(*[reaction.back[0], move["back"], reaction.back[1]], f"{name}: seconds until it is back")
        is_other = (move["door"] or "").startswith("other")
        findings.expect(move["back"] is None or is_other == (reaction.door == "other"),
                        f"{name}: came back by the door {move['door']}, not by the {reaction.door} one")
    if reaction.back == STAYS:
        findings.expect(move["hung_up"] is None, f"{name}: must stay, hung up after {move['hung_up']} s")
    elif reaction.hung_up:
        findings.between(reaction.hung_up[0], move["hung_up"], reaction.hung_up[1], f"{name}: seconds until it hung up")
