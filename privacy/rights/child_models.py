"""What a parent was asked and said about a child's account, and the three steps of a report about a child.

Verbs: `rights.children` for a parent's word, `rights.child_reports` for the steps.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from privacy.ground.sealed import SealedJSONField
from privacy.register.usable import Usable


class ParentalConsent(models.Model):
    """A parent's or guardian's word for a child's account, with the very text they agreed to."""

    class State(models.TextChoices):
        ASKED = "asked", "Waiting for the parent"
        AGREED = "agreed", "The parent agreed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # One word for one child; it goes with the child's data.
    child = models.OneToOneField("privacy.Subject", on_delete=models.PROTECT, related_name="parental_consent")
    # The parent's own person record, on which the address is typed and later proven.
    parent = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="children_agreed_for")
    # null: the parent was erased, and only that there was a word stays.
    contact = SealedJSONField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    notice = models.ForeignKey("privacy.ConsentNotice", on_delete=models.PROTECT, related_name="+")  # what they read
    asked_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True, blank=True)  # null: no word yet

    objects = Usable["ParentalConsent"].as_manager()

    class Meta:
        app_label = "privacy"
        verbose_name = "parent's word"
        verbose_name_plural = "parents' words"
        ordering = ("-asked_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(state="asked", agreed_at__isnull=True) | Q(state="agreed", agreed_at__isnull=False),
                name="parental_consent_agreed_at_when_agreed",
            ),
            models.CheckConstraint(condition=~Q(child=models.F("parent")), name="parental_consent_of_two"),
        )

    def __str__(self) -> str:
        return f"parent's word {str(self.pk)[:8]}"

    @property
    def is_agreed(self) -> bool:
        """Whether the parent said yes."""
        return self.state == self.State.AGREED


class ChildCase(models.Model):
    """The three steps of a report about a child, each with its moment: looked into, deleted, the parent told."""

    class Finding(models.TextChoices):
        CHILD = "child", "A child's data: deleted"
        SHOWN = "shown", "Shown to the parent"
        NOTHING = "nothing", "We hold nothing of such a child"
        OLDER = "older", "Not too young for the shop"

    class How(models.TextChoices):
        PARENT = "parent", "The parent said so, and reads mail at an address we have for them"
        OWN_WORDS = "own_words", "The child's own words: a message, a review, an order"
        TALKED = "talked", "We talked with whoever uses the account"
        OTHERS = "others", "Somebody who knows the child told us enough to be sure"

    # The steps are the record of the request; neither goes without the other.
    request = models.OneToOneField("privacy.DataRequest", on_delete=models.PROTECT, related_name="child_case")
    finding = models.CharField(max_length=8, choices=Finding.choices)
    how = models.CharField(max_length=10, choices=How.choices, blank=True)  # empty: there was nothing to find out
    verified_at = models.DateTimeField()
    verified_by = models.CharField(max_length=80)
    # The references of the erasures that the second step is made of.
    erasures = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)  # null: not yet, or nothing was held
    # Where a parent is told; null: nobody knows one, or they were told.
    parent = SealedJSONField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)  # null: not told, or no parent can be reached

    class Meta:
        app_label = "privacy"
        verbose_name = "case of a child"
        verbose_name_plural = "cases of children"
        constraints = (
            models.CheckConstraint(
                condition=Q(finding="child") | Q(erasures=[], deleted_at__isnull=True),
                name="child_case_deletes_only_a_childs",
            ),
            models.CheckConstraint(
                condition=Q(told_at__isnull=True) | Q(parent__isnull=True), name="child_case_forgets_the_parent_told"
            ),
        )

    def __str__(self) -> str:
        return f"case {self.pk}"
