"""`/privacy/certificate/`: anybody may look at a certificate they were given, and check any certificate of ours."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from privacy.forms.pages import CheckCertificateForm
from privacy.proof import certificates, paper, signing
from privacy.proof.models import Certificate


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Paste a reference or a certificate's JSON, or upload its file: valid, or not and why."""
    form = CheckCertificateForm(request.POST, request.FILES) if request.method == "POST" else CheckCertificateForm()
    verdict = form.verdict() if form.is_valid() else None
    shown = {"form": form, "verdict": verdict, "keys": signing.public_keys(), "key_id": signing.key_id()}
    is_wrong = form.is_bound and (verdict is None or not verdict.is_valid)
    return render(request, "privacy/certificate_check.html", shown, status=400 if is_wrong else 200)


@require_safe
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """One certificate, as a grading report. It names nobody."""
    certificate = get_object_or_404(Certificate, reference=reference)
    return render(request, "privacy/certificate.html", _shown(certificate))


@require_safe
def as_json(request: HttpRequest, reference: str) -> HttpResponse:
    """The signed documents as a file."""
    certificate = get_object_or_404(Certificate, reference=reference)
    response = JsonResponse(certificates.published(certificate), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{certificate.reference}.json"'
    return response


@require_safe
def as_pdf(request: HttpRequest, reference: str) -> HttpResponse:
    """The certificate on paper, with the signed documents attached."""
    certificate = get_object_or_404(Certificate, reference=reference)
    response = HttpResponse(paper.printed(certificate), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{certificate.reference}.pdf"'
    return response


def _shown(certificate: Certificate) -> dict[str, Any]:
    document = certificate.document
    return {
        "certificate": certificate,
        "document": document,
        "second": certificates.countersignature_of(certificate),
        "look": certificates.last_look(certificate),
        "verdict": certificates.verify(certificate),
        "public_key": signing.public_keys().get(certificate.key_id, ""),
    }
