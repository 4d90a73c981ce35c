"""The kind and the checksum belong to the files of a load."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("loads", "0004_each_load_has_its_file")]

    operations = [migrations.RemoveField("load", "kind"), migrations.RemoveField("load", "sha256")]
