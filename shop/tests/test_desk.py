"""The catalogue at the desk: what staff may do, by whose name it is written down, and what nobody may."""

from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from privacy.models import AuditEvent
from shop import stock
from shop.models import Product, Reservation, StockLevel, Stone, Variant
from shop.tests.goods import NOON, make_category, make_piece, make_stone

pytestmark = pytest.mark.django_db


@pytest.fixture
def carol():
    """Staff at the catalogue desk."""
    user = get_user_model().objects.create_user(
        "carol@loupe.example", "three-pearls-on-a-string", is_staff=True, at=NOON
    )
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="shop"))
    return user


@pytest.fixture
def desk(carol, settings):
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if name != "accounts.middleware.StaffSecurityMiddleware"
    ]
    client = Client()
    client.force_login(carol)
    return client


@pytest.fixture
def piece():
    return make_piece(make_category(), variants=({}, {"metal": "platinum"}))


@pytest.mark.parametrize("model", ["category", "product", "stocklevel", "stone", "reservation"])
def test_every_list_opens_within_a_fixed_number_of_questions(desk, model, django_assert_max_num_queries):
    category = make_category("rings")
    for number in range(30):
        piece = make_piece(category)
        stone = make_stone()
        if number in (0, 29):
            stock.reserve(
                UUID(int=number),
                {("s", stone.pk): 1, ("v", piece.variants.get().pk): 1},
                expires_at=None,
                by="system:test",
                at=NOON,
            )
            with django_assert_max_num_queries(12):
                assert desk.get(f"/admin/shop/{model}/").status_code == 200


def test_every_page_of_one_row_opens(desk, piece):
    stone = make_stone()
    for row in (piece, piece.category, stone, piece.variants.first().stock):
        assert desk.get(f"/admin/shop/{row._meta.model_name}/{row.pk}/change/").status_code == 200


def test_a_count_is_an_act_in_the_audit_trail(desk, carol, piece):
    level = StockLevel.objects.first()
    desk.post(f"/admin/shop/stocklevel/{level.pk}/change/", {"on_hand": "7"})
    level.refresh_from_db()
    assert level.on_hand == 7
    event = AuditEvent.objects.get(event="stock.counted")
    assert (event.actor, event.object_ref, event.details) == (
        f"staff:{carol.pk}",
        f"variant:{level.pk}",
        {"before": 3, "after": 7},
    )


def test_a_count_below_what_is_promised_is_refused_beside_its_field(desk, piece):
    level = StockLevel.objects.first()
    stock.reserve(
        "00000000-0000-4000-8000-000000000001", {("v", level.pk): 2}, expires_at=None, by="system:test", at=NOON
    )
    answer = desk.post(f"/admin/shop/stocklevel/{level.pk}/change/", {"on_hand": "1"})
    assert "2 are promised to orders" in answer.content.decode()
    assert StockLevel.objects.get(pk=level.pk).on_hand == 3


def test_stones_are_withheld_and_offered_by_name(desk, carol):
    stone, sold = make_stone(), make_stone(status="sold")
    chosen = {"_selected_action": [stone.pk, sold.pk]}
    desk.post("/admin/shop/stone/", chosen | {"action": "withhold"})
    assert list(Stone.objects.order_by("pk").values_list("status", flat=True)) == ["withheld", "sold"]
    desk.post("/admin/shop/stone/", chosen | {"action": "offer"})
    assert list(Stone.objects.order_by("pk").values_list("status", flat=True)) == ["available", "sold"]
    events = AuditEvent.objects.filter(object_ref=f"stone:{stone.ref}").order_by("id")
    assert [(event.event, event.actor) for event in events] == [
        ("stone.withheld", f"staff:{carol.pk}"),
        ("stone.available", f"staff:{carol.pk}"),
    ]


@pytest.mark.parametrize("key", ["none", "1 OR 1=1", "99999999999999999999"])
def test_a_row_chosen_by_what_is_no_key_is_asked_for_again(desk, key):
    stone = make_stone()
    answer = desk.post("/admin/shop/stone/", {"action": "withhold", "_selected_action": [key, stone.pk]}, follow=True)
    assert answer.status_code == 200
    assert ("Choose the rows" in answer.content.decode()) == (not key.isdigit())
    assert Stone.objects.get().status == ("withheld" if key.isdigit() else "available")


def test_a_changed_price_reaches_the_lists_and_a_new_variant_the_safe(desk, piece):
    inline = {
        "variants-TOTAL_FORMS": "3",
        "variants-INITIAL_FORMS": "2",
        "variants-MIN_NUM_FORMS": "0",
        "variants-MAX_NUM_FORMS": "1000",
    }
    rows = [*piece.variants.order_by("position"), Variant(sku="NEW-1", metal="rose-gold", weight_grams=3)]
    for place, variant in enumerate(rows):
        values = {
            "id": variant.pk or "",
            "product": piece.pk,
            "sku": variant.sku,
            "metal": variant.metal,
            "carat": variant.carat or "0.50",
            "length_cm": variant.length_cm or "44",
            "ring_size": "",
            "price_minor": 50_000 + place,
            "weight_grams": variant.weight_grams,
            "lead_days": "",
            "is_live": "on",
        }
        inline |= {f"variants-{place}-{name}": value for name, value in values.items()}
    fields = {
        name: getattr(piece, name)
        for name in (
            *(
                "slug",
                "sku",
                "name",
                "archetype",
                "blurb",
                "description",
                "care",
                "stones",
                "stone_origin",
                "stone_words",
            ),
            *("lead_days", "position", "currency"),
        )
    }
    answer = desk.post(
        f"/admin/shop/product/{piece.pk}/change/",
        fields | inline | {"category": piece.category_id, "is_live": "on"},
    )
    assert answer.status_code == 302, answer.content.decode()
    saved = Product.objects.get()
    assert (saved.min_price_minor, saved.max_price_minor) == (50_000, 50_002)
    assert saved.metals == "yellow-gold rose-gold platinum"
    assert StockLevel.objects.get(variant__sku="NEW-1").on_hand == 0


def test_a_new_name_of_a_category_reaches_the_search(desk, piece):
    category = piece.category
    desk.post(f"/admin/shop/category/{category.pk}/change/", {"name": "Chains", "slug": category.slug, "position": "0"})
    assert "Chains" in Product.objects.get().keywords


def test_a_hold_is_evidence(desk, piece):
    key = ("v", piece.variants.first().pk)
    stock.reserve("00000000-0000-4000-8000-000000000001", {key: 1}, expires_at=None, by="system:test", at=NOON)
    hold = Reservation.objects.get()
    assert desk.post(f"/admin/shop/reservation/{hold.pk}/change/", {"quantity": "3"}).status_code == 403
    assert desk.post(f"/admin/shop/reservation/{hold.pk}/delete/", {"post": "yes"}).status_code == 403
    assert desk.get("/admin/shop/reservation/add/").status_code == 403
    assert Reservation.objects.get().quantity == 1


def test_without_the_permission_the_catalogue_is_closed(desk, carol):
    carol.user_permissions.clear()
    for model in ("product", "stone", "stocklevel"):
        assert desk.get(f"/admin/shop/{model}/").status_code == 403
