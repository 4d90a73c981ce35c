"""The addresses of this app."""

from django.urls import URLPattern

from dunning.reminders import urls as reminders

app_name = "dunning"
urlpatterns: list[URLPattern] = [
    *reminders.urlpatterns,
]
