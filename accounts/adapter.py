"""Where allauth meets the shop, and the only place that changes what allauth does.

Mails leave by the outbox; a new account gets its data subject; a link proves an address only in a
browser that knows the password; secrets of authenticator apps rest encrypted.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage, LoginStageController
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts import age_screen, emails, pausing, security, suspicion
from accounts.models import User
from privacy.consent import screen
from privacy.ground import sealed
from privacy.register import ages, profiles, stops
from privacy.register.ages import Standing
from privacy.rights import children

SIGN_IN_FIRST = (
    "The link is good, but this browser has not signed in yet. "
    "Sign in with the password you chose, then open the link once more."
)
NOT_CONFIRMED = "This address could not be confirmed. Please write to us."


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up, confirmation and mails as the shop wants them."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The e-mail address or the password is not right.",
        "too_many_login_attempts": "Too many attempts. Wait a few minutes, or choose a new password.",
        "incorrect_password": "That is not your password.",
        "enter_current_password": "That is not your current password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Let nobody sign up who has not said how old they are, or is too young for it: they see another page instead."""
        if page := age_screen.stops(request):
            raise ImmediateHttpResponse(page)
        return True

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Save a new account together with its data subject, and the age its owner said.

        Two sign-ups with one address at the same moment: the later one hears what everybody hears.
        """
        super().save_user(request, user, form, commit=False)
        if stops.refuses(user.email):  # a child's: it looks as if a mail had gone, as to everybody
            raise ImmediateHttpResponse(self.respond_email_verification_sent(request, None))
        try:
            return enrol(request, user) if commit else user
        except IntegrityError:
            raise ImmediateHttpResponse(self.respond_email_verification_sent(request, None))

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Count a clicked link as proof only in a browser that also knows the account's password.

        Otherwise somebody could sign up with a stranger's address, wait for the stranger to click
        a reasonable-looking link, and own an account with the stranger's orders on it.
        """
        user = email_address.user
        if not _knows_password(request, user):
            messages.warning(request, SIGN_IN_FIRST)
            return False
        try:
            with transaction.atomic():
                security.yield_address(email_address.email, to=user, by=user, at=timezone.now())
                return bool(super().confirm_email(request, email_address))
        except security.TakenByStaff:
            messages.error(request, NOT_CONFIRMED)
            return False

    def respond_email_verification_sent(self, request: HttpRequest, user: User | None) -> HttpResponseBase:
        """Ask for the mailbox; the address somebody typed rests in a session for an hour, not for weeks."""
        request.session.set_expiry(settings.ACCOUNT_LOGIN_TIMEOUT)
        answer: HttpResponseBase = super().respond_email_verification_sent(request, user)
        if (given := screen.answer(request)) and given.standing is Standing.ALONE:  # any other stands for its day
            screen.forget(answer)
        return answer

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponseBase:
        """The password was right, the account is closed: its owner gets a link, if it is theirs to open again."""
        if not user.can_come_back:
            answer: HttpResponseBase = super().respond_user_inactive(request, user)
            return answer
        pausing.offer_return(user, at=timezone.now())
        return redirect("accounts:closed_for_now")

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponseBase | None:
        """The password was right, but wrong ones locked the account: its owner gets a link, and nobody a session."""
        closed: HttpResponseBase | None = super().pre_login(request, user, **kwargs)
        if closed is not None or user.locked_at is None:
            return closed
        suspicion.offer_unlock(user, at=timezone.now())
        request.session.flush()
        return redirect("accounts:locked")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A wrong password."""
        suspicion.note_failure(credentials.get("email") or "", at=timezone.now())

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in, for as long as a session lasts; but nobody who needs a parent's word and has none yet."""
        if children.lacks_parent(user.subject):
            clear_login(request)
            raise ImmediateHttpResponse(redirect("accounts:parent_first"))
        super().login(request, user)
        request.session.set_expiry(None)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Bring staff to the desk and customers to their account."""
        return reverse("admin:index") if request.user.is_staff else super().get_login_redirect_url(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go back to the page that led here."""
        return reverse("accounts:security")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Build the link on the shop's own address, whatever Host header came with the request."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return str(settings.LOUPE_PUBLIC_URL) + path.replace("UID-KEY", key)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Build the link on the shop's own address."""
        return str(settings.LOUPE_PUBLIC_URL) + reverse("account_confirm_email", args=[emailconfirmation.key])

    def is_safe_url(self, url: str) -> bool:
        """Whether one may be sent on to *url*; what is no address at all is not safe, and no error of ours."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell the owner of an account that somebody typed their address at sign-up."""
        link = settings.LOUPE_PUBLIC_URL + reverse("account_reset_password")
        self.send_mail("account/email/account_already_exists", email, {"password_reset_url": link})

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell a customer about a change to the account, naming whose account it is."""
        super().send_notification_mail(template_prefix, user, {**(context or {}), "user": user}, email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Hand the mail to the outbox."""
        user = context.get("user") or User.objects.filter(email=email.lower()).first()
        emails.send(template_prefix, to=email, user=user, facts=context, at=timezone.now())


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Signing in through another company: it says which account of theirs, and nothing else of it is believed or kept."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Forget what came along, and let the mailbox prove itself as at every sign-up (ADR 0012).

        The provider's word for an address is a year old at times; ours joins people with their guest orders.
        """
        account = sociallogin.account
        account.extra_data = {}
        if account.pk:
            account.save(update_fields=["extra_data"])
        for address in sociallogin.email_addresses:
            address.verified = False
        if not request.user.is_authenticated:  # what waits for its end does not wait for weeks
            request.session.set_expiry(settings.ACCOUNT_LOGIN_TIMEOUT)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Ask for the age first, as at every sign-up; nothing of what the other company said is kept meanwhile.

        Whoever needs a parent's word signs up by the form that asks where the parent reads mail.
        """
        given = screen.answer(request)
        if given is not None and given.standing is Standing.WITH_PARENT:
            raise ImmediateHttpResponse(redirect("account_signup"))
        return AccountAdapter(request).is_open_for_signup(request)

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: BaseForm | None = None) -> User:
        """Save a new account, without a password and with its data subject."""
        if form is not None:
            user: User = super().save_user(request, sociallogin, form)
            return user
        user = sociallogin.user
        if stops.refuses(user.email):
            raise ImmediateHttpResponse(AccountAdapter(request).respond_email_verification_sent(request, None))
        user.set_unusable_password()
        try:
            with transaction.atomic():
                enrol(request, user)
                sociallogin.save(request)
        except IntegrityError:
            raise ImmediateHttpResponse(AccountAdapter(request).respond_email_verification_sent(request, None))
        return user

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The providers of the environment; none that somebody entered in the database with its secret in the clear."""
        if not any(each.get("APPS") for each in settings.SOCIALACCOUNT_PROVIDERS.values()):
            return []
        return [app for app in super().list_apps(request, provider, client_id) if app.pk is None]


class MFAAdapter(DefaultMFAAdapter):
    """Second factors whose secrets rest encrypted."""

    def get_totp_issuer(self) -> str:
        """Name the shop in the customer's authenticator app."""
        return profiles.current().shop_name

    def encrypt(self, text: str) -> str:
        """Seal a secret before it is stored."""
        return sealed.seal_bytes(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a stored secret."""
        return sealed.open_bytes(encrypted_text.encode()).decode()


@transaction.atomic
def enrol(request: HttpRequest, user: User) -> User:
    """Save a new user, with the age that was asked before; without one there is no way here."""
    at = timezone.now()
    given = screen.answer(request)
    assert given is not None, "a sign-up begins with the age screen"
    User.objects.enrol(user, at=at)
    ages.state(user.subject, given, by=user, at=at)
    return user


def _knows_password(request: HttpRequest, user: User) -> bool:
    """Whether this browser is signed in as *user*, or typed the right password and waits for this very proof."""
    if request.user.is_authenticated:
        return bool(request.user.pk == user.pk)
    stage = LoginStageController.enter(request, EmailVerificationStage.key)
    return stage is not None and stage.login.user is not None and stage.login.user.pk == user.pk
