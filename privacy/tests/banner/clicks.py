"""What a visitor clicks, what their browser is left with, and what is written down of it."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone

from privacy.consent import choice
from privacy.consent.choice import Category, Choice
from privacy.consent.models import ConsentRecord

P, F, T = Category.PERFORMANCE, Category.FUNCTIONALITY, Category.TARGETING


def signed_in(person, **headers):
    client = Client(headers={"Sec-Fetch-Site": "same-origin", **headers})
    client.force_login(person.user)
    return client


def answer(client, said, *allow, surface="banner", **headers):
    form = {"answer": said, "allow": [str(each) for each in allow], "surface": surface, "next": "/privacy/"}
    return client.post("/privacy/choices/", form, headers=headers)


def choice_of(client, *, gpc=False) -> Choice:
    raw = client.cookies["consent"].value if "consent" in client.cookies else ""
    return choice.read(raw, gpc=gpc, at=timezone.now())


def records():
    return [(r.matter, r.decision, r.surface) for r in ConsentRecord.objects.order_by("id")]


def has_banner(client, path="/privacy/", **headers):
    return '<section class="consent' in client.get(path, headers=headers).text
