"""A town of customers, built inside the database: each with five delivered orders, fifteen lines and twenty-five looks around.

The last customer is the heaviest: a thousand orders and a hundred thousand looks more. Every value that says something about
somebody carries their number, so that a mistake shows.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import connection, models, transaction

ORDERS_EACH: Final = 5
LINES_EACH: Final = 3
LOOKS_EACH: Final = 25
HEAVY_ORDERS: Final = 1_000
HEAVY_LOOKS: Final = 100_000
BEGAN: Final = datetime(2025, 1, 1, tzinfo=UTC)
NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)

SUBJECT: Final = "md5('subject ' || {i})::uuid"
ORDER: Final = "md5('order ' || {o})::uuid"
#: Names that nobody's name is the beginning of, so that a search for one person meets one person.
NAME: Final = "initcap(translate(left(md5('name ' || {i}), 16), '0123456789', 'ghijklmnop'))"
STREET: Final = (
    "{i} || ' ' || initcap(translate(left(md5('street ' || {i}), 12), '0123456789', 'ghijklmnop')) || ' Street'"
)
TOWN: Final = "initcap(translate(left(md5('town ' || {i}), 12), '0123456789', 'ghijklmnop'))"


PEOPLE: Final = "generate_series(1, {customers}) AS i"
PLACED: Final = f"""(SELECT o, least((o - 1) / {ORDERS_EACH} + 1, {{customers}}) AS i,
                  timestamptz '{BEGAN.isoformat()}' + (o %% 640) * interval '1 day' AS at
                  FROM generate_series(1, {{orders}}) AS o) AS placed"""


@dataclass(frozen=True)
class Filling:
    """One INSERT ... SELECT: the model, where its rows come from, and each column as SQL over that."""

    label: str
    source: str
    columns: Mapping[str, str]


def _q(moment: datetime) -> str:
    return f"timestamptz '{moment.isoformat()}'"


FILLINGS: Final = (
    Filling("privacy.Subject", PEOPLE, {"id": SUBJECT.format(i="i"), "residence": "'US-CA'", "created_at": _q(BEGAN)}),
    Filling(
        "privacy.Identifier",
        PEOPLE,
        {
            "subject_id": SUBJECT.format(i="i"),
            "kind": "'email'",
            "key_version": "1",
            "digest": "md5('a' || i) || md5('b' || i)",
            "created_at": _q(BEGAN),
            "proven_at": _q(BEGAN),
        },
    ),
    Filling(
        "accounts.User",
        PEOPLE,
        {
            "email": "'customer' || i || '@bench.example'",
            "full_name": NAME.format(i="i"),
            "phone": "'+1212' || lpad(i::text, 7, '0')",
            "password": "'!'",
            "subject_id": SUBJECT.format(i="i"),
            "date_joined": _q(BEGAN),
            "active_at": _q(NOW),
        },
    ),
    Filling(
        "account.EmailAddress",
        "accounts_user u",
        {"user_id": "u.id", "email": "u.email", "verified": "true", "primary": "true"},
    ),
    Filling(
        "accounts.Address",
        "accounts_user u",
        {
            "user_id": "u.id",
            "full_name": "u.full_name",
            "line1": STREET.format(i="u.id"),
            "city": TOWN.format(i="u.id"),
            "region": "'CA'",
            "postal_code": "'94110'",
            "country": "'US'",
            "phone": "u.phone",
            "created_at": _q(BEGAN),
        },
    ),
    Filling(
        "orders.Order",
        PLACED,
        {
            "id": ORDER.format(o="o"),
            "reference": "'LP-' || o",
            "bag_id": "md5('bag ' || o)::uuid",
            "subject_id": SUBJECT.format(i="i"),
            "state": "'delivered'",
            "email": "'customer' || i || '@bench.example'",
            "full_name": NAME.format(i="i"),
            "phone": "'+1212' || lpad(i::text, 7, '0')",
            "ship_name": NAME.format(i="i"),
            "ship_line1": STREET.format(i="i"),
            "ship_city": TOWN.format(i="i"),
            "ship_postal_code": "'94110'",
            "country": "'US'",
            "region": "'CA'",
            "currency": "'USD'",
            "subtotal_minor": "300000",
            "shipping_minor": "0",
            "shipping_method": "'insured'",
            "tax_minor": "21750",
            "tax_name": "'Sales tax'",
            "tax_rate": "7.25",
            "is_tax_included": "false",
            "total_minor": "321750",
            "invoice_number": "'LI-' || o",
            "placed_at": "at",
            "paid_at": "at",
            "confirmed_at": "at",
            "packed_at": "at",
            "completed_at": "at + interval '7 days'",
        },
    ),
    Filling(
        "orders.OrderLine",
        f"{PLACED}, generate_series(1, {LINES_EACH}) AS position",
        {
            "order_id": ORDER.format(o="o"),
            "position": "position",
            "kind": "'v'",
            "item_id": "position",
            "title": "'Solitaire necklace'",
            "detail": "'Yellow gold, 45 cm'",
            "sku": "'N-' || position",
            "quantity": "1",
            "unit_minor": "100000",
            "tax_minor": "7250",
            "total_minor": "107250",
        },
    ),
    Filling(
        "orders.Payment",
        PLACED,
        {
            "order_id": ORDER.format(o="o"),
            "reference": "'PM-' || o",
            "idempotency_key": "'bench:' || o",
            "gateway_session_id": "'cs_' || o",
            "gateway_payment_id": "'pi_' || o",
            "amount_minor": "321750",
            "currency": "'USD'",
            "state": "'captured'",
            "session_expires_at": "at",
            "next_check_at": "at",
            "card_brand": "'visa'",
            "card_last4": "'4242'",
            "card_expiry": "'2030-04'",
            "created_at": "at",
        },
    ),
    Filling(
        "orders.Shipment",
        PLACED,
        {
            "order_id": ORDER.format(o="o"),
            "carrier": "'ups'",
            "tracking_number": "'1Z' || o",
            "shipped_at": "at",
            "delivered_at": "at + interval '7 days'",
        },
    ),
    Filling(
        "shop.Activity",
        "generate_series(1, {looks}) AS n",
        {
            "subject_id": SUBJECT.format(i=f"least((n - 1) / {LOOKS_EACH} + 1, {{customers}})"),
            "kind": "'viewed'",
            "object_ref": "'product/necklace-' || n %% 60",
            "at": f"timestamptz '{BEGAN.isoformat()}' + (n %% 668) * interval '1 day'",
        },
    ),
)


@dataclass(frozen=True)
class Town:
    """How many live there."""

    customers: int

    @property
    def heaviest(self) -> UUID:
        """The subject of the customer with the most rows."""
        return self.subject(self.customers)

    def subject(self, number: int) -> UUID:
        """The subject of customer *number*, from 1."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {SUBJECT.format(i='%s')}", [str(number)])
            return UUID(str(cursor.fetchone()[0]))


