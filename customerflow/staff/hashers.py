"""Password hashing."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Hasher(Argon2PasswordHasher):
    """
    Argon2id with 19 MiB, two passes, one lane: the OWASP Password Storage Cheat Sheet's first choice.

    Django's default takes 100 MiB a hash, so eight log-ins at once would take 800.
    """

    memory_cost = 19_456
    time_cost = 2
    parallelism = 1
