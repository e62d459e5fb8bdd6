"""`/privacy/certificate/`: anybody may look at a certificate they were given, and check any certificate of ours."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from privacy.forms import CheckForm
from privacy.proof import certificates
from privacy.proof.models import Certificate


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Paste a reference or a certificate's JSON: valid, or not and why."""
    form, verdict = CheckForm(request.POST if request.method == "POST" else None), None
    if form.is_valid():
        verdict = certificates.verify_pasted(form.cleaned_data["certificate"])
    shown = {"form": form, "verdict": verdict, "public_key": certificates.public_key(), "key_id": certificates.key_id()}
    is_wrong = form.is_bound and (verdict is None or not verdict.is_valid)
    return render(request, "privacy/certificate_check.html", shown, status=400 if is_wrong else 200)


@require_safe
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """One certificate, as a grading report. It names nobody."""
    certificate = get_object_or_404(Certificate, reference=reference)
    shown = {
        "certificate": certificate,
        "document": certificate.document,
        "verdict": certificates.verify(certificate),
        "public_key": certificates.public_key(),
    }
    return render(request, "privacy/certificate.html", shown)


@require_safe
def as_json(request: HttpRequest, reference: str) -> HttpResponse:
    """The signed document as a file."""
    certificate = get_object_or_404(Certificate, reference=reference)
    response = JsonResponse(certificates.published(certificate), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{certificate.reference}.json"'
    return response
