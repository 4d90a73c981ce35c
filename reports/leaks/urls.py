"""The addresses of leaks."""

from django.urls import path

from reports.leaks import pages

urlpatterns = [
    path("leaks/", pages.LeaksPage.as_view(), name="leaks"),
    path("leaks/<slug:leak>/", pages.LeakList.as_view(), name="leak_list"),
    path("leaks/<slug:leak>/<int:key>/accept/", pages.LeakAccept.as_view(), name="leak_accept"),
    path("leaks/<slug:leak>/<int:key>/take-back/", pages.LeakTakeBack.as_view(), name="leak_take_back"),
]
