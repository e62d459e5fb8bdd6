"""At the desk it is what the shop's clock shows: on its pages and in its forms alike, summer time included."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.contrib import admin
from django.urls import get_resolver
from django.utils import timezone

from privacy.forms.entry import EntryForm
from privacy.forms.moments import ShopMoment, at_the_clock
from privacy.ground import tongue
from privacy.models import AuditEvent
from privacy.rights.clock import of_the_shop
from privacy.rights.kinds import Kind
from privacy.rights.models import DataRequest
from privacy.tests.people import NOON, asks, at_the_desk, someone

LA = ZoneInfo("America/Los_Angeles")
ENTER = "/admin/privacy/datarequest/enter/?kind=access"


@pytest.mark.parametrize(
    ("shown", "moment"),
    [
        ("2026-01-05 09:00", "2026-01-05 17:00"),
        ("2026-07-05 09:00", "2026-07-05 16:00"),
        ("2026-03-08 01:59", "2026-03-08 09:59"),
        ("2026-03-08 03:00", "2026-03-08 10:00"),
        ("2026-11-01 00:59", "2026-11-01 07:59"),
        ("2026-11-01 02:00", "2026-11-01 10:00"),
        ("2026-12-31 17:30", "2027-01-01 01:30"),
    ],
)
def test_a_time_is_the_moment_at_which_the_clock_shows_it(shown, moment):
    assert at_the_clock(datetime.fromisoformat(shown), LA) == datetime.fromisoformat(f"{moment}+00:00")


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (
            "2026-03-08 02:30",
            "There was no 02:30 on 8 March 2026: the clocks were put forward. They showed 03:30 instead.",
        ),
        (
            "2026-11-01 01:30",
            "01:30 came twice on 1 November 2026: the clocks were put back. "
            "Take 00:59 for the first of them, 02:00 for the second.",
        ),
    ],
)
def test_a_time_that_was_missing_or_came_twice_is_refused_with_what_to_type(shown, said):
    with pytest.raises(forms.ValidationError) as refused:
        at_the_clock(datetime.fromisoformat(shown), LA)
    assert refused.value.messages == [said]


@pytest.mark.django_db
def test_a_call_is_entered_and_shown_by_the_same_clock():
    carol = at_the_desk()
    page = carol.get(ENTER).text
    local = of_the_shop().local(timezone.now())
    typed_before = dict(re.findall(r'name="received_at_([01])"[^>]*value="([^"]+)"|$', page))
    assert typed_before["0"] == f"{local:%Y-%m-%d}"
    assert abs(
        datetime.fromisoformat(f"{typed_before['0']} {typed_before['1']}") - local.replace(tzinfo=None)
    ) < timedelta(minutes=2)
    assert "By the clock in Los Angeles." in page
    came = (local - timedelta(days=2)).replace(hour=17, minute=5, second=0, microsecond=0)
    what = {
        "channel": "phone",
        "email": "gwen@example.com",
        "received_at_0": f"{came:%Y-%m-%d}",
        "received_at_1": "17:05",
    }
    assert carol.post(ENTER, what).status_code == 302
    asked = DataRequest.objects.get()
    assert asked.received_at == came.astimezone(UTC)
    assert f"{came:%-d %B %Y, %H:%M %Z}" in carol.get(f"/admin/privacy/datarequest/{asked.pk}/change/").text


@pytest.mark.django_db
def test_an_hour_that_came_twice_is_no_time_of_receipt(settings):
    what = {"channel": "phone", "email": "gwen@example.com", "received_at_0": "2026-11-01", "received_at_1": "01:30"}
    form = EntryForm(what, kind=Kind.ACCESS)
    assert (form.is_valid(), "came twice on 1 November 2026" in str(form.errors["received_at"])) == (False, True)


@pytest.mark.django_db
def test_pages_say_the_zone_and_letters_stay_as_they_are():
    asks(someone("alice"))
    event = AuditEvent.objects.earliest("at")
    shown = at_the_desk("auditor").get(f"/admin/privacy/auditevent/{event.pk}/change/").text
    local = of_the_shop().local(event.at)
    assert f"{local:%-d %B %Y, %H:%M %Z}" in shown
    with timezone.override(LA):
        assert tongue.moment(NOON) == f"{NOON:%-d %B %Y, %H:%M}", "a letter reads the same wherever it is made"
    assert timezone.get_current_timezone_name() == "UTC", "nothing of it is left to the next page"


def forms_of(base: type[forms.BaseForm] = forms.BaseForm) -> set[type[forms.BaseForm]]:
    found = {each for form in base.__subclasses__() for each in {form, *forms_of(form)}}
    return {each for each in found if each.__module__.split(".")[0] in ("shop", "accounts", "orders", "privacy")}


def test_every_form_that_takes_a_time_takes_it_by_the_shops_clock():
    admin.autodiscover()
    _ = get_resolver().url_patterns
    times = {
        (form.__qualname__, name): type(field)
        for form in forms_of()
        for name, field in form.base_fields.items()
        if isinstance(field, (forms.DateTimeField, forms.SplitDateTimeField, forms.TimeField))
        and not field.widget.is_hidden
    }
    assert len(times) > 8
    assert {name for name, kind in times.items() if kind is not ShopMoment} == set()
