"""E-mails that wait to be sent, whatever they are about: what is on record of each, and how it is delivered."""
