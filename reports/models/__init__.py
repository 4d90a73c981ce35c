"""The records of this app."""
