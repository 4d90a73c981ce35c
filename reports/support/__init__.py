"""The work of the help desk in figures: what came in and was done, how quickly, and what it costs."""
