"""Whatever Alice and Bob do, in whatever order: no copy speaks of the other, nothing of the erased is left, the books stay."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as hypothesis_settings

from privacy.rights.models import DataRequest, Kind, State
from tests.consistency import histories  # noqa: F401  # fills ACTS
from tests.consistency.world import ACTS, Stripe, World

pytestmark = pytest.mark.django_db

Event = tuple[str, str]
WHO = strategies.sampled_from(["alice", "alice", "bob"])
# Most of what can happen needs an account or an order: they are drawn more often.
OFTEN = ["signs_up", "proves_the_address", "orders_signed_in", "orders_as_a_guest"]
EVENTS = strategies.tuples(strategies.sampled_from([*sorted(ACTS), *OFTEN]), WHO)
LAST = ("asks_for_erasure", "is_approved", "time_passes")


def with_an_end(before: list[Event], who: str, after: list[Event]) -> list[Event]:
    """A history in the middle of which somebody is erased, if nothing before stands in the way."""
    return [*before, *((name, who) for name in LAST), *after]


ANYHOW = strategies.lists(EVENTS, min_size=6, max_size=14)
ERASED = strategies.builds(
    with_an_end, strategies.lists(EVENTS, min_size=3, max_size=9), WHO, strategies.lists(EVENTS, max_size=4)
)
HISTORIES = strategies.one_of(ERASED, ANYHOW)

ALONG = [
    *("orders_as_a_guest", "signs_up", "proves_the_address", "orders_signed_in", "adds_an_address", "is_written_to"),
    *("parcel_leaves", "parcel_leaves", "parcel_arrives", "parcel_arrives", "gets_money_back", "takes_a_copy"),
    *("sends_back", "return_is_worked", "return_is_worked", "return_is_worked"),
    *("asks_for_erasure", "is_approved", "time_passes"),
]
WRITTEN: dict[str, list[Event]] = {
    "erased beside Bob": [(name, who) for name in ALONG[:-3] for who in ("alice", "bob")]
    + [(name, "alice") for name in ALONG[-3:]],
    "a parcel on its way": [
        *((name, "alice") for name in ("signs_up", "proves_the_address", "orders_signed_in", "parcel_leaves")),
        *(
            (name, "alice")
            for name in ("asks_for_erasure", "is_approved", "time_passes", "parcel_arrives", "time_passes")
        ),
    ],
    "a return on its way": [
        *((name, "alice") for name in ("orders_as_a_guest", "parcel_leaves", "parcel_arrives", "sends_back")),
        *((name, "alice") for name in ("asks_for_erasure", "is_approved", "time_passes", "keeps_it_after_all")),
        ("time_passes", "alice"),
    ],
    "held, and let go": [
        *((name, "alice") for name in ("signs_up", "adds_an_address", "is_held", "asks_for_erasure", "is_approved")),
        *((name, "alice") for name in ("time_passes", "is_let_go", "time_passes")),
    ],
    "taken back, then meant": [
        *(
            (name, "alice")
            for name in ("signs_up", "adds_an_address", "asks_for_erasure", "is_approved", "takes_it_back")
        ),
        *(
            (name, "alice")
            for name in ("orders_signed_in", "cancels", "asks_for_erasure", "is_approved", "time_passes")
        ),
    ],
    "back after an erasure": [
        *(
            (name, "alice")
            for name in ("signs_up", "proves_the_address", "asks_for_erasure", "is_approved", "time_passes")
        ),
        *((name, "alice") for name in ("orders_as_a_guest", "signs_up", "proves_the_address", "takes_a_copy")),
    ],
    "a guest only": [
        *((name, "alice") for name in ("orders_as_a_guest", "parcel_leaves", "parcel_arrives", "takes_a_copy")),
        *((name, "alice") for name in ("asks_for_erasure", "is_approved", "time_passes")),
    ],
    "away and erased": [
        *(
            (name, "alice")
            for name in ("signs_up", "proves_the_address", "deactivates", "asks_for_erasure", "is_approved")
        ),
        *((name, "alice") for name in ("comes_back", "time_passes")),
    ],
}


@pytest.fixture
def shop(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder and a Stripe of the test's own."""
    settings.LOUPE_HOME = tmp_path
    Stripe().stand_in(monkeypatch)


def lived(history: list[Event]) -> World:
    """Let it happen, and look after each act."""
    world = World()
    for name, who in history:
        world.happens(name, who)
        world.holds()
    return world


@pytest.mark.parametrize("name", WRITTEN)
def test_a_history_that_people_have_had(shop: None, name: str) -> None:
    world = lived(WRITTEN[name])
    assert world.alice.tokens
    if name not in {"back after an erasure"}:
        assert world.alice.user is None, "she is gone"
    if name == "erased beside Bob":
        assert world.bob.user is not None
        assert len(world.money) == 4


def anything_may_happen(history: list[Event]) -> int:
    """One random history, taken back afterwards. Returns how many erasures it completed."""
    with transaction.atomic():
        lived(history)
        erasures = DataRequest.objects.filter(kind=Kind.ERASURE, state=State.COMPLETED).count()
        transaction.set_rollback(True)
    return erasures


@hypothesis_settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=HISTORIES)
def test_whatever_happens_in_whatever_order(shop: None, history: list[Event]) -> None:
    anything_may_happen(history)
