"""Reviews of what was bought: shown while the author and the desk both say so, and gone with the next page once either does not."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from orders.models import OrderLine, Shipment
from orders.tests.conftest import NOON, Browser, make_user
from orders.tests.parcels import erase
from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Matter, Surface
from privacy.ground import audit, states
from privacy.models import AuditEvent, ConsentRecord
from privacy.register import objections, subjects
from privacy.register.vocabulary import Purpose
from privacy.rights import acts, packages
from privacy.rights.models import ExportPackage
from privacy.tests.people import asks, someone
from shop import photos, reviews
from shop.models import Review, ReviewPhoto
from shop.models.reviews import sealed_photos
from shop.reviews import Allowed, Picture, Words
from shop.tests.goods import make_category, make_piece
from tests.retention import aged

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)
WORDS = Words(4, "It sits well", "Light, and it holds.", "Alice", "en")
BOTH = Allowed(publish=True, use_photo=True, network="203.0.113.7")


@pytest.fixture(autouse=True)
def _nothing_remembered(settings):
    settings.PAGE_CACHE_SECONDS = 0


@pytest.fixture
def ring(db):
    return make_piece(make_category("rings"), name="Alba")


@pytest.fixture
def alice(ring):
    """She has the ring."""
    return owner("alice", ring)


@pytest.fixture
def bob(ring):
    """He has it, too, and what he said of it is shown."""
    bob = owner("bob", ring)
    words = Words(5, "Bob's words", "It is heavy.", "", "en")
    reviews.approve(written(bob, ring, words, at=NOON - timedelta(days=1)), by="staff:3", at=NOON)
    return bob


def owner(name, piece):
    user = make_user(f"{name}@example.com", full_name=f"{name.capitalize()} Abernathy")
    OrderLine.objects.filter(order=aged.order(NOON, subject=user.subject)).update(variant=piece.variants.get())
    return user


def written(user, piece, words=WORDS, *, allowed=BOTH, at=NOON, **more):
    return reviews.write(piece, words, allowed=allowed, author=user.subject, by=user, at=at, **more)


def picture(width=400, height=300, kind="JPEG", *, mode="RGB", **more):
    made = io.BytesIO()
    Image.new(mode, (width, height)).save(made, kind, **more)
    return SimpleUploadedFile(f"beach.{kind.lower()}", made.getvalue())


def with_photo():
    return {"picture": Picture(photos.draw(picture()))}


def page(piece, browser=None):
    return (browser or Browser()).get(piece.get_absolute_url()).content.decode()


def titles(piece):
    """Whose words a stranger reads."""
    return re.findall(r'<h3 class="title">(.*?)</h3>', page(piece))


def signed_in(user):
    browser = Browser()
    browser.force_login(user)
    return browser


def form(**changes):
    typed = {"rating": "4", "title": "It sits well", "text": "Light, and it holds.", "signed": "", "language": "en"}
    return {name: value for name, value in (typed | changes).items() if value is not None}


# Both say yes


@pytest.mark.promise("JE-46")
@pytest.mark.parametrize("approved", [True, False], ids=["approved", "unread"])
@pytest.mark.parametrize("publish", [True, False], ids=["allowed", "kept"])
def test_a_review_is_shown_only_with_the_yes_of_its_author_and_of_the_desk(ring, alice, bob, approved, publish):
    review = written(alice, ring, allowed=Allowed(publish=publish, use_photo=True))
    if approved:
        reviews.approve(review, by="staff:3", at=NOON)
    both = approved and publish
    assert titles(ring) == (["It sits well"] if both else []) + ["Bob&#x27;s words"]
    told = json.loads(re.search(r'ld\+json">(.*?)</script>', page(ring))[1])
    rating = {"ratingValue": "4.5" if both else "5.0", "reviewCount": 2 if both else 1}
    assert rating.items() <= told["aggregateRating"].items()


def withdraws(user):
    how = {"surface": Surface.PREFERENCES, "by": user, "at": LATER}
    ledger.withdraw(
        user.subject, Matter.PUBLISH_REVIEW, about=Review.objects.get(subject=user.subject).reference, **how
    )


def erased(user):
    subjects.mark_erased(user.subject, by="system:test", at=LATER)


STOPS = {
    "taken back": lambda user: reviews.take_back(Review.objects.get(subject=user.subject), by=user, at=LATER),
    "withdrawn in the preferences": withdraws,
    "everything withdrawn": lambda user: ledger.end(user.subject, by=user, at=LATER),
    "restricted": lambda user: subjects.restrict(user.subject, by=user, at=LATER),
    "objected": lambda user: objections.note(user.subject, Purpose.REVIEWS, by=user, at=LATER),
    "erased": erased,
    "a minor": lambda user: type(user.subject).objects.update_or_create(
        pk=user.subject.pk, defaults={"age_band": "13_15", "age_stated_at": LATER}
    ),
    "changed": lambda user: written(user, Review.objects.get(subject=user.subject).product, Words(1, "No", "More.", "", "en")),
    "refused": lambda user: reviews.refuse(Review.objects.get(subject=user.subject), "insults", by="staff:3", at=LATER),
    "deleted": lambda user: reviews.delete(Review.objects.get(subject=user.subject), by=user, at=LATER),
}  # fmt: skip


@pytest.mark.promise("JE-46", "JS-40")
@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
def test_what_ends_either_yes_takes_it_off_the_very_next_page(ring, alice, bob, stop, settings):
    """With the page cache on: a page that shows a review is never kept."""
    settings.PAGE_CACHE_SECONDS = 10
    review = reviews.approve(written(alice, ring, **with_photo()), by="staff:3", at=NOON)
    address = review.photo.get_absolute_url()
    assert titles(ring) == ["It sits well", "Bob&#x27;s words"]
    shown = Browser().get(address)
    assert (shown.status_code, shown["Content-Type"], shown["Cache-Control"]) == (200, "image/jpeg", "no-cache")
    how = {"surface": Surface.PREFERENCES, "by": alice, "at": NOON}
    ledger.withdraw(alice.subject, Matter.USE_PHOTO, about=review.photo.reference, **how)
    stop(alice)
    assert titles(ring) == ["Bob&#x27;s words"]
    assert Browser().get(address, headers={"If-None-Match": shown["ETag"]}).status_code == 404


# Photos elsewhere


@pytest.mark.promise("JS-42")
def test_a_photo_is_for_marketing_only_while_its_author_and_the_desk_allow_that(ring, alice, bob):
    review = written(alice, ring, allowed=Allowed(publish=False, use_photo=True), **with_photo())
    kept = written(owner("dora", ring), ring, allowed=Allowed(publish=True, use_photo=False), **with_photo())
    reviews.approve(kept, by="staff:3", at=NOON)
    assert list(ReviewPhoto.objects.for_marketing()) == []
    reviews.approve(review, by="staff:3", at=NOON)
    assert list(ReviewPhoto.objects.for_marketing()) == [review.photo]
    assert list(ReviewPhoto.objects.shown()) == [kept.photo]
    objections.note(alice.subject, Purpose.MARKETING, by=alice, at=NOON)
    assert list(ReviewPhoto.objects.for_marketing()) == []
    objections.end(alice.subject, Purpose.MARKETING, by=alice, at=NOON)
    reviews.take_back(review, by=alice, at=LATER)
    assert list(ReviewPhoto.objects.for_marketing()) == []


@pytest.mark.promise("JS-42")
def test_a_yes_is_about_one_photo_and_not_about_the_next(ring, alice):
    review = reviews.approve(written(alice, ring, **with_photo()), by="staff:3", at=NOON)
    first = review.photo
    written(alice, ring, allowed=Allowed(publish=True, use_photo=False), picture=Picture(is_dropped=True), at=LATER)
    again = written(alice, ring, allowed=Allowed(publish=True, use_photo=False), at=LATER, **with_photo())
    reviews.approve(again, by="staff:3", at=LATER)
    assert ReviewPhoto.objects.get().reference != first.reference
    assert list(ReviewPhoto.objects.for_marketing()) == []
    assert not ledger.may(alice.subject, Matter.USE_PHOTO, about=first.reference)


@pytest.mark.promise("JE-46", "JS-42")
def test_rows_are_matched_as_the_ledger_answers_also_of_people_who_turned_out_to_be_one(ring, alice, bob):
    review = reviews.approve(written(alice, ring), by="staff:3", at=NOON)
    root = make_user("alice.now@example.com")
    subjects.SubjectLink.objects.create(
        child=alice.subject, root=root.subject, proof=subjects.Proof.EMAIL_CONFIRMED, at=NOON
    )
    how = {"about": review.reference, "surface": Surface.PREFERENCES, "by": root, "at": LATER}
    for say in (ledger.withdraw, ledger.grant, ledger.refuse):
        more = {"notice": notices.current("publish_review")} if say is ledger.grant else {}
        say(root.subject, Matter.PUBLISH_REVIEW, **how, **more)
        may = ledger.may(root.subject, Matter.PUBLISH_REVIEW, about=review.reference)
        assert (review in Review.objects.shown()) is may is (say is ledger.grant)


# Photos themselves


@pytest.mark.promise("JS-40")
def test_nothing_that_the_camera_wrote_is_kept_and_the_file_rests_sealed(ring, alice):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Qzxcamera", 6  # its maker; turned to the side
    exif.get_ifd(0x8825)[1] = "N"
    upload = picture(exif=exif, comment=b"Qzxcomment")
    assert b"Qzxcamera" in upload.read()
    photo = written(alice, ring, picture=Picture(photos.draw(upload))).photo
    jpeg = photos.read(photo)
    with Image.open(io.BytesIO(jpeg)) as kept:
        assert (kept.size, dict(kept.getexif()), {"exif", "comment"} & kept.info.keys()) == ((300, 400), {}, set())
    assert b"Qzx" not in jpeg
    assert jpeg not in (sealed_photos().folder / photo.file.name).read_bytes()


@pytest.mark.promise("JS-40")
def test_an_unread_photo_is_its_authors_alone(ring, alice, bob):
    address = written(alice, ring, **with_photo()).photo.get_absolute_url()
    own = signed_in(alice).get(address)
    assert (own.status_code, own["Cache-Control"]) == (200, "private, no-store")
    assert [who.get(address).status_code for who in (Browser(), signed_in(bob))] == [404, 404]
    assert Browser().get("/photo/nonsense/").status_code == 404


REFUSED = {
    "text": (lambda: SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>"), photos.NO_PICTURE),
    "a gif": (lambda: picture(kind="GIF"), photos.NO_PICTURE),
    "damaged": (lambda: SimpleUploadedFile("a.jpg", picture().read()[:300]), photos.NO_PICTURE),
    "tiny": (lambda: picture(20, 400), photos.TOO_SMALL),
    "a bomb": (lambda: picture(9_000, 6_000, "PNG", mode="1"), photos.TOO_MANY_POINTS),
    "too heavy": (lambda: SimpleUploadedFile("a.jpg", bytes(photos.LARGEST + 1)), "A photo may have 8 MB"),
}


@pytest.mark.parametrize(("upload", "words"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_no_photo_is_refused_beside_its_field(ring, alice, upload, words):
    answer = signed_in(alice).post(f"/account/reviews/{ring.slug}/", form(photo=upload()))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Review.objects.count() == 0


def test_a_photo_that_goes_takes_its_file_along(ring, alice, bob, django_capture_on_commit_callbacks):
    theirs = written(bob, ring, Words(5, "Bob's words", "It is heavy.", "", "en"), **with_photo()).photo
    review = written(alice, ring, **with_photo())
    lies, stays = (sealed_photos().folder / each.file.name for each in (review.photo, theirs))
    assert (lies.exists(), stays.exists()) == (True, True)
    with django_capture_on_commit_callbacks(execute=True):
        reviews.delete(review, by=alice, at=LATER)
    assert (lies.exists(), stays.exists()) == (False, True)
    assert list(Review.objects.values_list("subject", flat=True)) == [bob.subject.pk]


# Who may write, and how it is asked


@pytest.mark.promise("JE-46")
def test_both_boxes_are_unticked_and_neither_is_needed(ring, alice):
    browser, address = signed_in(alice), f"/account/reviews/{ring.slug}/"
    asked = browser.get(address).content.decode()
    boxes = re.findall(r'<input type="checkbox" name="(\w+)"([^>]*)>', asked[asked.index("Who may see it") :])
    boxes = [(name, more) for name, more in boxes if name != "allow"]  # of the cookie banner
    assert [name for name, _ in boxes] == ["publish", "use_photo"]
    assert not any("checked" in more or "required" in more for _, more in boxes)
    assert browser.post(address, form()).status_code == 302
    assert ConsentRecord.objects.count() == 0
    assert browser.post(address, form(publish="on", photo=picture(), use_photo="on")).status_code == 302
    records = ConsentRecord.objects.order_by("matter")
    review = Review.objects.get()
    about = [(each.matter, each.about, each.surface) for each in records]
    assert about == [
        ("publish_review", review.reference, "review_form"),
        ("use_photo", review.photo.reference, "review_form"),
    ]
    for each in records:
        assert each.notice.text.partition("\n")[0] in asked.replace("&#x27;", "'")


def test_only_what_reached_somebody_can_be_reviewed_and_once(ring, alice, bob):
    other = make_piece(ring.category, name="Brisa")
    Shipment.objects.filter(order__subject=alice.subject).update(delivered_at=None)
    with pytest.raises(reviews.NotReceived):
        written(alice, ring)
    assert signed_in(alice).get(f"/account/reviews/{ring.slug}/").status_code == 404
    Shipment.objects.update(delivered_at=NOON)
    assert signed_in(alice).get(f"/account/reviews/{other.slug}/").status_code == 404
    assert f"/account/reviews/{ring.slug}/" in signed_in(alice).get("/account/reviews/").content.decode()
    order = OrderLine.objects.get(order__subject=alice.subject).order
    assert "Review Alba" in signed_in(alice).get(f"/account/orders/{order.reference}/").content.decode()
    first = written(alice, ring)
    assert written(alice, ring, Words(2, "Later", "It bent.", "", "en"), at=LATER).pk == first.pk
    assert "Review Alba" not in signed_in(alice).get(f"/account/orders/{order.reference}/").content.decode()


def test_one_changes_takes_back_and_deletes_only_what_is_ones_own(ring, alice, bob):
    browser = signed_in(alice)
    for act in ("take-back", "delete"):
        assert browser.post(f"/account/reviews/{ring.slug}/{act}/").status_code == 404
    reviews.approve(written(alice, ring), by="staff:3", at=NOON)
    browser.post(f"/account/reviews/{ring.slug}/take-back/")
    assert titles(ring) == ["Bob&#x27;s words"]
    assert "For the shop only" in browser.get("/account/reviews/").content.decode()
    browser.post(f"/account/reviews/{ring.slug}/delete/")
    assert list(Review.objects.values_list("subject", flat=True)) == [bob.subject.pk]
    assert Browser().post(f"/account/reviews/{ring.slug}/delete/").status_code == 302  # to the sign-in
    assert Review.objects.count() == 1


def test_words_that_stay_as_they_were_stay_approved(ring, alice):
    reviews.approve(written(alice, ring), by="staff:3", at=NOON)
    assert written(alice, ring, at=LATER).state == "approved"
    assert written(alice, ring, Words(4, "It sits well", "Other.", "Alice", "en"), at=LATER).state == "waiting"


def test_a_minor_is_offered_no_box_and_publishes_nothing(ring, alice):
    type(alice.subject).objects.filter(pk=alice.subject.pk).update(age_band="16_17", age_stated_at=NOON)
    browser, address = signed_in(alice), f"/account/reviews/{ring.slug}/"
    assert 'name="publish"' not in browser.get(address).content.decode()
    assert browser.post(address, form(publish="on")).status_code == 302
    assert ConsentRecord.objects.count() == 0
    with pytest.raises(reviews.TooYoung):
        written(alice, ring)


def test_nothing_new_is_written_of_somebody_whose_data_rest(ring, alice):
    subjects.restrict(alice.subject, by=alice, at=NOON)
    answer = signed_in(alice).post(f"/account/reviews/{ring.slug}/", form())
    assert (answer.status_code, Review.objects.count()) == (422, 0)


def test_words_come_out_as_words(ring, alice):
    words = Words(5, "<b>Bold</b>", "</script><script>alert(1)</script>\n\nSecond.", "", "en")
    reviews.approve(written(alice, ring, words), by="staff:3", at=NOON)
    shown = page(ring)
    assert ("<script>alert" in shown, "<b>Bold" in shown) == (False, False)
    assert "A customer" in shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rating": "9"}, "Choose one of these."),
        ({"rating": None}, "Choose one of these."),
        ({"signed": "The Queen"}, "Select a valid choice"),
        ({"text": "x" * 2_001}, "2000"),
        ({"use_photo": "on"}, "There is no photo to show"),
    ],
    ids=["nine stars", "no star", "another name", "too long", "no photo"],
)
def test_what_cannot_be_kept_is_said_beside_its_field(ring, alice, changes, words):
    answer = signed_in(alice).post(f"/account/reviews/{ring.slug}/", form(**changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Review.objects.count() == 0


# The desk


def test_the_desk_decides_about_what_it_has_read(ring, alice):
    read = written(alice, ring)
    written(alice, ring, Words(4, "Buy at example.com", "Cheap.", "", "en"), at=LATER)
    with pytest.raises(states.Changed):
        reviews.approve(read, by="staff:3", at=LATER)
    with pytest.raises(reviews.OwnReview):
        reviews.approve(Review.objects.get(), by=alice, at=LATER)
    now = reviews.refuse(Review.objects.get(), "advertises", by="staff:3", at=LATER)
    assert "It advertises something" in signed_in(alice).get("/account/reviews/").content.decode()
    events = AuditEvent.objects.filter(object_ref=audit.name_of(now)).values_list("event", flat=True)
    assert list(events.order_by("pk")) == ["review.written", "review.written", "review.refused"]


# Cost


def test_a_piece_with_many_reviews_asks_as_much_as_one_without(ring, django_assert_num_queries):
    page(ring)
    with django_assert_num_queries(5):
        assert "Nobody has written about it yet" in page(ring)
    for number in range(reviews.MOST_SHOWN + 1):
        reviews.approve(written(owner(f"person{number}", ring), ring), by="staff:3", at=NOON)
    with django_assert_num_queries(5):
        assert len(titles(ring)) == reviews.MOST_SHOWN
    assert reviews.shown(ring).total == reviews.MOST_SHOWN + 1


# Rights


@pytest.fixture
def has_it(monkeypatch, ring):
    """The ring is everybody's, without an order that an erasure would have to settle first."""
    monkeypatch.setattr(reviews, "_received", lambda family: {ring.pk: NOON})


