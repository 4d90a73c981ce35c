"""Invoices, credit notes and statements as documents: files, e-mails, prints."""
