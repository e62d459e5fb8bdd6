"""The desk's pages of this app."""

from orders.admin import orders, payments, returns, sharing  # noqa: F401
