"""What everybody who works at the desk has read and answered: the rules for handling people's data, and a short training.

The words here are what a member of staff is held to, so the words themselves are the version: change one, and everybody is asked
again. How long each counts is said by `accounts.clearance`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Final

RULES: Final = (
    "I open somebody's data only for a task that is in front of me, and only as much of it as the task needs.",
    "I never look anybody up out of curiosity: not a friend, not a relative, not somebody well known, and not myself.",
    "When I reveal what is masked, I give the true reason. I know that it is written down and that the person can read it.",
    "What I read here stays here. I copy no names, addresses or orders to my own devices, to paper or to another program.",
    "I sell and give contact details to nobody. A list of people leaves the shop only through the page that is made for it.",
    "I name nobody in notes and reasons; I give references.",
    "My login is mine alone. I lock the screen when I get up, and I sign out on a computer that others use.",
    "I decide about nobody's request when it is my own, or that of somebody close to me.",
    "When I see a mistake, a loss or an attack, or cause one, I tell the data protection officer at once: the law gives 72 hours.",
)


@dataclass(frozen=True, slots=True)
class Question:
    """A situation, what one could do, and which of it is right, with the reason."""

    slug: str
    asks: str
    answers: tuple[str, ...]
    right: int
    because: str


QUESTIONS: Final = (
    Question(
        "caller",
        "A caller says she is Mrs Lind and asks you to read out the address on her last order.",
        (
            "Read it out: she knows the order",
            "Offer her the form, which finds out that it is her",
            "Ask for a copy of her identity card by mail",
        ),
        1,
        "A voice proves nothing, and an identity card is more than we may ask for. The form asks for what we can check.",
    ),
    Question(
        "celebrity",
        "An order carries a name from the news. It waits for nobody at your desk.",
        (
            "Look at it, and tell nobody",
            "Leave it alone",
            "Look at it once, with a reason that sounds right",
        ),
        1,
        "A look needs a task. Each one is written down, and the person can read it.",
    ),
    Question(
        "attachment",
        "A colleague asks for a list of our customers in Paris, in a mail, for a party.",
        (
            "Send it to the address the shop gave them",
            "Send it without the names",
            "Send nothing, and lead them to the page for lists",
        ),
        2,
        "A list of people leaves through one page, which asks what for and leaves out who refused. A mail does neither.",
    ),
    Question(
        "wrong_parcel",
        "You notice that two parcels were swapped: each customer has the other's invoice in hand.",
        (
            "Tell the data protection officer now",
            "Wait and see whether anybody complains",
            "Write both an apology, then it is settled",
        ),
        0,
        "It is a breach, if a small one. Whether an authority or the two people have to be told is decided within 72 hours.",
    ),
    Question(
        "erase",
        "A customer writes to the order desk: delete everything you have about me.",
        (
            "Lead them to the account page",
            "Delete the account",
            "Make it a request at once",
        ),
        2,
        "A wish counts however it reaches us, from the moment it did. Deleting by hand forgets what lies elsewhere.",
    ),
)


def _digest(words: object) -> str:
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


RULES_DIGEST: Final = _digest(RULES)
TRAINING_DIGEST: Final = _digest([asdict(question) for question in QUESTIONS])
