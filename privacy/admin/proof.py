"""The desk's pages of proof: certificates and sweeps, only read. A sweep that was not clean says so on top of the lists."""

from __future__ import annotations

from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from privacy.admin.masks import Evidence
from privacy.proof import certificates
from privacy.proof.models import Certificate, ResidueSweep


def warn_of_residue(request: HttpRequest) -> None:
    """Say what the last sweep found, or could not read."""
    last = ResidueSweep.objects.first()
    if last is None or last.is_clean:
        return
    hits, places = sum(finding["count"] for finding in last.findings), len(last.coverage["unread"])
    url = reverse("admin:privacy_residuesweep_change", args=[last.pk])
    words = f"{hits} traces of erased people, {places} places not read"
    messages.error(request, format_html('The last sweep was not clean: <a href="{}">{}</a> ({}).', url, last, words))


@admin.register(Certificate)
class CertificateAdmin(Evidence):
    """What was certified, and whether a sweep has countersigned it."""

    warnings = (warn_of_residue,)
    list_display = ("reference", "request_reference", "issued_at", "countersigned", "key_id")
    list_select_related = ("countersignature__sweep",)
    search_fields = ("=reference", "=request_reference")
    ordering = ("-issued_at",)
    fields = ("reference", "request_reference", "issued_at", "countersigned", "key_id", "verdict", "page", "canonical")

    @display(description="countersigned")
    def countersigned(self, certificate: Certificate) -> str:
        second = getattr(certificate, "countersignature", None)
        return f"{second.signed_at:%-d %B %Y}, {second.sweep}" if second else "not yet"

    @display(description="signature")
    def verdict(self, certificate: Certificate) -> str:
        return "holds" if certificates.verify(certificate).is_valid else "does not hold"

    @display(description="public page")
    def page(self, certificate: Certificate) -> str:
        url = reverse("privacy:certificate", args=[certificate.reference])
        return format_html('<a href="{}">{}</a>', url, url)


@admin.register(ResidueSweep)
class ResidueSweepAdmin(Evidence):
    """Where each sweep looked, how fast, and what it met: places and counts, never values."""

    warnings = (warn_of_residue,)
    list_display = ("reference", "started_at", "clean", "words")
    list_filter = ("is_clean",)
    search_fields = ("=reference",)
    ordering = ("-started_at",)
    fields = ("reference", "started_at", "finished_at", "clean", "words", "certificates", "found", "unread")

    @display(description="clean", boolean=True)
    def clean(self, sweep: ResidueSweep) -> bool:
        return sweep.is_clean

    @display(description="found")
    def found(self, sweep: ResidueSweep) -> str:
        return "\n".join(
            "{request}: {count} × {kind} in {place} {column} ({strength})".format(**finding)
            for finding in sweep.findings
        )

    @display(description="not read")
    def unread(self, sweep: ResidueSweep) -> str:
        return "\n".join(sweep.coverage["unread"])