@pytest.mark.promise("JS-40")
def test_a_copy_holds_the_words_and_the_photo_and_an_erasure_takes_both(ring, has_it):
    alice, bob = someone("alice"), someone("bob")
    review = reviews.approve(written(alice.user, ring, **with_photo()), by="staff:3", at=NOON)
    theirs = Words(3, "Bob's", "Fine enough.", "", "en")
    bobs = reviews.approve(written(bob.user, ring, theirs, **with_photo()), by="staff:3", at=NOON)
    jpeg, names = photos.read(review.photo), [each.photo.file.name for each in (review, bobs)]

    request = asks(alice, "access")
    acts.carry_out(request.pk, by="system:worker", at=NOON)
    with packages.start(ExportPackage.objects.get(request=request), by=alice.user, at=NOON) as pieces:
        copy = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    files = [name for name in copy.namelist() if name.startswith("files/")]
    assert [copy.read(name) for name in files] == [jpeg]
    data = copy.read("data.json").decode()
    assert ("It sits well" in data, "Fine enough" in data) == (True, False)

    assert erase(alice.user, at=LATER).state == "completed"
    assert list(Review.objects.all()) == [bobs]
    assert [(sealed_photos().folder / name).exists() for name in names] == [False, True]
    assert titles(ring) == ["Bob&#x27;s"]
    assert list(ReviewPhoto.objects.for_marketing()) == [bobs.photo]
