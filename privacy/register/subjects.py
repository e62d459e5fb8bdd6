"""Who is who: subjects, what was typed, and what was proven.

A digest finds a candidate; only proof links. Typing somebody's e-mail address at checkout makes an *unproven* identifier
on a fresh subject: it shows nothing and joins nothing. Proving the address (a confirmed sign-up, a clicked link) joins every
guest subject on which that address was typed, by inserting a `SubjectLink`. Telephone numbers never link people.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import Case, Exists, F, Func, OuterRef, Q, Value, When
from django.db.models.deletion import ProtectedError
from django.db.models.functions import Coalesce

from privacy.ground import audit, digests
from privacy.register.age_bands import AgeBand
from privacy.register.models import Identifier, Subject, SubjectLink
from privacy.register.objection_models import Objection

UNNAMED_FOR: Final = timedelta(days=30)
"""How old a person record is before anybody wonders why no record names it: one just made is named in the next moment."""
BATCH: Final = 500


class Proof(StrEnum):
    """What shows that somebody controls an address."""

    EMAIL_CONFIRMED = "email_confirmed"
    LINK_CLICKED = "link_clicked"
    MAIL_AUTHENTICATED = "mail_authenticated"  # our own mail server vouched for the mail they wrote


class Reason(StrEnum):
    """Why somebody's data are kept and not used. Each begins and ends by itself; they rest while any of them holds."""

    ERASURE = "erasure"  # until the erasure that was approved is carried out or taken back
    ASKED = "asked"  # the person asked for it (`rights.restriction`)


class NotLinkable(Exception):
    """Telephone numbers and other facts do not link people."""


def new(*, residence: str = "", by: audit.Actor, at: datetime) -> Subject:
    """A fresh subject with no identifier."""
    return Subject.objects.create(residence=residence, created_at=at)


def identify(subject: Subject, kind: str = "email", *, value: str, by: audit.Actor, at: datetime) -> Identifier:
    """Note that *value* was typed with *subject*; unproven. Returns the identifier that stands for it."""
    digest = digests.of(kind, value)
    identifier, _ = Identifier.objects.get_or_create(
        subject=subject,
        kind=kind,
        digest=digest.value,
        defaults={"key_version": digest.version, "created_at": at},
    )
    return identifier


@transaction.atomic
def prove(
    subject: Subject, kind: str = "email", *, value: str, proof: Proof, by: audit.Actor, at: datetime
) -> list[Subject]:
    """Record that *subject* controls the address *value*, and join every other person record that carries it.

    Returns the root subjects that were joined. Never joined: somebody erased, or restricted while an erasure goes on, since whoever
    comes back begins anew; and somebody who has proved another address too, since a mailbox can change hands. What stands against
    the use of one record (a pause, a restriction, an objection) stands against all from then on. Raises `NotLinkable` for a
    telephone number.
    """
    if kind != "email":
        raise NotLinkable(f"a {kind} does not link people")
    identifier = identify(subject, kind, value=value, by=by, at=at)
    if identifier.proven_at is None:
        Identifier.objects.filter(pk=identifier.pk, proven_at=None).update(proven_at=at)
    mine = root(subject)
    joined = []
    for other in candidates(kind, value=value):
        is_free = not (other.is_erased or Reason.ERASURE in other.restricted_for)
        if other.pk != mine.pk and is_free and not _proved_another(other, kind, value=value):
            SubjectLink.objects.create(child=other, root=mine, proof=proof, at=at)
            audit.append("subject.joined", subject=mine, obj=other, details={"proof": proof}, by=by, at=at)
            joined.append(other)
    if joined:
        _stand_together(mine, by=by, at=at)
    return joined


def _stand_together(person: Subject, *, by: audit.Actor, at: datetime) -> None:
    """Let what stands against the use of some records of a person stand against all of them."""
    ids = family(person)
    reasons, pauses = zip(*Subject.objects.filter(pk__in=ids).values_list("restricted_for", "paused_at"), strict=True)
    if any(pauses):
        pause(person, by=by, at=at)
    share_age(person)
    _share_residence(person)
    for reason in sorted({each for some in reasons for each in some}):
        restrict(person, reason=Reason(reason), by=by, at=at)
    strictest = Objection.objects.filter(subject__in=ids).order_by("purpose", "-standing", "since").distinct("purpose")
    copies = [
        Objection(subject_id=each, purpose=one.purpose, since=one.since, standing=one.standing)
        for one in strictest
        for each in ids
    ]
    Objection.objects.bulk_create(
        copies, update_conflicts=True, unique_fields=["subject", "purpose"], update_fields=["standing"]
    )


