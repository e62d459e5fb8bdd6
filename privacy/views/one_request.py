"""One request on one page: where it stands, what was said about it, and what its person can do. The same for everybody.

Signed in it is `/account/privacy/<reference>/`; without an account, the page behind the link in a mail. Both show and do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from privacy.forms.conversation import AppealForm, MessageForm
from privacy.ground import audit, states
from privacy.register import authorities, subjects
from privacy.rights import appeals, attachments, conversation, grounds, identity, letter, requests, timeline, wished
from privacy.rights.models import DataRequest, State
from privacy.views.people import SignedIn, own

TOO_LATE: Final = "This request cannot be taken back any more."
CLOSED: Final = "This request has ended, so there is nobody to write to about it any more."
NO_NO: Final = "Only a no can be appealed against, and this is none."
TOO_MANY: Final = "You wrote to us often today. We read all of it; please wait for our answer, or write again tomorrow."
ROOM: Final = f"A request has room for {attachments.MOST} files. Leave this one out, or tell us in words."


@dataclass(frozen=True)
class Done:
    """What pressing a button did: words for the next page, or a form with what is wrong in it."""

    words: str = ""
    is_good: bool = True
    form: MessageForm | AppealForm | None = None


@dataclass(frozen=True)
class Kept:
    """One kind of thing that an erasure leaves: what of it, why, and how many of it until when."""

    what: str
    stays: str
    why: str
    ends: list[tuple[int, date | None]] = field(default_factory=list)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def own_request(request: SignedIn, reference: str) -> HttpResponse:
    """One request of the person signed in."""
    asked = own(request, reference)
    return answered(request, asked, by=request.user, here=request.path, template="privacy/own_request.html")


@require_POST
@login_required
def withdraw(request: SignedIn, reference: str) -> HttpResponse:
    """Take one's own request back, from the list of them."""
    done = _withdraw(own(request, reference), request, by=request.user, at=timezone.now())
    _tell(request, done)
    return redirect("privacy:centre")


def answered(request: HttpRequest, asked: DataRequest, *, by: audit.Actor, here: str, template: str) -> HttpResponse:
    """Do what was pressed and come back *here*; or show the page."""
    form, now = None, timezone.now()
    if request.method == "POST":
        done = ACTS.get(request.POST.get("do", ""), _withdraw)(asked, request, by=by, at=now)
        if done.form is None:
            _tell(request, done)
            return redirect(here)
        form = done.form
    shown = {**told(asked, by=by, at=now), **_forms(asked, request, form)}
    page = render(request, template, shown, status=422 if form else 200)
    if request.method == "GET":
        conversation.read(asked, by=by, at=now)
    return page


def told(asked: DataRequest, *, by: audit.Actor, at: datetime) -> dict[str, Any]:
    """Everything that its person reads about a request."""
    package = getattr(asked, "package", None)
    return {
        "asked": asked,
        "days_left": max(0, (asked.due_at - at).days),
        "is_late": asked.due_at < at,
        "wished": wished.of(asked),
        **_of_refusal(asked),
        "steps": timeline.of(asked),
        "waiting": letter.waiting(asked, at=at),
        "kept": _kept(asked),
        "package": package,
        "left": package.left(at) if package else 0,
        "transfers": list(package.transfers.all()) if package else [],
        "checks": identity.evidence_of(asked),
        "conversation": conversation.of(asked),
        "can_write": conversation.is_open(asked),
        "files": list(asked.attachments.all()),
    }


def _forms(asked: DataRequest, request: HttpRequest, sent: MessageForm | AppealForm | None) -> dict[str, Any]:
    """The forms that the page has, one of them as it was sent."""
    appeal = sent if isinstance(sent, AppealForm) else AppealForm(known=_address(request))
    return {"form": sent if isinstance(sent, MessageForm) else MessageForm(), "appeal_form": appeal}


def _of_refusal(asked: DataRequest) -> dict[str, Any]:
    """On which ground we said no, what can be done about it, and whom one can turn to."""
    if asked.state != State.REFUSED:
        return {}
    residence = subjects.root(asked.subject).residence
    return {
        "ground": grounds.basis(asked.refusal_ground) if asked.refusal_ground else None,
        "appeal": grounds.appeal(residence),
        "authorities": authorities.of(residence),
        "appealed": asked.appeals.order_by("-received_at").first(),
    }


def _kept(asked: DataRequest) -> list[Kept]:
    """What an erasure leaves, each kind once, with every day on which some of it goes."""
    if not asked.is_erasure:
        return []
    found: dict[tuple[str, str, str], Kept] = {}
    for item in letter.items(asked):
        kept = found.setdefault((item.what, item.stays, item.why), Kept(item.what, item.stays, item.why))
        kept.ends.append((item.count, item.until))
    return list(found.values())


def _write(asked: DataRequest, request: HttpRequest, *, by: audit.Actor, at: datetime) -> Done:
    form = MessageForm(request.POST, request.FILES)
    if not form.is_valid():
        return Done(form=form)
    try:
        conversation.write(asked, **form.cleaned_data, by=by, at=at)
    except conversation.Closed:
        return Done(CLOSED, is_good=False)
    except conversation.TooMany:
        return Done(form=_refused(form, "text", TOO_MANY))
    except attachments.TooMany:
        return Done(form=_refused(form, "attachment", ROOM))
    return Done("Your message is with us. We write to you when there is an answer.")


def _appeal(asked: DataRequest, request: HttpRequest, *, by: audit.Actor, at: datetime) -> Done:
    form = AppealForm(request.POST, known=_address(request))
    if not form.is_valid():
        return Done(form=form)
    try:
        made = appeals.ask(asked, text=form.cleaned_data["text"], contact=form.contact, by=by, at=at)
    except appeals.NothingToAppeal:
        return Done(NO_NO, is_good=False)
    except requests.SubjectErased:
        return Done(CLOSED, is_good=False)
    return Done(f"Somebody else looks at it. The reference is {made.reference}.")


def _withdraw(asked: DataRequest, request: HttpRequest, *, by: audit.Actor, at: datetime) -> Done:
    try:
        requests.withdraw(asked, by=by, at=at)
    except (states.NotAllowed, states.Changed):
        return Done(TOO_LATE, is_good=False)
    return Done(f"{asked.reference} is taken back. Nothing was changed.")


def _refused(form: MessageForm, name: str, words: str) -> MessageForm:
    form.add_error(name, words)
    return form


def _tell(request: HttpRequest, done: Done) -> None:
    """Say it on the next page. Without an account the page itself shows what was done, and no cookie is set for it."""
    if request.user.is_authenticated:
        (messages.success if done.is_good else messages.error)(request, done.words)


def _address(request: HttpRequest) -> str:
    """The address of whoever is signed in."""
    return str(getattr(request.user, "email", ""))


ACTS: Final[Mapping[str, Callable[..., Done]]] = {"write": _write, "withdraw": _withdraw, "appeal": _appeal}
"""What a button on the page does, by what it sends as `do`."""
