"""The algebra of lawful reasons: what is erased is everything minus the union of what active reasons keep."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.register import declare, registry, subjects
from privacy.register.declare import EVERY_ROW, Basis, Blocker, Keeps
from privacy.rights import reasons
from privacy.rights.reasons import Ground, Reason
from privacy.tests.people import NOON, someone

ADDRESS = "accounts.Address"
FIELDS = sorted(registry.of(ADDRESS).personal_fields())


def reason(fields: frozenset[str] | None) -> Reason:
    return Reason(Ground.UNFINISHED, ADDRESS, "Something.", Basis.CONTRACT, "soon", EVERY_ROW, fields)


some_reason = st.builds(reason, st.none() | st.frozensets(st.sampled_from(FIELDS)))


@given(st.lists(some_reason, max_size=5), some_reason)
def test_a_reason_more_never_erases_more_and_nothing_is_both_kept_and_erased(
    active: list[Reason], other: Reason
) -> None:
    declaration = registry.of(ADDRESS)
    gone = reasons.erased(declaration, active)
    kept = frozenset().union(*(each.keeps(declaration) for each in active))
    assert gone | kept == frozenset(FIELDS)
    assert gone & kept == frozenset()
    assert reasons.erased(declaration, [*active, other]) == gone - other.keeps(declaration)
    assert reasons.erased(declaration, reversed(active)) == gone


@pytest.fixture
def parcels(db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Alice and Bob; whatever the test says is unfinished."""

    def hand_over(*blockers: Blocker) -> None:
        was = declare.DECLARATIONS[ADDRESS]
        now = declare.Declaration(**{**vars(was), "blockers": lambda family: blockers})
        monkeypatch.setitem(declare.DECLARATIONS, ADDRESS, now)

    return hand_over


def test_a_blocker_keeps_the_rows_and_fields_it_names_and_says_so(parcels: Any) -> None:
    alice = someone("alice")
    identifier, email = "privacy.Identifier", "account.EmailAddress"
    parcels(
        Blocker(
            "LP-1",
            "A parcel is on its way.",
            (Keeps(ADDRESS, fields=("line1",)), Keeps(email)),
            ends="when it is there",
        ),
        Blocker("LP-2", "A ring is made.", (Keeps(ADDRESS, EVERY_ROW, ("full_name",)),)),
    )
    now = reasons.active(subjects.family(alice.subject), at=NOON)
    addresses = registry.of(ADDRESS)
    (key,) = addresses.rows(now.family).values_list("pk", flat=True)

    assert now.kept_fields(addresses, [key]) == {key: {"line1", "full_name"}}
    assert [each.reference for each in now.in_the_way(registry.of(email))] == ["LP-1"]
    assert now.in_the_way(registry.of(identifier)) == []
    assert now.erasable(registry.of(email)).count() == now.erasable(addresses).count() == 0
    assert now.erasable(registry.of(identifier)).count() == 1
    assert reasons.unfinished(now.family, at=NOON) == [
        reasons.Waiting("A parcel is on its way.", "when it is there", ("E-mail addresses (1)", "Saved addresses (1)")),
        reasons.Waiting("A ring is made.", "when it is finished", ("Saved addresses (1)",)),
    ]


def test_a_blocker_that_names_nothing_keeps_the_rows_of_its_own_model(parcels: Any) -> None:
    alice = someone("alice")
    parcels(Blocker("LP-1", "A parcel is on its way."))
    now = reasons.active(subjects.family(alice.subject), at=NOON)
    held = [each.model for each in registry.all_declared() if now.in_the_way(each)]
    assert held == [ADDRESS]


def test_one_that_lasts_keeps_its_rows_and_is_in_nobodys_way(parcels: Any) -> None:
    alice = someone("alice")
    parcels(Blocker("work", "You work here.", (Keeps(ADDRESS),), lasts=True))
    now = reasons.active(subjects.family(alice.subject), at=NOON)
    assert now.erasable(registry.of(ADDRESS)).count() == now.goes_or_waits(registry.of(ADDRESS)).count() == 0
    assert now.in_the_way(registry.of(ADDRESS)) == []
    assert reasons.unfinished(now.family, at=NOON) == []


@pytest.mark.promise("JE-74", "JE-98")
def test_what_a_law_keeps_comes_from_the_declarations(db: None) -> None:
    now = reasons.active(subjects.family(someone("alice").subject), at=NOON)
    (tax,) = now.of(registry.of("orders.Order"))
    assert (tax.ground, tax.basis, tax.lasts) == (Ground.LAW, Basis.LEGAL_OBLIGATION, True)
    assert tax.words == "tax law asks for the records of a sale"
    assert {"total_minor", "tax_minor", "invoice_number"} <= (tax.fields or frozenset())
    assert not {"email", "full_name", "ship_line1"} & (tax.fields or frozenset())
