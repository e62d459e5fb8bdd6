"""The address of the page before the desk, under /admin/clearance/."""

from django.contrib import admin
from django.urls import path

from accounts import admin_clearance

app_name = "clearance"
urlpatterns = [path("", admin.site.admin_view(admin_clearance.show), name="show")]
