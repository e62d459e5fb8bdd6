"""The address of the print lists, at the desk under /admin/print-lists/."""

from django.contrib import admin
from django.urls import path

from accounts import admin_print

app_name = "print_lists"
urlpatterns = [path("", admin.site.admin_view(admin_print.make), name="make")]
