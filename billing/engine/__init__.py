"""What is charged for days: cycles, prices, pauses and discounts; pure, it asks no database."""
