"""The suppression list: it outlives consent, account and erasure, and only the person's own opt-in ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from privacy.ground import digests
from privacy.messages import suppressions
from privacy.messages.stoplist import Suppression
from privacy.messages.suppressions import Reason
from privacy.models import AuditEvent
from privacy.register import registry, rotation, subjects
from privacy.rights import retention
from privacy.tests.people import NOON, someone

pytestmark = pytest.mark.django_db

ALICE, BOB = "alice@example.com", "bob@example.com"


def raised(value=ALICE, *, channel="email", reason=Reason.UNSUBSCRIBED):
    return suppressions.raise_for(channel, value, reason=reason, by="test", at=NOON)


@pytest.mark.parametrize(
    ("reason", "stops_news", "stops_orders"),
    [(Reason.UNSUBSCRIBED, True, False), (Reason.COMPLAINED, True, False), (Reason.BOUNCED, True, True)],
    ids=["unsubscribed", "complained", "bounced"],
)
def test_what_is_stopped_depends_on_why(reason, stops_news, stops_orders):
    raised(reason=reason)
    assert suppressions.stops("email", ALICE, marketing=True) is stops_news
    assert suppressions.stops("email", ALICE, marketing=False) is stops_orders
    assert suppressions.why("email", ALICE, marketing=True) == reason
    assert suppressions.why("email", BOB, marketing=True) == ""


@pytest.mark.parametrize(
    ("channel", "given", "met"),
    [
        ("email", "Alice@Example.com ", ALICE),
        ("sms", "(212) 555-0188", "+12125550188"),
        ("post", "Alice Token\n5 Orchard Lane\n10012", "ALICE TOKEN, 5 Orchard Lane, 10012"),
    ],
    ids=["email", "sms", "post"],
)
def test_another_spelling_is_the_same_address_and_another_channel_is_not(channel, given, met):
    raised(given, channel=channel)
    assert suppressions.stops(channel, met, marketing=True)
    others = {"email", "sms", "post"} - {channel}
    assert [suppressions.stops(other, met, marketing=True) for other in sorted(others)] == [False, False]


def test_the_table_holds_no_address_and_no_person():
    row = raised()
    assert ALICE not in str(Suppression.objects.values().get())
    assert [field.name for field in Suppression._meta.fields if field.is_relation] == []
    assert row.digest == digests.of("email", ALICE).value


def test_raising_twice_is_once_and_each_act_is_on_the_trail():
    raised(), raised()
    suppressions.lift("email", ALICE, by="test", at=NOON + timedelta(days=1))
    raised()
    assert Suppression.objects.count() == 1
    assert list(AuditEvent.objects.order_by("pk").values_list("event", flat=True)) == [
        "suppression.raised",
        "suppression.lifted",
        "suppression.raised",
    ]
    assert suppressions.stops("email", ALICE, marketing=True)


def test_an_opt_in_lifts_every_reason_for_one_address_only():
    raised(), raised(reason=Reason.BOUNCED), raised(BOB)
    assert suppressions.lift("email", ALICE, by="test", at=NOON) == 2
    assert suppressions.lift("email", ALICE, by="test", at=NOON) == 0
    assert suppressions.stops("email", ALICE, marketing=True) is False
    assert suppressions.stops("email", BOB, marketing=True) is True


@pytest.mark.promise("JK-31")
def test_it_survives_erasure_and_a_new_account_with_the_same_address():
    alice = someone("alice")
    raised()
    subjects.mark_erased(alice.subject, by="test", at=NOON)
    alice.user.delete()
    again = someone("alice")
    assert again.subject != alice.subject
    assert suppressions.stops("email", again.email, marketing=True)


@pytest.mark.promise("JK-31")
def test_nightly_retention_takes_only_what_was_lifted():
    raised(), raised(BOB)
    suppressions.lift("email", BOB, by="test", at=NOON)
    retention.run(apply=True, model="privacy.Suppression", by="test", at=NOON + timedelta(days=36_500))
    assert [row.digest for row in Suppression.objects.all()] == [digests.of("email", ALICE).value]


def test_a_copy_shows_a_persons_own_and_never_that_of_an_address_they_only_typed():
    alice, bob = someone("alice"), someone("bob")
    raised(), raised(BOB)
    subjects.identify(bob.subject, value="carol@example.com", by="test", at=NOON)
    raised("carol@example.com")
    rows = registry.of("privacy.Suppression").rows
    assert [row.digest for row in rows([alice.subject.pk])] == [digests.of("email", ALICE).value]
    assert [row.digest for row in rows([bob.subject.pk])] == [digests.of("email", BOB).value]


# A new digest key


@pytest.fixture
def use(settings):
    def use_now(*keys):
        settings.LOUPE_DIGEST_KEYS = list(keys)
        digests.keys.cache_clear()

    yield use_now
    digests.keys.cache_clear()


OLD, NEW = "1:" + "ab" * 32, "2:" + "cd" * 32


def test_a_new_key_renews_what_is_still_known_and_forgets_nobody(use):
    use(OLD)
    someone("alice")
    raised(), raised("long-gone@example.com")
    use(NEW, OLD)
    assert suppressions.stops("email", ALICE, marketing=True)
    assert suppressions.redigest(apply=False) == 1
    assert rotation.redigest(apply=True) == 2  # her identifier, and the suppression
    assert sorted(Suppression.objects.values_list("key_version", flat=True)) == [1, 2]
    assert rotation.digest_keys() == {2: 2, 1: 1}
    assert [suppressions.stops("email", each, marketing=True) for each in (ALICE, "long-gone@example.com")] == [
        True
    ] * 2
    use(NEW)
    assert suppressions.stops("email", ALICE, marketing=True)


def test_one_that_was_raised_again_under_the_new_key_is_merged(use):
    use(OLD)
    someone("alice")
    raised()
    use(NEW, OLD)
    raised()
    suppressions.redigest(apply=True)
    assert list(Suppression.objects.values_list("key_version", flat=True)) == [2]
