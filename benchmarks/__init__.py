"""What is measured, each beside something that it can be compared with in the same run."""
