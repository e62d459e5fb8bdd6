"""Receipts for consent: one's own as a file, and the page where anybody checks one."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from privacy.consent import ledger
from privacy.consent.models import ConsentRecord
from privacy.forms.pages import CheckReceiptForm
from privacy.proof import receipts, signing
from privacy.views.people import SignedIn


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Paste a receipt's number or JSON, or upload its file: valid, or not and why."""
    form = CheckReceiptForm(request.POST, request.FILES) if request.method == "POST" else CheckReceiptForm()
    verdict = form.verdict() if form.is_valid() else None
    told = receipts.told(verdict.document) if verdict and verdict.document else []
    shown = {"form": form, "verdict": verdict, "told": told, "keys": signing.public_keys(), "key_id": signing.key_id()}
    is_wrong = form.is_bound and (verdict is None or not verdict.is_valid)
    return render(request, "privacy/receipt_check.html", shown, status=400 if is_wrong else 200)


@require_safe
@login_required
def download(request: SignedIn, receipt: UUID) -> HttpResponse:
    """The receipt for something the person signed in has said; anybody else's does not exist here."""
    return as_file(get_object_or_404(ledger.history(request.user.subject), receipt=receipt))


def as_file(record: ConsentRecord) -> HttpResponse:
    """The signed receipt as a file that no cache keeps."""
    response = JsonResponse(receipts.of(record), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="consent-{record.receipt}.json"'
    response["Cache-Control"] = "private, no-store"
    return response
