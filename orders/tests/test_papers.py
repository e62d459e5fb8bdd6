"""Certificates and valuations: sealed at rest, found by digest, shown to their owner only, gone with an erasure."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from accounts.models import User
from orders import fulfilment, links, papers
from orders.models import Order, Paper, SoldCertificate
from orders.tests.conftest import Browser, bag_of
from orders.tests.parcels import delivered, erase
from privacy.ground import sealed_files, uploads
from privacy.rights import access, packages, requests
from privacy.rights.models import Kind
from shop.models import Certificate, Stone, Variant

NUMBER = "GIA 2141438171"
PDF = b"%PDF-1.7 The necklace of a customer is worth 8,000 dollars."


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    settings.LOUPE_HOME = tmp_path


@pytest.fixture
def certified(stone: Stone) -> Stone:
    Certificate.objects.create(stone=stone, lab="GIA", number=NUMBER)
    return stone


@pytest.fixture
def alices(buy: Callable[..., Order], certified: Stone, alice: User) -> Order:
    return buy(bag_of((certified, 1)), alice)


@pytest.fixture
def bobs(buy: Callable[..., Order], necklace: Variant, bob: User) -> Order:
    return buy(bag_of((necklace, 1)), bob)


def file(order: Order, content: bytes = PDF, *, by: Any = "staff:3", at: datetime) -> Paper:
    return papers.add(order, "appraisal", title="Appraisal of the pendant", upload=ContentFile(content), by=by, at=at)


def raw(table: str, column: str) -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return [bytes(value) for (value,) in cursor.fetchall()]


# Certificates


@pytest.mark.promise("JE-16", "JE-101")
def test_a_sold_stones_certificate_leaves_the_catalogue_and_rests_sealed_with_its_order(alices: Order) -> None:
    assert Certificate.objects.count() == 0
    sold = SoldCertificate.objects.get()
    assert (sold.line.order_id, sold.lab, sold.number, sold.is_demo) == (alices.pk, "GIA", NUMBER, False)
    (stored,) = raw("orders_soldcertificate", "number")
    assert NUMBER.encode() not in stored


def test_a_cancelled_orders_certificate_is_the_shops_again(
    alices: Order, certified: Stone, carol: User, now: datetime
) -> None:
    fulfilment.cancel(alices, reason="Changed their mind", by=carol, at=now)
    back = Certificate.objects.get()
    assert (back.stone_id, back.lab, back.number) == (certified.pk, "GIA", NUMBER)
    assert SoldCertificate.objects.count() == 0


@pytest.mark.parametrize(("asked", "found"), [("gia-2141438171", 1), (" GIA 214 143 8171 ", 1), ("GIA 2141438172", 0)])
def test_the_desk_finds_a_certificate_it_is_shown(alices: Order, bobs: Order, asked: str, found: int) -> None:
    assert papers.with_number(asked).count() == found


def test_the_desk_finds_the_order_of_a_certificate(alices: Order, bobs: Order, browser: Browser, carol: User) -> None:
    User.objects.filter(pk=carol.pk).update(is_superuser=True)
    browser.force_login(User.objects.get(pk=carol.pk))
    page = browser.get(reverse("admin:orders_order_changelist"), {"q": "2141438171"})
    assert (alices.reference in page.text, bobs.reference in page.text) == (False, False)
    page = browser.get(reverse("admin:orders_order_changelist"), {"q": NUMBER})
    assert (alices.reference in page.text, bobs.reference in page.text) == (True, False)


@pytest.mark.promise("JE-16")
def test_only_the_owner_reads_the_number(alices: Order, alice: User, bob: User, browser: Browser) -> None:
    browser.force_login(alice)
    assert NUMBER in browser.get(reverse("orders:account_order", args=[alices.reference])).text
    browser.force_login(bob)
    assert browser.get(reverse("orders:account_order", args=[alices.reference])).status_code == 404


# Appraisals and insurance files


@pytest.mark.promise("JE-16", "JE-101")
def test_a_paper_rests_sealed_and_reads_as_it_was(alices: Order, now: datetime) -> None:
    paper = file(alices, PDF * 2000, at=now)
    assert b"".join(papers.read(paper)) == PDF * 2000
    assert (paper.content_type, paper.size_bytes) == ("application/pdf", len(PDF) * 2000)
    on_disk = Path(paper.file.path).read_bytes()
    assert (b"%PDF" in on_disk, b"dollars" in on_disk) == (False, False)
    assert b"Appraisal of the pendant" not in raw("orders_paper", "title")[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><script>alert(1)</script>", "Only PDF, PNG and JPEG files are kept; this is none of them."),
        (
            b"MZ\x90\x00 an executable called appraisal.pdf",
            "Only PDF, PNG and JPEG files are kept; this is none of them.",
        ),
        (b"", "Only PDF, PNG and JPEG files are kept; this is none of them."),
        (PDF + b"." * papers.LARGEST, "A file may have 10 MB; this one is larger."),
    ],
)
def test_what_is_no_paper_is_refused_and_leaves_nothing(
    alices: Order, now: datetime, content: bytes, words: str
) -> None:
    with pytest.raises(uploads.NotAccepted) as refusal:
        file(alices, content, at=now)
    assert str(refusal.value) == words
    assert (Paper.objects.count(), list(papers.folder().iterdir())) == (0, [])


def test_a_full_disk_leaves_no_half_file(alices: Order, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: sealed_files.Writer, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sealed_files.Writer, "_put", full)
    with pytest.raises(OSError, match="No space left"):
        file(alices, PDF * 100_000, at=now)
    assert (Paper.objects.count(), list(papers.folder().iterdir())) == (0, [])


@pytest.mark.promise("JE-16", "SG-12")
def test_the_owner_downloads_it_and_nobody_else_does(
    alices: Order, bobs: Order, alice: User, bob: User, browser: Browser, now: datetime
) -> None:
    file(alices, at=now)
    mine = reverse("orders:account_paper", args=[alices.reference, 1])
    browser.force_login(alice)
    assert "Appraisal of the pendant" in browser.get(reverse("orders:account_order", args=[alices.reference])).text
    answer = browser.get(mine)
    assert (b"".join(answer.streaming_content), answer["Content-Type"]) == (PDF, "application/pdf")
    assert answer["Content-Disposition"] == f'attachment; filename="{alices.reference}-1.pdf"'
    assert browser.get(reverse("orders:account_paper", args=[alices.reference, 2])).status_code == 404
    browser.force_login(bob)
    assert browser.get(mine).status_code == 404
    browser.logout()
    assert browser.get(mine).status_code == 302
    assert browser.get(reverse("orders:paper", args=[alices.reference, 1])).status_code == 403


def test_a_guest_downloads_it_through_the_orders_link(
    buy: Callable[..., Order], certified: Stone, browser: Browser, now: datetime
) -> None:
    order = buy(bag_of((certified, 1)))
    file(order, at=now)
    address = reverse("orders:paper", args=[order.reference, 1])
    answer = browser.get(address, {"key": links.key(order, at=now)})
    assert b"".join(answer.streaming_content) == PDF


def test_a_lost_file_is_an_answer_and_not_a_crash(alices: Order, alice: User, browser: Browser, now: datetime) -> None:
    Path(file(alices, at=now).file.path).unlink()
    browser.force_login(alice)
    assert browser.get(reverse("orders:account_paper", args=[alices.reference, 1])).status_code == 404


def test_the_desk_files_a_paper_on_the_orders_page(alices: Order, browser: Browser, carol: User) -> None:
    User.objects.filter(pk=carol.pk).update(is_superuser=True)
    browser.force_login(User.objects.get(pk=carol.pk))
    address = f"/admin/orders/order/{alices.pk}/add-paper/"
    sent = {"kind": "insurance", "title": "For the insurer", "file": SimpleUploadedFile("x.txt", b"plain text")}
    assert "this is none of them" in browser.post(address, sent).text
    answer = browser.post(address, sent | {"file": SimpleUploadedFile("x.pdf", PDF)})
    assert (answer.status_code, Paper.objects.get().title) == (302, "For the insurer")


def test_a_file_that_no_row_knows_is_swept_once_it_is_old(alices: Order, now: datetime) -> None:
    kept = Path(file(alices, at=now).file.path)
    (papers.folder() / "orphan.sealed").write_bytes(b"x")
    assert papers.sweep(at=now) == 0
    assert papers.sweep(at=now + timedelta(hours=7)) == 1
    assert list(papers.folder().iterdir()) == [kept]


# Erasure


def test_an_erasure_takes_certificates_and_papers_along_and_leaves_bobs(
    alices: Order, bobs: Order, alice: User, carol: User, now: datetime
) -> None:
    file(alices, at=now)
    kept = Path(file(bobs, at=now).file.path)
    delivered(alices, carol, now)
    done = erase(alice, now + timedelta(days=1))
    assert done.state == "completed"
    assert (SoldCertificate.objects.count(), [each.order_id for each in Paper.objects.all()]) == (0, [bobs.pk])
    assert list(papers.folder().iterdir()) == [kept]


def test_a_copy_holds_the_paper_as_it_was_and_the_certificates_number(
    alices: Order, bobs: Order, alice: User, now: datetime
) -> None:
    file(alices, PDF * 3000, at=now)
    file(bobs, PDF + b"Bob", at=now)
    asked = requests.receive(Kind.ACCESS, subject=alice.subject, contact=alice.email, by=alice, at=now)
    requests.verify(asked, evidence="reauthenticated", by=alice, at=now)
    access.build(asked.pk, by="system:worker", at=now)
    copy = zipfile.ZipFile(io.BytesIO(b"".join(sealed_files.open(packages.file_of(asked.package)))))
    (name,) = [each for each in copy.namelist() if each.startswith("files/")]
    assert copy.read(name) == PDF * 3000
    assert NUMBER in copy.read("data.json").decode()
