"""The groups' rights on visits, their checklists, and the links by which calendars read them."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")
PLANNERS = ("Support", "Manager", "Administrator")
MANAGERS = ("Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0024_rights_on_assignment_rules"),
        ("visits", "0001_visits"),
    ]

    operations = [
        rights_given(
            {
                **{("visits", f"view_{model}"): EVERYBODY for model in ("visit", "visititem", "checklist")},
                ("visits", "add_visit"): PLANNERS,
                ("visits", "change_visit"): PLANNERS,
                ("visits", "delete_visit"): MANAGERS,
                ("visits", "go_visit"): ("Technician",),
                **{("visits", f"{action}_checklist"): MANAGERS for action in ("add", "change", "delete")},
                ("visits", "view_calendarlink"): ("Administrator",),
            }
        )
    ]
