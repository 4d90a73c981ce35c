"""
One lock between posting and closing: whoever posts shares it, whoever closes has it alone, until the transaction ends.

So nothing is under way, unseen by who closes, when a period is closed. The triggers take the shared one, so that
nobody can forget it. (SQLite has one writer at a time in any case.)
"""

from django.db import connection

# Of PostgreSQL's advisory locks: any number that no other lock of the database has.
LOCK = 7_042_606


def close_alone() -> None:
    """Wait until nobody is posting, and let nobody begin before the surrounding transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
