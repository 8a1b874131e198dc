"""By which way a moment may come where the first one is refused: the ways the playbook names beside each other.

Source: DOMAIN 2.2, column "Channel: code A/B · code C". What follows the first way is always a message: a refused call
may become a message, a refused message never a call. Plain data and words; arbitration.py decides with them.
"""

from __future__ import annotations

MESSAGES = ("sms", "app", "chat", "ivr")  # wait in the outbox for a sender

# Ways of equal right, of A and B, then of C. A kind whose channel an editor changed to another has no second one.
NAMED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "A3": (("call", "chat"), ("sms",)),
    "A4": (("chat", "sms"), ("sms",)),
    "A7": (("sms",), ("sms", "ivr")),
    "A8": (("call",), ("sms", "ivr")),
    "B1": (("app", "sms"), ("app", "sms")),
    "B5": (("call",), ("app", "sms")),
    "B6": (("call",), ("sms", "ivr")),
    "B7": (("app", "sms"), ("sms",)),
    "B8": (("app", "sms"), ("sms",)),
    "C1": (("call",), ("sms", "app")),
    "C2": (("call",), ("call", "sms")),
}
MOST_WAYS = 4  # sms, app, chat, ivr: no list is longer


def next_ways(code: str, *, channel_ab: str, channel_c: str) -> tuple[list[str], list[str]]:
    """Return the messages to try in order after a refusal, for A and B, and for C.

    A and B come down to the way of C: "call · SMS" is a message for whom we may not call.
    """
    named_ab, named_c = NAMED.get(code, ((), ()))
    of_c = _messages(channel_c, named_c)
    return list(dict.fromkeys([*_messages(channel_ab, named_ab), *of_c])), of_c


def _messages(channel: str, named: tuple[str, ...]) -> list[str]:
    ways = dict.fromkeys([channel, *(named if channel in named else ())])
    return [way for way in ways if way in MESSAGES]
