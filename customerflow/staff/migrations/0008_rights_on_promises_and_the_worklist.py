"""The groups' rights on promises to pay and on the worklist of what is late."""

from django.db import migrations

from customerflow.staff.rights import rights_given

OFFICE = ("Support", "Billing", "Manager", "Administrator")
GIVEN = {
    "promise": ("view", "add", "change"),
    "promisedinvoice": ("view", "add", "change"),
    "assignment": ("view", "add", "change"),
    "contactattempt": ("view", "add"),
    "nextaction": ("view", "add", "change"),
}


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0007_rights_on_announced_prices_and_moves"),
        ("dunning", "0001_promises_and_worklist"),
    ]

    operations = [
        rights_given(
            {("dunning", f"{action}_{model}"): OFFICE for model, actions in GIVEN.items() for action in actions}
        )
    ]
