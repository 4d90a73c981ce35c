"""The billing run: whom it may charge, what is due, and the bills that it issues."""
