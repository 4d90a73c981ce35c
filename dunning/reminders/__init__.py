"""Rules, reminders, calls and late fees: what happens when an invoice comes to a step."""
