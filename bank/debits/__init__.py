"""SEPA direct debits: mandates, collections, the file for the bank, and what comes back."""