def build(customers: int) -> Iterator[str]:
    """Fill an empty, migrated database; says after each table how many rows it got and how long it took."""
    known = {
        "customers": customers,
        "orders": customers * ORDERS_EACH + HEAVY_ORDERS,
        "looks": customers * LOOKS_EACH + HEAVY_LOOKS,
    }
    _months()
    for filling in FILLINGS:
        columns = {name: sql.format(**known) for name, sql in filling.columns.items()}
        yield _insert(filling.label, filling.source.format(**known), columns)
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    yield f"{'statistics':24}{time.monotonic() - began:>18.1f} s"


def _insert(label: str, source: str, columns: Mapping[str, str]) -> str:
    """INSERT ... SELECT; a column that is not named gets Django's default, or NULL. Returns how many rows, and how long it took."""
    model, began, values = apps.get_model(label), time.monotonic(), dict(columns)
    parameters: list[Any] = []
    for field in model._meta.concrete_fields:
        if field.column in values or isinstance(field, models.AutoField | models.GeneratedField) or field.null:
            continue
        default = field.get_default()
        values[field.column] = "%s"
        parameters.append(field.get_db_prep_save(default, connection))
    names = ", ".join(f'"{name}"' for name in values)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(values.values())} FROM {source}",
            parameters,
        )
        count = cursor.rowcount
    return f"{model._meta.db_table:24}{count:>12,} rows{time.monotonic() - began:>8.1f} s"


def _months() -> None:
    """The months the looks fall into; the shop itself only makes those ahead."""
    with connection.cursor() as cursor:
        for number in range(24):
            year, month = BEGAN.year + number // 12, number % 12 + 1
            following = (year + month // 12, month % 12 + 1)
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS shop_activity_{year}_{month:02} PARTITION OF shop_activity "
                f"FOR VALUES FROM ('{year}-{month:02}-01 00:00+00') TO ('{following[0]}-{following[1]:02}-01 00:00+00')"
            )
