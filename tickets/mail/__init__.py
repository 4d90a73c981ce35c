"""Tickets by e-mail: what goes out, and what comes in."""
