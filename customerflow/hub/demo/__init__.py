"""A small internet service provider with a year behind it, to look at and to try things on. All of it is invented."""
