"""Accounts at the desk: customers by exact address only, staff with their roles.

Signing in to the desk is the same door as for everybody (allauth, with its rate limits and second
factor). What belongs to a customer alone (addresses, devices, keys, second factors) has no page
here: nobody needs to browse it.
"""

from __future__ import annotations

from typing import Any, Final, cast

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import ManyToManyField, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts import clearance, security
from accounts.models import User
from privacy.admin.masks import MaskedAdmin
from privacy.ground import audit

#: What makes somebody a member of staff: which desk, and until when.
GIVEN: Final[tuple[str, ...]] = ("is_staff", "groups", "access_until")


def _change_password(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Where everybody changes theirs: there the owner hears of it by mail, and API keys end."""
    return redirect("account_change_password")


admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.password_change = _change_password  # type: ignore[method-assign, assignment]
for model in (EmailAddress, UserSession, Authenticator, Group, SocialAccount, SocialApp, SocialToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class UserAdmin(MaskedAdmin):
    """Who may sign in. The list names nobody; an exact address finds its account. One ends by deactivation or by an erasure."""

    list_display = ("__str__", "kind", "roles", "date_joined", "last_login", "is_open")
    list_filter = ("is_staff", "groups")
    search_fields = ("=email", "=id")
    search_help_text = "The whole e-mail address"
    ordering = ("-is_staff", "-date_joined")
    actions = ("deactivate", "reactivate")
    readonly_fields = ("subject", "date_joined", "last_login", "deactivated_at", "cleared")
    fields = (
        "email", "full_name", "is_staff", "groups", "access_until", "cleared", "subject", "date_joined", "last_login",
        "deactivated_at",
    )  # fmt: skip
    add_fields = ("email", "full_name", "is_staff", "groups", "access_until")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Everything one line of the list shows, in a fixed number of questions."""
        rows: QuerySet[User] = super().get_queryset(request).select_related("subject").prefetch_related("groups")
        return rows

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """A new account begins with an address and a role."""
        return self.fields if obj else self.add_fields

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Nobody changes an address here: only a confirmed link does. Nobody gives themselves a role, or more time."""
        if obj is None:
            return self.readonly_fields
        mine = GIVEN if obj.pk == request.user.pk else ()
        return tuple(dict.fromkeys(("email", *mine, *super().get_readonly_fields(request, obj))))

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        """Six roles are six boxes to tick."""
        kwargs |= {"widget": UnfoldAdminCheckboxSelectMultipleWidget, "label": "Roles", "help_text": ""}
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[no-any-return]

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm[User], change: bool) -> None:
        """Enrol a new account without a password: its owner chooses one by the link for a forgotten one."""
        if change:
            super().save_model(request, obj, form, change)
            _note_access(obj, form, request)
            return
        obj.set_unusable_password()
        User.objects.enrol(obj, at=timezone.now())

    @admin.display(description="account")
    def kind(self, user: User) -> str:
        """Staff or customer."""
        return "staff" if user.is_staff else "customer"

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        """The desks of a member of staff."""
        return ", ".join(group.name for group in user.groups.all())

    @admin.display(description="before the desk")
    def cleared(self, user: User) -> str:
        """What they did that still counts, and when."""
        given = clearance.standing(user, at=timezone.now()) if user.is_staff else []
        return ", ".join(f"{each.get_kind_display()} {each.given_at:%-d %B %Y}" for each in given) or "nothing yet"

    @admin.display(description="open", boolean=True)
    def is_open(self, user: User) -> bool:
        """Whether one can sign in to it."""
        return bool(user.is_active)

    @admin.action(description="Deactivate: sign out everywhere and let nobody in", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Lock the chosen accounts, but never one's own."""
        assert isinstance(request.user, User)
        chosen = list(queryset.exclude(pk=request.user.pk))
        for user in chosen:
            security.deactivate(user, by=request.user, at=timezone.now())
        messages.success(request, f"{len(chosen)} deactivated.")

    @admin.action(description="Reactivate", permissions=["change"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Open the chosen accounts again."""
        assert isinstance(request.user, User)
        left = 0
        for user in queryset:
            try:
                security.reactivate(user, by=request.user, at=timezone.now())
            except security.HasLeft:
                left += 1
        if left:
            messages.warning(request, f"{left} were to work here until a day that is over: give another one first.")
        messages.success(request, f"{len(queryset) - left} reactivated.")


def _note_access(user: User, form: forms.ModelForm[User], request: HttpRequest) -> None:
    """Who may do what at the desk, and until when, is in the trail."""
    if changed := [name for name in GIVEN if name in form.changed_data]:
        by = cast(User, request.user)
        details: dict[str, audit.Detail] = {"changed": changed}
        audit.append(
            "staff.access_changed", subject=user.subject_id, obj=user, details=details, by=by, at=timezone.now()
        )
