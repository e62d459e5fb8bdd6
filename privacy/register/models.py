"""The data subject, their identifiers as digests, and the proofs that join two subjects to one person."""

from __future__ import annotations

import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from privacy.ground import evidence
from privacy.register.age_bands import MINOR, AgeBand
from privacy.register.usable import Usable
from privacy.register.vocabulary import Purpose


class SubjectQuerySet(Usable["Subject"]):
    def usable(self) -> SubjectQuerySet:
        """Neither restricted nor erased."""
        return self.filter(restricted_at__isnull=True, erased_at__isnull=True)


class Subject(models.Model):
    """A person record that guests have too. A UUID and little else; it outlives the erasure of everything about it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    residence = models.CharField(max_length=6, blank=True)  # ISO 3166, "US-CA"; empty: unknown, every law applies
    age_band = models.CharField(max_length=5, choices=AgeBand.choices, blank=True)  # empty: they were not asked
    age_stated_at = models.DateTimeField(null=True, blank=True)  # null: no band; else since when it is this one
    created_at = models.DateTimeField()
    restricted_at = models.DateTimeField(null=True, blank=True)  # null: not restricted
    # Why: an erasure in its grace, and what the person asked for, each end by themselves (`subjects.Reason`).
    restricted_for = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)  # null: no account of theirs is deactivated
    erased_at = models.DateTimeField(null=True, blank=True)  # null: not erased

    objects = SubjectQuerySet.as_manager()

    class Meta:
        verbose_name = "data subject"
        # What a role may read of people, granted in `accounts.roles`; `register.masks` asks for them.
        permissions = [
            ("view_register", "Can read the registers"),
            ("reveal_personal", "Can reveal masked values for a reason"),
            *((f"see_{purpose.name.lower()}", f"Can read what is held {purpose.words}") for purpose in Purpose),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(restricted_at__isnull=True, restricted_for=[])
                | (models.Q(restricted_at__isnull=False) & ~models.Q(restricted_for=[])),
                name="subject_restricted_for_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(age_band="", age_stated_at__isnull=True)
                | (~models.Q(age_band="") & models.Q(age_stated_at__isnull=False)),
                name="subject_age_band_with_time",
            ),
        ]

    def __str__(self) -> str:
        return f"subject {str(self.pk)[:8]}"

    @property
    def is_restricted(self) -> bool:
        return self.restricted_at is not None

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    @property
    def is_minor(self) -> bool:
        """Whether they said that they are younger than 18, and not so long ago that they no longer can be."""
        return self.age_band in MINOR

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None


class SubjectLink(models.Model):
    """Proof that *child* and *root* are one person. Rows are inserted, never changed; a child has one root."""

    child = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="link")
    root = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="links")
    proof = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(child=models.F("root")), name="subject_link_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.child_id} is {self.root_id}"


class Identifier(models.Model):
    """A digest of an e-mail address or telephone number that came with a subject; proven or only typed."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=10, choices=[("email", "e-mail"), ("phone", "telephone")])
    key_version = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True, blank=True)  # null: typed, not proven

    class Meta:
        indexes = [models.Index(fields=["kind", "digest"])]
        constraints = [
            models.UniqueConstraint(fields=["subject", "kind", "digest"], name="identifier_once_per_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject_id}"


class Tombstone(models.Model):
    """A keyed digest of something an erased person was known by. It stops machines from writing them down again."""

    # A value, not a foreign key: evidence must never stand in the way of an erasure.
    subject_id = models.UUIDField(db_index=True)
    kind = models.CharField(
        max_length=10, choices=[("email", "e-mail"), ("phone", "telephone"), ("gateway", "id at a processor")]
    )
    key_version = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    raised_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["kind", "digest"])]
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "kind", "digest"], name="tombstone_once_per_subject"),
        ]
        triggers = [pgtrigger.Protect(name="tombstone_no_update", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject_id}"


class Disclosure(models.Model):
    """One call that gave something about somebody to somebody else. Append-only, and written before anything was sent."""

    processor = models.CharField(max_length=40)
    # A value, not a foreign key: evidence must never stand in the way of an erasure.
    subject_id = models.UUIDField(null=True)  # null: about no person record
    keys = ArrayField(models.CharField(max_length=120), verbose_name="what was given")
    purpose = models.CharField(max_length=20)
    host = models.CharField(max_length=253)
    reference = models.CharField(max_length=40, blank=True)
    actor = models.CharField(max_length=120)
    at = models.DateTimeField()

    objects = Usable["Disclosure"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["subject_id", "at"], name="disclosure_of_person"),
            models.Index(fields=["reference"], name="disclosure_of_reference"),
            models.Index(fields=["at"], name="disclosure_in_time"),
        ]
        triggers = [evidence.UntilItsTime(name="disclosure_append_only")]

    def __str__(self) -> str:
        return f"{self.processor} #{self.pk}"


class PolicyVersion(models.Model):
    """One published text of the policy, exactly as it stood. Never changed and never deleted: the database refuses both."""

    profile = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    effective_on = models.DateField("in force from")
    is_material = models.BooleanField("important", help_text="People are told of it by mail and by a banner.")
    summary = models.TextField("what changes", blank=True)
    sections = models.JSONField()  # slug, title, html, is_grave of each chapter
    facts = models.JSONField()  # what register and profile said, by heading: what a minor version may not change
    text = models.TextField()  # head and chapters as plain text: the bytes behind `digest`
    digest = models.CharField("SHA-256", max_length=64)
    published_at = models.DateTimeField()

    class Meta:
        verbose_name = "policy version"
        permissions = [("publish_policy", "Can publish the privacy policy")]
        constraints = [
            models.UniqueConstraint(fields=["profile", "number"], name="policy_version_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="policy_version_counts_from_one"),
            models.CheckConstraint(
                condition=models.Q(is_material=False) | ~models.Q(summary=""), name="policy_version_material_says_what"
            ),
        ]
        triggers = [pgtrigger.Protect(name="policy_version_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"version {self.number}"

    @property
    def reference(self) -> str:
        """How the audit trail names it: `policy/jane_ellen/3`."""
        return f"policy/{self.profile}/{self.number}"