def candidates(kind: str, *, value: str) -> list[Subject]:
    """The root subjects on which *value* was typed or proven, oldest first. A candidate is no proof of anything."""
    values = [digest.value for digest in digests.all_of(kind, value)]
    found = Subject.objects.filter(identifiers__kind=kind, identifiers__digest__in=values).order_by("created_at", "pk")
    roots = {each.pk: each for each in map(root, found)}
    return list(roots.values())


def has_proved(subject: Subject, kind: str = "email", *, value: str) -> bool:
    """Whether this person has shown that *value* is theirs."""
    same = [digest.value for digest in digests.all_of(kind, value)]
    proven = Identifier.objects.filter(subject__in=family(subject), kind=kind, proven_at__isnull=False)
    return proven.filter(digest__in=same).exists()


def is_typed_elsewhere(subject: Subject, kind: str = "email", *, value: str) -> bool:
    """Whether *value*, which this person proved, was typed on a record since that nobody has proved to be theirs: a mail, an order.

    It says that there is something, and nothing of it: the next proof joins it.
    """
    if not has_proved(subject, kind, value=value):
        return False
    same = [digest.value for digest in digests.all_of(kind, value)]
    typed = Identifier.objects.filter(kind=kind, digest__in=same, proven_at=None, subject__erased_at=None)
    free = typed.exclude(subject__restricted_for__contains=[Reason.ERASURE])
    return free.exclude(subject__in=family(subject)).exists()


def _proved_another(subject: Subject, kind: str, *, value: str) -> bool:
    """Whether this person has proved an identifier other than *value*."""
    same = [digest.value for digest in digests.all_of(kind, value)]
    proven = Identifier.objects.filter(subject__in=family(subject), kind=kind, proven_at__isnull=False)
    return proven.exclude(digest__in=same).exists()


def root(subject: Subject) -> Subject:
    """The subject that stands for the person: the end of the chain of links."""
    seen = {subject.pk}
    # Asked on nearly every page, and nearly nobody was joined: the other row is fetched only where there is one.
    while root_id := SubjectLink.objects.filter(child=subject).values_list("root_id", flat=True).first():
        subject = Subject.objects.get(pk=root_id)
        if subject.pk in seen:
            raise RuntimeError(f"links of {subject} go round in a circle")
        seen.add(subject.pk)
    return subject


def of_number(number: UUID) -> Subject:
    """The subject that stands for the person, as it is in the database now. One query where nobody was joined to anybody."""
    found = Subject.objects.select_related("link__root").get(pk=number)
    link = getattr(found, "link", None)
    return found if link is None else root(link.root)


def family(subject: Subject) -> list[UUID]:
    """The root and every subject joined to it: whose rows are this person's rows."""
    ids = [root(subject).pk]
    layer = ids
    while layer:
        layer = list(SubjectLink.objects.filter(root__in=layer).values_list("child_id", flat=True))
        ids = [*ids, *layer]
    return ids


def families(roots: Iterable[UUID]) -> dict[UUID, UUID]:
    """Every subject of these people (given by their roots), with the root it belongs to. A few statements for all of them."""
    belongs = {root_id: root_id for root_id in roots}
    layer = list(belongs)
    while layer:
        links = SubjectLink.objects.filter(root__in=layer).values_list("child_id", "root_id")
        found = {child: belongs[parent] for child, parent in links if child not in belongs}
        belongs |= found
        layer = list(found)
    return belongs


def kept_usable(subject: Subject) -> bool:
    """Whether something new may be made of this person, and stays so to the end of the transaction: `restrict` waits for it.

    Ask this before writing what a plan made under a restriction must not miss.
    """
    usable = Subject.objects.usable().select_for_update(no_key=True)
    return usable.filter(pk=subject.pk).first() is not None


def restrict(subject: Subject, *, reason: Reason = Reason.ERASURE, by: audit.Actor, at: datetime) -> None:
    """Keep, but do not use: nothing new is made from this person's data. Does nothing when already restricted for that reason."""
    rows = Subject.objects.filter(pk__in=family(subject)).exclude(restricted_for__contains=[reason])
    reasons = Func(F("restricted_for"), Value(reason.value), function="array_append")
    if rows.update(restricted_at=Coalesce("restricted_at", Value(at)), restricted_for=reasons):
        audit.append("subject.restricted", subject=subject, obj=subject, details={"for": reason.value}, by=by, at=at)


def lift(subject: Subject, *, reason: Reason = Reason.ERASURE, by: audit.Actor, at: datetime) -> None:
    """End one reason of a restriction; another one goes on. Does nothing where there is none."""
    rows = Subject.objects.filter(pk__in=family(subject), restricted_for__contains=[reason], erased_at=None)
    left = Func(F("restricted_for"), Value(reason.value), function="array_remove")
    since = Case(When(restricted_for__contained_by=[reason], then=None), default=F("restricted_at"))
    if rows.update(restricted_at=since, restricted_for=left):
        details: dict[str, audit.Detail] = {"for": reason.value}
        audit.append("subject.restriction_lifted", subject=subject, obj=subject, details=details, by=by, at=at)


