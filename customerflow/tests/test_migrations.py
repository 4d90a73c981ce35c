"""The migrations make the tables that the models describe, and the groups that the table of roles describes."""

from importlib import import_module
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.db.migrations import RunPython
from django.db.migrations.loader import MigrationLoader

from customerflow.staff.roles import GROUPS, MANAGER, SUPPORT, permissions_of
from customerflow.staff.tests.factories import make_user


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


@pytest.mark.django_db
@pytest.mark.parametrize("name", GROUPS)
def test_a_group_has_the_permissions_of_the_table(name: str):
    granted = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
    assert {f"{app}.{codename}" for app, codename in granted} == permissions_of(name)


@pytest.mark.django_db
def test_taking_the_groups_back_spares_the_ones_in_use():
    user = make_user(SUPPORT)
    step = import_module("customerflow.staff.migrations.0002_groups")
    state = MigrationLoader(connection).project_state(("staff", "0002_groups")).apps
    editor = connection.schema_editor()
    step.remove_unused_groups(state, editor)
    assert [group.name for group in Group.objects.all()] == [SUPPORT]
    step.make_groups(state, editor)
    assert set(Group.objects.values_list("name", flat=True)) == set(GROUPS)
    assert user.groups.get().name == SUPPORT
    later = MigrationLoader(connection)
    for app, name in sorted(later.graph.nodes):
        if app == "staff" and name > "0002_groups":
            module = import_module(f"customerflow.staff.migrations.{name}")
            for operation in module.Migration.operations:
                if isinstance(operation, RunPython):
                    operation.code(later.project_state((app, name)).apps, editor)
    assert make_user(MANAGER).get_all_permissions() == permissions_of(MANAGER)
