"""Browsers at the pages of privacy, and what they are mailed and handed."""

from __future__ import annotations

import io
import json
import re
import zipfile

from django.test import Client
from django.urls import reverse

from privacy.models import Message


def visitor():
    """A browser without a session; the header is what a real one sends with our own forms."""
    return Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})


def signed_in(person):
    client = Client()
    client.force_login(person.user)
    return client


def proves_again(client, person):
    """Type the password once more, as the reauthentication page asks."""
    answer = client.post(reverse("account_reauthenticate"), {"password": f"{person.email[:-12]}-opal-briolette-7"})
    assert answer.status_code == 302


def keys_in(mail, page):
    """The signed keys of a page's links in a mail."""
    return re.findall(rf"{page}\?key=([^\s\"<]+)", mail.payload["text"])


def latest(kind):
    return Message.objects.filter(kind=f"privacy.{kind}").order_by("-created_at").first()


def unpacked(response):
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    return json.loads(archive.read("data.json")), archive.read("index.html").decode()
