"""The desk's pages of this app."""

from orders.admin import orders, payments, returns  # noqa: F401
