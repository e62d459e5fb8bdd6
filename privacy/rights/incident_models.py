"""One leak from the moment it was noticed to the day its record is closed (GDPR Art. 33(5): facts, effects, remedies).

The rows name nobody: they hold tables, dates, counts and the words for everybody. Whom it concerns is measured anew each time from
the register and the reveal log; whose staff account was misused stands in a row of its own, which is declared as theirs.
"""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q


class Incident(models.Model):
    """A leak, or what may be one."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CONTAINED = "contained", "Contained"
        CLOSED = "closed", "Closed"

    class Risk(models.TextChoices):
        """What decides who is told: Art. 33(1) and 34(1)."""

        NONE = "none", "Unlikely to harm anybody: written down, nobody is told"
        SOME = "some", "A risk: the authority is told"
        HIGH = "high", "A high risk: the authority and the people are told"

    class Spared(models.TextChoices):
        """Why people are not told although the risk is high: Art. 34(3)."""

        UNREADABLE = "unreadable", "What leaked cannot be read, being encrypted (a)"
        AVERTED = "averted", "What was done since makes the high risk unlikely (b)"
        PUBLICLY = "publicly", "Everybody was told publicly, since writing to each is out of proportion (c)"

    class Alarm(models.IntegerChoices):
        """What staff hear as the 72 hours run, each once and in this order (`rights.incident_alarms`)."""

        NONE = 0, "Nothing yet"
        OPENED = 1, "It is open"
        ONE_DAY = 2, "24 hours are left"
        SIX_HOURS = 3, "6 hours are left"
        OVERDUE = 4, "The 72 hours have run"

    reference = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    scope = models.JSONField(default=dict)  # which tables, which processor, which window
    words = models.JSONField(default=dict, blank=True)  # what is said to everybody; names nobody

    noticed_at = models.DateTimeField()  # from here the 72 hours run, whenever it was written down
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField("authority told by")
    derivation = models.JSONField(default=list)
    contained_at = models.DateTimeField(null=True, blank=True)  # null: it may still be going on
    closed_at = models.DateTimeField(null=True, blank=True)  # null: something is left to do

    risk = models.CharField(max_length=5, choices=Risk.choices, blank=True)  # empty: not weighed yet
    risk_reason = models.TextField("why", blank=True)
    # Null: the people concerned were not written to, or not yet.
    announcement = models.OneToOneField(
        "privacy.Announcement", null=True, blank=True, on_delete=models.PROTECT, related_name="incident"
    )
    spared = models.CharField("people not written to because", max_length=10, choices=Spared.choices, blank=True)
    spared_reason = models.TextField("in what way", blank=True)
    lessons = models.TextField(blank=True)
    # Of what staff were last told by mail as the 72 hours run; 0: of nothing yet.
    alarm = models.PositiveSmallIntegerField("staff told", choices=Alarm.choices, default=Alarm.NONE, editable=False)

    class Meta:
        ordering = ("-noticed_at", "-pk")
        permissions = [("handle_incident", "Can handle incidents")]
        constraints = [
            models.CheckConstraint(condition=Q(opened_at__gte=F("noticed_at")), name="incident_noticed_before_opened"),
            models.CheckConstraint(
                condition=~Q(state="closed") | (Q(closed_at__isnull=False) & ~Q(risk="") & ~Q(lessons="")),
                name="incident_closed_with_all_it_needs",
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(contained_at__isnull=False), name="incident_contained_before_closed"
            ),
            models.CheckConstraint(
                condition=Q(risk="", risk_reason="") | (~Q(risk="") & ~Q(risk_reason="")),
                name="incident_risk_with_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(spared="", spared_reason="") | (~Q(spared="") & ~Q(spared_reason="")),
                name="incident_spared_with_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_closed(self) -> bool:
        return self.state == self.State.CLOSED

    @property
    def is_authoritys(self) -> bool:
        """Whether the authority has to hear of it; until somebody weighed it, it does."""
        return self.risk != self.Risk.NONE


class IncidentEntry(models.Model):
    """One line of what was found out and done, with the moment it happened. The database refuses to change it."""

    class Kind(models.TextChoices):
        FOUND = "found", "Found out"
        CONTAINED = "contained", "Contained"
        REPAIRED = "repaired", "Repaired"
        DECIDED = "decided", "Decided"
        TOLD = "told", "Told"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField()
    happened_at = models.DateTimeField()
    written_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "incident entries"
        ordering = ("happened_at", "pk")
        triggers = [pgtrigger.Protect(name="incident_entry_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.kind} #{self.pk}"


class IncidentAction(models.Model):
    """Something to do before the incident can be closed: what, which desk, until when, and how it ended."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="actions")
    task = models.CharField(max_length=200)
    owner = models.CharField(max_length=60)  # a role, such as privacy desk
    due_on = models.DateField()
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)  # null: it keeps the incident open
    outcome = models.TextField(blank=True)

    class Meta:
        ordering = ("done_at", "due_on", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, outcome="") | (Q(done_at__isnull=False) & ~Q(outcome="")),
                name="incident_action_done_with_its_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}: action #{self.pk}"


class AuthorityNotice(models.Model):
    """What one supervisory authority was told, exactly and when; later numbers are further information (Art. 33(4))."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="notices")
    authority = models.CharField(max_length=120)
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    receipt = models.CharField("its own reference", max_length=80, blank=True)
    late_because = models.TextField("why later than 72 hours", blank=True)
    told_at = models.DateTimeField()
    written_at = models.DateTimeField()

    class Meta:
        verbose_name = "notice to an authority"
        verbose_name_plural = "notices to authorities"
        ordering = ("told_at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["incident", "authority", "number"], name="authority_notice_numbered"),
        ]
        triggers = [pgtrigger.Protect(name="authority_notice_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.incident_id}: notice {self.number}"


class MisusedAccount(models.Model):
    """A member of staff whose account was misused in an incident: whatever it looked at then may be in strange hands."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="accounts")
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="misused_in")
    actor = models.CharField(max_length=120)  # as the audit trail names it: `staff:12`
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "subject"], name="misused_account_once")]

    def __str__(self) -> str:
        return f"{self.incident_id}: account #{self.pk}"
