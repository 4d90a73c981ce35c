"""How long a ticket may take: calendars, policies, and the clock, which follows from the events alone."""
