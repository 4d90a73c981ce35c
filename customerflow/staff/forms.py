"""What staff fill in to come in."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from customerflow.forms import DayInput
from customerflow.staff.models import User
from customerflow.staff.passwords import MAX_LENGTH


class LoginForm(AuthenticationForm):
    """Name and password. What is too long to be a password is not hashed."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        validators=[MaxLengthValidator(MAX_LENGTH)],
    )


class AwayForm(forms.Form):
    """Until when one is away."""

    until = forms.DateField(
        label=_("Away until"),
        required=False,
        widget=DayInput,
        help_text=_("The last day of it. New tickets go to colleagues meanwhile. Empty: you are here."),
    )


class NoticesForm(forms.Form):
    """Of which tickets one is told."""

    notices = forms.ChoiceField(
        label=_("Tell me what others do on these tickets"), choices=User.Notices.choices, widget=forms.RadioSelect
    )
