"""The addresses of the reports, at the desk under /admin/reports/."""

from django.contrib import admin
from django.urls import path

from orders.views import reports

app_name = "reports"
urlpatterns = [
    path("", admin.site.admin_view(reports.overview), name="overview"),
    path("<slug:slug>.csv", admin.site.admin_view(reports.as_csv), name="csv"),
]