def share_age(subject: Subject) -> None:
    """Give every record of this person the youngest age that one of them carries: a minor by one is a minor by all."""
    records = Subject.objects.filter(pk__in=family(subject))
    stated = {AgeBand(each.age_band): each for each in records.exclude(age_band="")}
    if stated:
        youngest = min(stated, key=list(AgeBand).index)
        records.update(age_band=youngest, age_stated_at=stated[youngest].age_stated_at)


def _share_residence(person: Subject) -> None:
    """Give records that name no residence the person's own, or that of the newest record that names one."""
    records = Subject.objects.filter(pk__in=family(person))
    named = {each.pk: each for each in records.exclude(residence="").order_by("created_at", "pk")}
    if named:
        known = named.get(person.pk) or [*named.values()][-1]
        records.filter(residence="", erased_at=None).update(residence=known.residence)


def pause(subject: Subject, *, by: audit.Actor, at: datetime) -> None:
    """Their account is deactivated: no mail but about rights and orders. Does nothing when already paused."""
    if Subject.objects.filter(pk__in=family(subject), paused_at=None).update(paused_at=at):
        audit.append("subject.paused", subject=subject, obj=subject, by=by, at=at)


def resume(subject: Subject, *, by: audit.Actor, at: datetime) -> None:
    """They came back. Does nothing where nothing was paused."""
    if Subject.objects.filter(pk__in=family(subject), paused_at__isnull=False).update(paused_at=None):
        audit.append("subject.resumed", subject=subject, obj=subject, by=by, at=at)


def mark_erased(subject: Subject, *, by: audit.Actor, at: datetime) -> None:
    """The last step of an erasure: the person's subjects stay as bare UUIDs, and their identifiers go."""
    ids = family(subject)
    Identifier.objects.filter(subject_id__in=ids).delete()
    Subject.objects.filter(pk__in=ids, erased_at=None).update(
        erased_at=at, residence="", age_band="", age_stated_at=None
    )
    audit.append("subject.erased", subject=subject, obj=subject, by=by, at=at)


def unnamed(path: str = "pk") -> Q:
    """Matches rows whose subject (at *path*) nothing leads to any more: no account, order, mail, request or anything else.

    Its identifiers and links do not count: they say who somebody is, and there is nobody left to be. Nor do models that say of
    themselves that they name nobody.
    """
    nobody = Q()
    for relation in Subject._meta.related_objects:
        if not _names_nobody(relation.related_model):
            naming = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef(path)})
            nobody &= ~Q(Exists(naming))
    return nobody


def unlinked(path: str = "pk") -> Q:
    """Matches rows whose subject (at *path*) is joined to no other."""
    links = SubjectLink.objects.filter(Q(child=OuterRef(path)) | Q(root=OuterRef(path)))
    return ~Q(Exists(links))


def forget_unnamed(*, by: audit.Actor, at: datetime) -> int:
    """Let go of person records that no record names any more, with their identifiers and proofs. Returns how many.

    The retention of `privacy.Subject` ends with this. A subject that others were joined to goes after them.
    """
    gone = 0
    while forgotten := sum(_forget(some) for some in _in_batches(_unnamed(at))):
        gone += forgotten
    if gone:
        audit.append("subject.unnamed_forgotten", details={"count": gone}, by=by, at=at)
    return gone


def _unnamed(at: datetime) -> list[UUID]:
    """Old subjects that no row of any model names, by key or by value; nobody is joined to them."""
    unnamed = Subject.objects.filter(created_at__lte=at - UNNAMED_FOR, links=None)
    for model, column in _naming():
        unnamed = unnamed.filter(~Exists(model._base_manager.filter(**{column: OuterRef("pk")})))
    return list(unnamed.order_by("pk").values_list("pk", flat=True))


def _naming() -> Iterator[tuple[type[models.Model], str]]:
    """Every column that may name a person, but for those of models that name nobody."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            is_value = field.name == "subject_id" and isinstance(field, models.UUIDField)
            if (field.related_model is Subject or is_value) and not _names_nobody(model):
                yield model, field.attname


def _names_nobody(model: type[models.Model]) -> bool:
    """Whether rows of *model* keep nobody's record alive: they only say something of whoever other rows name."""
    return model in (Identifier, SubjectLink) or getattr(model, "names_nobody", False)


def _forget(ids: list[UUID]) -> int:
    try:
        with transaction.atomic():
            SubjectLink.objects.filter(child__in=ids).delete()
            _, by_model = Subject.objects.filter(pk__in=ids).delete()
            return by_model.get(Subject._meta.label, 0)
    except (ProtectedError, IntegrityError):  # one of them was named in this very moment: the next night looks again
        return 0


def _in_batches(ids: list[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
