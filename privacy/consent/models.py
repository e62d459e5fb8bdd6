"""What was shown, what was said about it, and what stands now.

A `ConsentRecord` is written once and never changed. `ConsentState` is what follows from the records, one row for each thing a
person has decided, kept in the same transaction (`consent.ledger`). A `VisitorLink` says whose a browser turned out to be.
"""

from __future__ import annotations

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from privacy.consent.vocabulary import SURFACE_WORDS, TOPICS, WORDS, Channel, Matter, Surface
from privacy.ground import evidence
from privacy.register.usable import Usable

# In plain strings, as migrations keep them.
MATTERS = [(matter.value, WORDS[matter]) for matter in Matter]
CHANNELS = [(channel.value, channel.words) for channel in Channel]
SURFACES = [(surface.value, SURFACE_WORDS[surface]) for surface in Surface]

A_TOPIC = Q(matter__in=sorted(topic.value for topic in TOPICS))
BY_CHANNEL = Q(channel__in=sorted(channel.value for channel in Channel))


class ConsentNotice(models.Model):
    """The exact text that was shown, found by its digest. Never changed: another text is another row."""

    slug = models.SlugField(max_length=40)
    locale = models.CharField(max_length=10)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 over slug, locale and text
    text = models.TextField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "consent notice"
        indexes = [models.Index(fields=["slug", "locale"])]
        triggers = [pgtrigger.Protect(name="notice_is_final", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.slug} ({self.locale}) {self.version}"

    @property
    def version(self) -> str:
        """A short name of this very text."""
        return self.digest[:12]


class ConsentRecord(models.Model):
    """One yes or no of one person or visitor. The database refuses to change it, or to let it go before its time."""

    class Decision(models.TextChoices):
        GRANTED = "granted", "Yes"
        WITHDRAWN = "withdrawn", "Withdrawn"
        REFUSED = "refused", "No"

    receipt = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # Values, not foreign keys: evidence must never stand in the way of an erasure.
    subject_id = models.UUIDField(null=True)  # null: said by a visitor
    visitor_id = models.UUIDField(null=True)  # null: said by a person; else the random number of their browser's cookie
    matter = models.CharField(max_length=24, choices=MATTERS)
    channel = models.CharField(max_length=5, choices=CHANNELS, blank=True)
    about = models.CharField(max_length=60, blank=True)  # which review, photo or order; a reference
    decision = models.CharField(max_length=9, choices=Decision.choices)
    # null: a no needs no text; a yes has one
    notice = models.ForeignKey(ConsentNotice, null=True, on_delete=models.PROTECT, related_name="records")
    locale = models.CharField(max_length=10)
    surface = models.CharField(max_length=20, choices=SURFACES)
    reason = models.CharField(max_length=200, blank=True)  # staff's own words: they are told never to name a person
    network = models.CharField(max_length=24, blank=True)  # truncated
    actor = models.CharField(max_length=120)
    at = models.DateTimeField()
    # What was said before about the same thing. No constraint: the older record goes first when its time has run. null: the first
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="replaced_by"
    )

    class Meta:
        verbose_name = "consent record"
        permissions = [("note_consent", "Can note what somebody told us about their consent")]
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["subject_id", "matter", "channel", "about", "id"], name="consent_of_subject"),
            models.Index(fields=["visitor_id", "matter", "channel", "about", "id"], name="consent_of_visitor"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(subject_id__isnull=False, visitor_id=None) | Q(subject_id=None, visitor_id__isnull=False),
                name="consent_of_one_person_or_visitor",
            ),
            models.CheckConstraint(
                condition=~Q(decision="granted") | Q(notice__isnull=False), name="consent_shows_its_notice"
            ),
            models.CheckConstraint(
                condition=A_TOPIC & BY_CHANNEL | ~A_TOPIC & Q(channel=""), name="consent_to_a_topic_by_a_channel"
            ),
            models.CheckConstraint(
                condition=Q(matter__in=[matter for matter, _ in MATTERS]), name="consent_to_a_known_matter"
            ),
            models.CheckConstraint(
                condition=Q(surface__in=[surface for surface, _ in SURFACES]), name="consent_is_never_implied"
            ),
            models.CheckConstraint(condition=~Q(surface="staff") | ~Q(reason=""), name="consent_by_staff_with_reason"),
            models.CheckConstraint(
                condition=Q(network="") | Q(network__endswith=".0/24") | Q(network__endswith="::/48"),
                name="consent_network_truncated",
            ),
        ]
        triggers = [evidence.UntilItsTime(name="consent_append_only", may_empty=("network",))]

    def __str__(self) -> str:
        return f"{self.decision} {self.what} #{self.pk}"

    @property
    def is_granted(self) -> bool:
        return self.decision == self.Decision.GRANTED

    @property
    def what(self) -> str:
        """The thing decided, as staff name it: `offers by e-mail`."""
        return " ".join(filter(None, (self.matter, self.channel, self.about)))

    @property
    def words(self) -> str:
        """The thing decided, as people read it."""
        return ", ".join(filter(None, (self.get_matter_display(), self.get_channel_display() if self.channel else "")))


class ConsentStateQuerySet(Usable["ConsentState"]):
    def granted(self) -> ConsentStateQuerySet:
        """What may be done."""
        return self.filter(is_granted=True)


class ConsentState(models.Model):
    """What one person record said last about one thing. Follows from the records; `consents --check` says whether it does."""

    subject = models.ForeignKey(
        "privacy.Subject", on_delete=models.CASCADE, related_name="consents", db_index=False
    )  # the constraint's index begins with it
    matter = models.CharField(max_length=24, choices=MATTERS)
    channel = models.CharField(max_length=5, choices=CHANNELS, blank=True)
    about = models.CharField(max_length=60, blank=True)
    is_granted = models.BooleanField()
    # What is in force cannot lose its record.
    record = models.OneToOneField(ConsentRecord, on_delete=models.PROTECT, related_name="state")
    decided_at = models.DateTimeField()

    objects = ConsentStateQuerySet.as_manager()

    class Meta:
        verbose_name = "standing consent"
        constraints = [
            models.UniqueConstraint(fields=["subject", "matter", "channel", "about"], name="consent_state_once"),
        ]
        indexes = [models.Index(fields=["about"], condition=~Q(about=""), name="consent_state_by_about")]

    def __str__(self) -> str:
        return f"{'may' if self.is_granted else 'may not'} {self.matter} #{self.pk}"


class VisitorLink(models.Model):
    """A browser's choices belong to whoever signed in on it next: those made after *since*, up to *at*."""

    visitor_id = models.UUIDField()
    subject_id = models.UUIDField(db_index=True)  # a value, not a key
    since = models.DateTimeField(null=True)  # null: everything before; else when somebody had signed in on it before
    at = models.DateTimeField()

    class Meta:
        verbose_name = "visitor who signed in"
        constraints = [
            models.UniqueConstraint(fields=["visitor_id", "at"], name="visitor_link_once"),
            models.CheckConstraint(condition=Q(since=None) | Q(since__lt=models.F("at")), name="visitor_link_in_order"),
        ]
        triggers = [evidence.UntilItsTime(name="visitor_link_append_only")]

    def __str__(self) -> str:
        return f"visitor link #{self.pk}"

    @property
    def covers(self) -> Q:
        """Matches the records that this link makes somebody's."""
        later = Q() if self.since is None else Q(at__gt=self.since)
        return Q(visitor_id=self.visitor_id, at__lte=self.at) & later
