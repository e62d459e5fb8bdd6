"""A customer's own orders, read only."""
