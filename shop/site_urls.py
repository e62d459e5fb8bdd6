"""Every address of the site. Each app names its own pages in its `urls.py`; this file only gathers them."""

from django.contrib import admin
from django.urls import include, path

from accounts.api.urls import router_patterns as accounts_api
from orders.api.urls import router_patterns as orders_api
from privacy.api.urls import router_patterns as privacy_api
from privacy.urls import register_patterns
from shop.api.urls import router_patterns as shop_api
from shop.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path(
        "admin/registers/", include((register_patterns, "registers"))
    ),  # before the admin, which answers to everything below it
    path("admin/reports/", include("orders.report_urls")),
    path("admin/clearance/", include("accounts.clearance_urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include([*accounts_api, *shop_api, *orders_api, *privacy_api])),
    path("", include("accounts.urls")),
    path("", include("orders.urls")),
    path("", include("privacy.urls")),
    path("", include("shop.urls")),
]
handler500 = "shop.health.failed"
