"""The suspensions app."""

from django.apps import AppConfig


class SuspensionsConfig(AppConfig):
    """Services that are off because their invoices are not paid; they come back in the act that settles it."""

    name = "suspensions"

    def ready(self) -> None:
        from billing.settled import AFTER_SETTLING
        from customers.subscriptions import AFTER_ADDING
        from suspensions.joining import join_if_suspended
        from suspensions.returning import return_if_settled

        AFTER_SETTLING.append(return_if_settled)
        AFTER_ADDING.append(join_if_suspended)
