"""The address of the page before the desk, under /admin/clearance/."""

from django.contrib import admin
from django.urls import path

from accounts import clearance_admin

app_name = "clearance"
urlpatterns = [path("", admin.site.admin_view(clearance_admin.show), name="show")]
