"""Addresses of log-in, log-out and one's own account."""

from django.contrib.auth.views import PasswordChangeDoneView, PasswordChangeView
from django.urls import path

from customerflow.staff.views import Account, ChooseNotices, Login, Logout

urlpatterns = [
    path("login/", Login.as_view(), name="login"),
    path("logout/", Logout.as_view(), name="logout"),
    path("account/", Account.as_view(), name="account"),
    path("account/notices/", ChooseNotices.as_view(), name="account_notices"),
    path("account/password/", PasswordChangeView.as_view(), name="password_change"),
    path("account/password/done/", PasswordChangeDoneView.as_view(), name="password_change_done"),
]
