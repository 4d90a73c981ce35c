"""What a load said of its one file goes to a row of its own."""

from django.db import migrations
from django.db.models import F


def give_each_load_its_file(apps, schema_editor) -> None:
    """Copy what a load said of its one file to a row of its own; in the database, however many there are."""
    load, file = (apps.get_model("loads", name) for name in ("Load", "LoadedFile"))
    schema_editor.execute(
        f"""
        INSERT INTO {file._meta.db_table} (load_id, position, kind, name, sha256, mapping, "rows", created, changed,
                                           unchanged, skipped, refused, warnings, problem, totals)
        SELECT id, 1, kind, name, sha256, '{{}}', created + changed + unchanged + refused, created, changed,
               unchanged, 0, refused, '[]', '', '[]'
        FROM {load._meta.db_table} ORDER BY id
        """
    )
    load.objects.update(made_at=F("loaded_at"))


class Migration(migrations.Migration):
    # By itself: PostgreSQL changes no table in the transaction that writes to it.
    dependencies = [("loads", "0003_loads_of_several_files")]

    operations = [migrations.RunPython(give_each_load_its_file, migrations.RunPython.noop)]
