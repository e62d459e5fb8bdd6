"""Who asked for the newsletter in the footer of a page, and the newsletters that staff write."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import models

from privacy.consent.models import MATTERS, SURFACES
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.register.usable import Usable


class NewsletterSignup(models.Model):
    """An address somebody typed. It is nobody's yes until the button behind its link was pressed."""

    class State(models.TextChoices):
        ASKED = "asked", "Waiting for the button behind its link"
        CONFIRMED = "confirmed", "Confirmed"
        ENDED = "ended", "Over: no topic is left"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="newsletter_signups")
    email = models.EmailField(max_length=254)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    # One row for each box that was ticked; those of one mail have their person and their moment in common.
    topic = models.CharField(max_length=24, choices=MATTERS, default=Matter.NEW_PIECES)
    surface = models.CharField(max_length=20, choices=SURFACES, default=Surface.FOOTER_FORM)
    notice = models.ForeignKey("privacy.ConsentNotice", on_delete=models.PROTECT, related_name="+")  # what was read
    network = models.CharField(max_length=24, blank=True)  # truncated
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)  # null: not confirmed

    objects = Usable["NewsletterSignup"].as_manager()

    class Meta:
        verbose_name = "newsletter sign-up"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["confirmed", "ended"], confirmed_at__isnull=False)
                | models.Q(state="asked", confirmed_at__isnull=True),
                name="signup_confirmed_at_when_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"newsletter sign-up {str(self.pk)[:8]}"


@dataclass(frozen=True, slots=True)
class Words:
    """What a newsletter says in one language. *sms* and *post*: the plain words of those ways."""

    title: str = ""
    preheader: str = ""
    body: str = ""
    sms: str = ""
    post: str = ""

    def says(self, channel: str) -> bool:
        """Whether it was written for that way."""
        return bool(
            {Channel.SMS: self.sms, Channel.POST: self.title and self.post}.get(
                Channel(channel), self.title and self.body
            )
        )

    def by(self, channel: str) -> str:
        """The plain words of a way; none for the mail."""
        return {Channel.SMS: self.sms, Channel.POST: self.post}.get(Channel(channel), "")


class Campaign(models.Model):
    """One newsletter: what it says, whom it is for by topic, and how far it has come. It names nobody."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Scheduled"
        SENDING = "sending", "Being sent"
        PAUSED = "paused", "Paused"
        SENT = "sent", "Sent"
        CANCELLED = "cancelled", "Cancelled"

    reference = models.CharField(max_length=20, unique=True, editable=False)
    title = models.CharField("subject line", max_length=120)
    preheader = models.CharField(
        "first line", max_length=140, blank=True, help_text="Mailboxes show it beside the subject line."
    )
    # Of the mail: sanitised whenever it is written (`messages.writing`). Empty where it does not travel by mail.
    body = models.TextField("text of the mail", blank=True)
    pieces = models.JSONField(default=list, blank=True)  # slugs of the catalogue, in the order they are shown
    # By language, what is written in another than the shop's first: the fields of `Words`.
    translations = models.JSONField(default=dict, blank=True, editable=False)
    topic = models.CharField(
        max_length=24,
        choices=[("new_pieces", "New pieces"), ("offers", "Offers"), ("care", "Care")],
        default="new_pieces",
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField()
    scheduled_for = models.DateTimeField(null=True, blank=True)  # null: not scheduled
    begun_at = models.DateTimeField(null=True, blank=True)  # null: nothing was sent yet
    finished_at = models.DateTimeField(null=True, blank=True)  # null: not over

    class Meta:
        verbose_name = "newsletter"
        ordering = ("-created_at",)
        permissions = [("send_campaign", "Can send newsletters")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "cancelled"]) | models.Q(scheduled_for__isnull=False),
                name="campaign_scheduled_before_it_goes",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["sending", "paused", "sent"]) | models.Q(begun_at__isnull=False),
                name="campaign_begun_at_when_begun",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="sent") | models.Q(finished_at__isnull=False),
                name="campaign_finished_at_when_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def words(self) -> Words:
        """What it says in the shop's first language."""
        plain = {way.channel: way.text for way in self.ways.all()}
        return Words(self.title, self.preheader, self.body, plain.get(Channel.SMS, ""), plain.get(Channel.POST, ""))

    def translated(self, language: str) -> Words | None:
        """What it says in another language, where it was written in it."""
        kept = self.translations.get(language)
        return Words(**kept) if kept else None

    def way(self, channel: str) -> CampaignWay | None:
        """How it travels by that channel, if it does."""
        return next((each for each in self.ways.all() if each.channel == channel), None)


class CampaignWay(models.Model):
    """One way a newsletter travels: what it says there, and how far the walk through those who agreed to that way has come."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="ways")
    channel = models.CharField(max_length=5, choices=[(each.value, each.words) for each in Channel])
    text = models.TextField(blank=True)  # plain; empty for the mail, which has the newsletter's own body
    # null: at the beginning
    walked_to = models.UUIDField(null=True, blank=True)
    has_walked = models.BooleanField(default=False)
    left_out = models.JSONField(default=dict, blank=True)  # how many by reason

    class Meta:
        verbose_name = "way of a newsletter"
        verbose_name_plural = "ways of newsletters"
        ordering = ("campaign_id", "channel")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "channel"], name="campaign_way_once"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign.reference} {self.get_channel_display()}"


class MailchimpMember(models.Model):
    """Somebody who was put on the list at Mailchimp, as we gave them to it. Gone once Mailchimp has deleted them for good."""

    class State(models.TextChoices):
        SUBSCRIBED = "subscribed", "On the list"
        UNSUBSCRIBED = "unsubscribed", "Taken off the list"
        REFUSED = "refused", "Refused by Mailchimp"
        DELETED = "deleted", "Deleted there for good"

    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="mailchimp_members")
    email = models.EmailField(max_length=254, unique=True)
    state = models.CharField(max_length=12, choices=State.choices)
    refused_because = models.CharField(max_length=80, blank=True)  # the title of Mailchimp's answer
    changed_at = models.DateTimeField()

    objects = Usable["MailchimpMember"].as_manager()

    class Meta:
        verbose_name = "contact at Mailchimp"
        verbose_name_plural = "contacts at Mailchimp"

    def __str__(self) -> str:
        return f"contact at Mailchimp #{self.pk}"
