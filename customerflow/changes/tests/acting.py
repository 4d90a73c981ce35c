"""Acts for ever, each of several writes, until it is killed. Run as a program by the test of interruptions."""

import sys
from itertools import count

import django

django.setup()

from customerflow.changes.recording import recording  # noqa: E402
from customers.models import Customer, Location  # noqa: E402

if __name__ == "__main__":
    for number in count(1):
        with recording("Act"):
            customers = Customer.objects.bulk_create(
                [Customer(number=f"{sys.argv[1]}-{number}-{part}", name="Ann") for part in range(20)]
            )
            for customer in customers:
                Location.objects.create(customer=customer, address="12 Harbour Road")
            Customer.objects.filter(pk=customers[0].pk).update(note="first")
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
