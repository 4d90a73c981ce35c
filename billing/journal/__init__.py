"""The journal for the accountant: double entry, derived from the documents."""
