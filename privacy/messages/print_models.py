"""Print lists: letters that passed the gate and wait to be printed, and which list each stands on."""

from __future__ import annotations

import uuid
from typing import Final

from django.db import models
from django.db.models import Q

from privacy.ground.sealed import SealedJSONField
from privacy.register.usable import Usable


class PrintList(models.Model):
    """Letters of one kind and one occasion that are printed together. It names nobody."""

    class State(models.TextChoices):
        FILLING = "filling", "Being filled"
        FULL = "full", "Full"
        TAKEN = "taken", "Taken out"
        OVER = "over", "Over: no address is left"

    class Printer(models.TextChoices):
        OURSELVES = "ourselves", "We print them ourselves"
        HOUSE = "house", "The printing house"

    WAITING: Final = (State.FILLING, State.FULL)

    reference = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=80)
    about = models.CharField(max_length=40, blank=True)  # the reference of what its letters tell of: a newsletter's
    state = models.CharField(max_length=8, choices=State.choices, default=State.FILLING)
    size = models.PositiveIntegerField(default=0)  # how many letters were put on it
    opened_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)  # null: nobody has taken it out
    printer = models.CharField("printed by", max_length=9, choices=Printer.choices, blank=True)  # the last time
    times_taken = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "print list"
        ordering = ("-opened_at", "-pk")
        permissions = [("take_out_printlist", "Can take letters out to be printed")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "about"], condition=Q(state="filling"), name="print_list_one_is_filled"
            ),
            models.CheckConstraint(
                condition=Q(taken_at__isnull=True, times_taken=0, printer="")
                | (Q(taken_at__isnull=False, times_taken__gt=0) & ~Q(printer="")),
                name="print_list_taken_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["filling", "full"], taken_at__isnull=True)
                | Q(state="taken", taken_at__isnull=False)
                | Q(state="over"),
                name="print_list_taken_at_when_taken",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class ListedLetter(models.Model):
    """One letter on a print list: where it goes and what it says, sealed. It has the number of its message."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    print_list = models.ForeignKey(PrintList, on_delete=models.PROTECT, related_name="letters")
    subject = models.ForeignKey(
        "privacy.Subject", null=True, on_delete=models.PROTECT, related_name="listed_letters"
    )  # null: an address no person record carries
    address = SealedJSONField("where it goes")  # lines, as they stand on an envelope
    content = SealedJSONField("what it says")  # title, text
    put_at = models.DateTimeField()

    objects = Usable["ListedLetter"].as_manager()

    class Meta:
        verbose_name = "letter to be printed"
        verbose_name_plural = "letters to be printed"

    def __str__(self) -> str:
        return f"letter {str(self.pk)[:8]}"
