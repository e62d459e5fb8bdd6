"""What this app's tables hold about people, and what tax law leaves of it: one module for each noun."""

from orders.personal_data import order, papers, parcel, payment, returns, sharing  # noqa: F401
from privacy.register.declare import declare_not_personal

declare_not_personal("orders.InvoiceCounter", "the last invoice number of each year")
