"""Reading statement files: CSV, CAMT.053 and OFX become the same plain statements and lines."""
