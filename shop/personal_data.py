"""What the shop window holds about people: nothing. A hold on stock names its order, and only the order knows whose."""

from privacy.register.declare import declare_not_personal

CATALOGUE = "the shop's own catalogue"

declare_not_personal("shop.Category", CATALOGUE)
declare_not_personal("shop.Product", CATALOGUE)
declare_not_personal("shop.Variant", CATALOGUE)
declare_not_personal("shop.Stone", CATALOGUE)
declare_not_personal("shop.Certificate", "the grading report of a stone the shop owns; a sold one is the order's")
declare_not_personal("shop.StockLevel", "how many pieces lie in the safe")
declare_not_personal("shop.Reservation", "stock promised to an order, by the order's random id and nothing else")
