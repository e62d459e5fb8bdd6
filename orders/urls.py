"""The addresses of this app's pages."""

from django.urls import URLPattern, URLResolver, path

from orders import webhooks
from orders.views import bag, checkout, orders, returns, sharing

app_name = "orders"
urlpatterns: list[URLPattern | URLResolver] = [
    path("bag/", bag.show, name="bag"),
    path("bag/add/", bag.add, name="bag_add"),
    path("bag/quantity/", bag.quantity, name="bag_quantity"),
    path("bag/remove/", bag.remove, name="bag_remove"),
    path("bag/place/", bag.place, name="bag_place"),
    path("checkout/", checkout.page, name="checkout"),
    path("checkout/summary/", checkout.summary, name="checkout_summary"),
    path("checkout/return/", checkout.came_back, name="checkout_return"),
    path("order/<str:reference>/", orders.order, name="order"),
    path("order/<str:reference>/thanks/", orders.thanks, name="thanks"),
    path("order/<str:reference>/invoice/", orders.invoice, name="invoice"),
    path("order/<str:reference>/papers/<int:number>/", orders.paper, name="paper"),
    path("order/<str:reference>/link/", orders.send_link, name="order_link"),
    path("order/<str:reference>/return/", returns.ask, name="return"),
    path("order/<str:reference>/returns/<str:number>/withdraw/", returns.withdraw, name="return_withdraw"),
    path("order/<str:reference>/share/", sharing.ask, name="share"),
    path("order/<str:reference>/shares/<str:number>/withdraw/", sharing.withdraw, name="share_withdraw"),
    path("appraiser/<str:reference>/", sharing.appraiser, name="appraiser"),
    path("account/orders/", orders.orders, name="orders"),
    path("account/orders/<str:reference>/", orders.account_order, name="account_order"),
    path("account/orders/<slug:reference>/cancel/", orders.cancel, name="account_order_cancel"),
    path("account/orders/<str:reference>/invoice/", orders.account_invoice, name="account_invoice"),
    path("account/orders/<str:reference>/papers/<int:number>/", orders.account_paper, name="account_paper"),
    path("account/orders/<str:reference>/return/", returns.account_ask, name="account_return"),
    path(
        "account/orders/<str:reference>/returns/<str:number>/withdraw/",
        returns.account_withdraw,
        name="account_return_withdraw",
    ),
    path("account/orders/<str:reference>/share/", sharing.account_ask, name="account_share"),
    path(
        "account/orders/<str:reference>/shares/<str:number>/withdraw/",
        sharing.account_withdraw,
        name="account_share_withdraw",
    ),
    path("webhooks/stripe/", webhooks.receive, name="stripe_webhook"),
]
