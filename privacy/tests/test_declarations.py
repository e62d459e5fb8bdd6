"""What the register answers: rows by path and by value, fields by question, a copy without what is somebody else's."""

from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from privacy.ground.models import AuditEvent
from privacy.register import registry, subjects
from privacy.register.declare import BLANK, DECLARATIONS, Category, Edge, Export, Purpose, Retention, link, personal
from privacy.register.models import Subject
from privacy.rights import order
from privacy.tests.people import someone

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_rows_of_a_person_are_reached_by_the_declared_path():
    alice, bob = (subjects.new(by="test", at=NOON) for _ in range(2))
    mine = subjects.identify(alice, value="alice@example.com", by="test", at=NOON)
    subjects.identify(bob, value="bob@example.com", by="test", at=NOON)
    assert list(registry.of("privacy.Identifier").rows([alice.pk])) == [mine]


@pytest.mark.django_db
def test_rows_by_value_are_only_visible_and_never_rows_of_ones_own():
    alice, bob, carol = someone("alice"), someone("bob"), someone("carol", is_staff=True)
    kind = ContentType.objects.get_for_model(alice.user)
    made = [
        LogEntry.objects.create(
            user=carol.user, content_type=kind, object_id=str(each.user.pk), object_repr=each.email, action_flag=CHANGE
        )
        for each in (alice, bob, carol)
    ]
    history = registry.of("admin.LogEntry")
    seen = {each.email: list(history.visible_rows([each.subject.pk])) for each in (alice, bob, carol)}
    assert seen == {alice.email: [made[0]], bob.email: [made[1]], carol.email: []}
    assert set(history.rows([carol.subject.pk])) == set(made)


@pytest.mark.django_db
def test_a_redacted_value_is_replaced_and_an_empty_one_is_not_invented():
    carol = someone("carol", is_staff=True)
    entry = LogEntry(user=carol.user, action_time=NOON, object_repr="alice@example.com", change_message="")
    shown = registry.shown(registry.of("admin.LogEntry"), entry)
    assert shown == {"when": NOON.isoformat(), "what it was about": registry.REDACTED, "what was changed": ""}


def test_evidence_has_no_foreign_key():
    assert not [field.name for field in AuditEvent._meta.concrete_fields if field.is_relation]


def test_steps_come_after_what_they_wait_for():
    steps = [declaration.model for declaration in order.of_erasure()]
    assert len(steps) == len(DECLARATIONS)
    for declaration in registry.all_declared():
        assert all(steps.index(other) < steps.index(declaration.model) for other in declaration.after)


def test_every_field_is_every_personal_field_once():
    every = [(declaration.model, name) for declaration, name, _ in registry.every_field()]
    assert len(every) == len(set(every)) == sum(len(each.personal_fields()) for each in DECLARATIONS.values())
    assert ("accounts.User", "email") in every
    assert ("accounts.User", "is_active") not in every


def test_fields_by_what_is_asked():
    def named(**question):
        return {(declaration.model, name) for declaration, name, _ in registry.fields(**question)}

    assert named() == {(declaration.model, name) for declaration, name, _ in registry.every_field()}
    assert ("orders.Order", "ship_line1") in named(recipient="ups")
    assert ("orders.Order", "email") not in named(recipient="ups")
    assert named(recipient="nobody") == set()
    assert named(category=Category.NAME) >= {("accounts.User", "full_name"), ("orders.Order", "ship_name")}
    assert ("accounts.User", "phone") in named(purpose=Purpose.DELIVERY)
    assert ("accounts.User", "email") not in named(purpose=Purpose.DELIVERY)
    assert named(sensitive=True) | named(sensitive=False) == named()
    assert named(sensitive=True, category=Category.CREDENTIAL) >= {
        ("accounts.User", "password"),
        ("accounts.ApiToken", "digest"),
        ("mfa.Authenticator", "data"),
    }


def test_a_field_may_have_a_time_and_a_purpose_of_its_own():
    brief = Retention.days(30, anchor="created_at")
    declaration = registry.of("privacy.Identifier")
    fields = {**declaration.fields, "kind": personal(Category.CONTACT, retention=brief, purposes=[Purpose.SECURITY])}
    mine = type(declaration)(**{**vars(declaration), "fields": fields})
    assert (mine.retention_of("kind"), mine.purposes_of("kind")) == (brief, (Purpose.SECURITY,))
    assert (mine.retention_of("digest"), mine.purposes_of("digest")) == (declaration.retention, declaration.purposes)


def test_a_detached_relation_is_cut_on_a_kept_row_and_every_other_stays():
    cut, kept = link("the desk", edge=Edge.DETACH), link("the order", edge=Edge.KEEP_UNTIL)
    assert (cut.on_erase, cut.on_export, cut.edge) == (BLANK, Export.HIDE, Edge.DETACH)
    declaration = registry.of("privacy.DataRequest")
    mine = type(declaration)(**{**vars(declaration), "fields": {"joined_to": cut, "subject": kept}})
    assert mine.edges() == {"joined_to": Edge.DETACH, "subject": Edge.KEEP_UNTIL}
    assert mine.blanks(mine.model_class()(subject=Subject(), state="completed")) == {"joined_to": None}
