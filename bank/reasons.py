"""The codes by which banks say why money came back (ISO 20022, external return reasons), in words."""

from django.utils.translation import gettext_lazy as _

REASONS = {
    "AC01": _("the account number is wrong"),
    "AC04": _("the account is closed"),
    "AC06": _("the account is blocked"),
    "AC13": _("it is the account of a consumer"),
    "AG01": _("this account takes no direct debits"),
    "AG02": _("the kind of transaction is not allowed"),
    "AM04": _("there was not enough money on the account"),
    "AM05": _("it was collected twice"),
    "BE05": _("the creditor is not known"),
    "CNOR": _("the creditor's bank is not registered"),
    "DNOR": _("the debtor's bank is not registered"),
    "FF01": _("the file was not right"),
    "FOCR": _("it was called back"),
    "MD01": _("there is no valid mandate"),
    "MD02": _("data of the mandate are missing or wrong"),
    "MD06": _("the customer asked for the money back"),
    "MD07": _("the account holder has died"),
    "MS02": _("the customer refused it"),
    "MS03": _("the bank does not say why"),
    "NOAS": _("the customer did not answer"),
    "RC01": _("the bank's code is wrong"),
    "RR01": _("the account or the debtor is not identified, as the law asks"),
    "RR02": _("the debtor's name or address is missing, as the law asks"),
    "RR03": _("the creditor's name or address is missing, as the law asks"),
    "RR04": _("the law forbids it"),
    "SL01": _("a service of the debtor's bank refused it"),
    "TM01": _("the file came too late"),
}
# There is no mandate, so that none is to be tried again.
NO_MANDATE = frozenset({"MD01"})


def in_words(code: str) -> str:
    """Return what a code says, and the code."""
    return f"{code}, {REASONS[code]}" if code in REASONS else code
