"""What every test stands on."""

import os

# The suite decides its own settings: development values, whatever the shell says, but the database it is asked for.
os.environ["DEBUG"] = "yes"
