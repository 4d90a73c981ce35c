"""Invoices made by hand: drafts, which are on nobody's books until they are issued."""
