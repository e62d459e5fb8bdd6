"""The page before the desk: a short training, then the rules, each by the one who works here."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldBooleanSwitchWidget

from accounts import clearance, handling
from accounts.models import Clearance, User


class TrainingForm(forms.Form):
    """One question after the other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in handling.QUESTIONS:
            self.fields[question.slug] = forms.TypedChoiceField(
                label=question.asks,
                choices=list(enumerate(question.answers)),
                coerce=int,
                widget=UnfoldAdminRadioSelectWidget,
            )

    def give(self, user: User) -> None:
        """Call the verb; what was wrong is explained beside its question."""
        try:
            clearance.train(user, self.cleaned_data, by=user, at=timezone.now())
        except clearance.NotYet as not_yet:
            for slug, because in not_yet.wrong.items():
                self.add_error(slug, because)


class RulesForm(forms.Form):
    """Read, and kept to."""

    agrees = forms.BooleanField(
        label="I have read these rules and keep to them",
        widget=UnfoldBooleanSwitchWidget,
        error_messages={"required": "The desk opens to whoever keeps to them."},
    )
    digest = forms.CharField(widget=forms.HiddenInput)

    def give(self, user: User) -> None:
        """Call the verb."""
        try:
            clearance.accept(user, digest=self.cleaned_data["digest"], by=user, at=timezone.now())
        except clearance.OtherWords:
            self.add_error(None, "The rules changed while you read them. Read them again.")


FORMS: dict[str, type[TrainingForm] | type[RulesForm]] = {
    Clearance.Kind.TRAINING: TrainingForm,
    Clearance.Kind.RULES: RulesForm,
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """The next thing that is missing, or what was done and until when it counts."""
    user, now = cast(User, request.user), timezone.now()
    step = next(iter(clearance.missing(user, at=now)), "")
    form = FORMS[step](request.POST if request.method == "POST" else None, initial=_words()) if step else None
    if form is not None and form.is_valid():
        form.give(user)
        if form.is_valid():
            return _onward(request, user)
    context = {**admin.site.each_context(request), "title": "Before the desk opens", "form": form, "step": step}
    context |= {"rules": handling.RULES, "given": clearance.standing(user, at=now)}
    return render(
        request, "admin/accounts/clearance.html", context, status=400 if form is not None and form.is_bound else 200
    )


def _onward(request: HttpRequest, user: User) -> HttpResponse:
    """To what is missing still, or to the desk."""
    if clearance.missing(user, at=timezone.now()):
        return HttpResponseRedirect(reverse("clearance:show"))
    messages.success(request, "The desk is open to you.")
    return HttpResponseRedirect(reverse("admin:index"))


def _words() -> dict[str, str]:
    return {"digest": handling.RULES_DIGEST}
