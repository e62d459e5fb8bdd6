"""The desk's page of lists for partners: making one, taking one out. Nobody's name is on the page."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminRadioSelectWidget

from privacy.admin import lists
from privacy.admin.decisions import Decides, Decision
from privacy.admin.masks import Evidence
from privacy.consent import partners
from privacy.messages import partner_lists
from privacy.messages.partner_models import PartnerList
from privacy.register import agreements, disclosures

MAY_TAKE_OUT: Final = "privacy.take_out_partnerlist"
NOBODY: Final = "Nobody would stand on it, so there is no file."


class MakeForm(forms.Form):
    """For whom, and who stands on it."""

    partner = forms.ChoiceField(widget=UnfoldAdminRadioSelectWidget)
    kind = forms.ChoiceField(
        label="Who stands on it", choices=PartnerList.Kind.choices, widget=UnfoldAdminRadioSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.named = {each.slug: each for each in partners.named()}
        chosen: Any = self.fields["partner"]
        chosen.choices = [(slug, f"{each.name} ({_waiting(slug, self)})") for slug, each in self.named.items()]


def _waiting(slug: str, form: MakeForm) -> str:
    number = len(partner_lists.taken_back(form.named[slug]))
    return f"to be told of {number} who took it back" if number else "nobody took it back since it was last told"


def _take_out(row: PartnerList, typed: dict[str, Any], by: Any, at: datetime) -> HttpResponse:
    lines = partner_lists.take_out(row, by=by, at=at)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{row}.csv"'
    add_never_cache_headers(answer)
    has_addresses = row.kind == PartnerList.Kind.AGREED
    file = csv.writer(answer)
    file.writerow(["number", "email"] if has_addresses else ["number"])
    file.writerows([each.number, each.email] if has_addresses else [each.number] for each in lines)
    return answer


DECISIONS: Final = {
    "take_out": Decision(
        title="Take it out",
        explains="Each person is asked about once more: whoever says no by now is struck off. Each of the others sees that the "
        "partner was given this. Fourteen days after it was made its addresses are gone from here.",
        permission=MAY_TAKE_OUT,
        fits=lambda row: row.ends_at > timezone.now(),
        do=_take_out,
        variant=ActionVariant.PRIMARY,
    ),
}


@admin.register(PartnerList)
class PartnerListAdmin(Decides, Evidence):
    """Lists for partners, the newest first."""

    list_display = ("reference", "whom", "kind", "size", "made_at", "ends_at", "times_taken")
    list_filter = ("kind",)
    search_fields = ("=reference",)
    ordering = ("-made_at",)
    fields = ("reference", "whom", "kind", "size", "made_at", "ends_at", "taken_at", "times_taken")
    actions_list = ("make",)
    decisions = DECISIONS
    refusals = {
        partner_lists.Over: "Its time has run: no address is left on it.",
        partner_lists.Nobody: NOBODY,
        agreements.NotAgreed: "",
    }

    def describe(self, row: PartnerList) -> str:
        """For whom, and how many stood on it."""
        return f"{self.whom(row)}, {row.get_kind_display().lower()}: {row.size}"

    def has_make_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(MAY_TAKE_OUT))

    @action(description="Make a list", url_path="make", permissions=["make"])
    def make(self, request: HttpRequest) -> HttpResponse:
        """Put down who stands on it; the next page hands it out."""
        form = MakeForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and (made := _made(form, request)):
            return HttpResponseRedirect(reverse("admin:privacy_partnerlist_change", args=[made.pk]))
        context = {**self.admin_site.each_context(request), "title": "Make a list for a partner", "opts": self.opts}
        context |= {"form": form, "back": reverse("admin:privacy_partnerlist_changelist")}
        return render(request, "admin/privacy/partner_list.html", context)

    @display(description="partner")
    def whom(self, row: PartnerList) -> str:
        return disclosures.name_of(row.partner)


def _made(form: MakeForm, request: HttpRequest) -> PartnerList | None:
    """Call the verb; what it refuses is told on the form."""
    partner, kind = form.named[form.cleaned_data["partner"]], PartnerList.Kind(form.cleaned_data["kind"])
    try:
        return partner_lists.make(partner, kind, by=lists.staff(request), at=timezone.now())
    except partner_lists.Nobody:
        form.add_error(None, NOBODY)
    except agreements.NotAgreed as lacking:
        form.add_error(None, str(lacking))
    return None
