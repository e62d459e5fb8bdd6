"""The life of a request and of one step of an erasure, as tables."""

from __future__ import annotations

from privacy.ground import states

REQUEST = states.Machine(
    "request",
    {
        "received": {"verified", "refused", "withdrawn", "joined", "lapsed"},
        "verified": {"approved", "executing", "refused", "withdrawn", "joined"},
        "approved": {"executing", "withdrawn", "joined"},
        "executing": {"completed", "partly_done", "joined"},
        "partly_done": {"executing", "joined"},
        "completed": set(),
        "refused": set(),
        "withdrawn": set(),
        "joined": set(),
        "lapsed": set(),
    },
)

TRANSFER = states.Machine(
    "transfer",
    {
        "waiting": {"sending", "failed"},
        "sending": {"done", "failed"},
        "done": set(),
        "failed": set(),
    },
)

OPEN = ("received", "verified", "approved", "executing", "partly_done")
"""A request in one of these states still owes its person something."""

WITHDRAWABLE = ("received", "verified", "approved")
"""Until the worker starts; afterwards there is nothing left to give back."""
