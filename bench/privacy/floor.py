"""The same work by hand: the statements somebody would write who knows today's tables by heart, and nothing else.

They find one person's rows and read, delete or blank them, in one transaction, without a plan, a proof, a lock or a way to resume.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

ME: Final = "(SELECT id FROM accounts_user WHERE subject_id = %(who)s)"
ORDERS: Final = "(SELECT id FROM orders_order WHERE subject_id = %(who)s)"
REFERENCES: Final = "(SELECT reference FROM orders_order WHERE subject_id = %(who)s)"
PAYMENTS: Final = f"(SELECT id FROM orders_payment WHERE order_id IN {ORDERS})"

BY_ACCOUNT: Final = (
    "accounts_address",
    "accounts_apitoken",
    "accounts_session",
    "usersessions_usersession",
    "mfa_authenticator",
    "django_admin_log",
)

READS: Final = (
    "SELECT * FROM privacy_subject WHERE id = %(who)s",
    "SELECT * FROM privacy_identifier WHERE subject_id = %(who)s",
    "SELECT * FROM accounts_user WHERE subject_id = %(who)s",
    *(f"SELECT * FROM {table} WHERE user_id IN {ME}" for table in (*BY_ACCOUNT, "account_emailaddress")),
    "SELECT * FROM privacy_message WHERE subject_id = %(who)s",
    "SELECT * FROM privacy_datarequest WHERE subject_id = %(who)s",
    "SELECT * FROM privacy_auditevent WHERE subject_id = %(who)s",
    "SELECT * FROM orders_order WHERE subject_id = %(who)s",
    *(
        f"SELECT * FROM {table} WHERE order_id IN {ORDERS}"
        for table in ("orders_orderline", "orders_shipment", "orders_payment", "orders_paper")
    ),
    *(f"SELECT * FROM {table} WHERE payment_id IN {PAYMENTS}" for table in ("orders_paymentevent", "orders_refund")),
    "SELECT * FROM orders_bag WHERE subject_id = %(who)s",
    f"SELECT * FROM orders_webhookevent WHERE order_reference IN {REFERENCES}",
    "SELECT * FROM shop_activity WHERE subject_id = %(who)s",
)

ERASES: Final = (
    f"DELETE FROM account_emailconfirmation WHERE email_address_id IN "
    f"(SELECT id FROM account_emailaddress WHERE user_id IN {ME})",
    *(f"DELETE FROM {table} WHERE user_id IN {ME}" for table in (*BY_ACCOUNT, "account_emailaddress")),
    "DELETE FROM orders_bag WHERE subject_id = %(who)s",
    f"DELETE FROM orders_webhookevent WHERE order_reference IN {REFERENCES}",
    f"DELETE FROM orders_shipment WHERE order_id IN {ORDERS}",
    f"DELETE FROM orders_paper WHERE order_id IN {ORDERS}",
    f"UPDATE orders_refund SET reason = '' WHERE payment_id IN {PAYMENTS}",
    "UPDATE orders_payment SET session_url = '', card_brand = '', card_last4 = '', card_expiry = '' "
    f"WHERE order_id IN {ORDERS}",
    f"UPDATE orders_orderline SET engraving = NULL WHERE order_id IN {ORDERS}",
    "UPDATE orders_order SET email = '', full_name = '', phone = '', ship_name = '', ship_line1 = '', ship_line2 = '', "
    "ship_city = '', ship_postal_code = '', gift_message = NULL, cancel_reason = '' WHERE subject_id = %(who)s",
    "DELETE FROM shop_activity WHERE subject_id = %(who)s",
    "DELETE FROM privacy_message WHERE subject_id = %(who)s",
    "DELETE FROM accounts_user WHERE subject_id = %(who)s",
    "DELETE FROM privacy_identifier WHERE subject_id = %(who)s",
    "UPDATE privacy_subject SET erased_at = now(), residence = '' WHERE id = %(who)s",
)


def read(who: UUID) -> int:
    """Read everything of one person. Returns how many rows."""
    found = 0
    with connection.cursor() as cursor:
        for statement in READS:
            cursor.execute(statement, {"who": str(who)})
            found += len(cursor.fetchall())
    return found


def erase(who: UUID) -> int:
    """Erase one person in one transaction. Returns how many rows were touched."""
    return _all_of(ERASES, {"who": str(who)})


@transaction.atomic
def _all_of(statements: tuple[str, ...], values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        touched = 0
        for statement in statements:
            cursor.execute(statement, values)
            touched += cursor.rowcount
    return touched
