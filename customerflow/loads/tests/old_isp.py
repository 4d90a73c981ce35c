"""The files of an old billing system, made up: the same numbers always give the same files."""

import csv
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

FIRST_DAY = date(2024, 1, 1)


def write_old_isp(folder: Path, *, customers: int, invoices: int, lines: int, payments: int) -> dict[str, int]:
    """
    Write so many records of each kind into `folder`; return what is charged and paid in cents.

    Each customer has a location and a service, every third a device. Payments name their invoice or none; the last one
    pays nothing but credit.
    """
    owners = [str(1000 + number) for number in range(customers)]
    _write(folder, "customers", "account_no,name,email,phone", ((no, f"Customer {no}", "", "") for no in owners))
    _write(
        folder,
        "contacts",
        "account_no,name,role,email,phone",
        ((no, "Ann Lee", "billing", "", "") for no in owners[::5]),
    )
    _write(
        folder,
        "locations",
        "account_no,street,city,postcode",
        ((no, f"Main Street {no}", "Ely", "CB7") for no in owners),
    )
    _write(folder, "plans", "plan,monthly_price", [("Fibre 100", "29.90"), ("Fibre 1000", "59.90")])
    _write(
        folder,
        "services",
        "account_no,street,plan,monthly_cost,starts_on,login",
        (
            (
                no,
                f"Main Street {no}",
                ("Fibre 100", "Fibre 1000")[place % 2],
                f"{20 + place % 40}.05",
                FIRST_DAY,
                f"u{no}",
            )
            for place, no in enumerate(owners)
        ),
    )
    _write(
        folder,
        "equipment",
        "account_no,street,name,serial,status",
        ((no, f"Main Street {no}", "Router", f"SN{no}", "installed") for no in owners[::3]),
    )
    charged = [0] * invoices
    rows = []
    for number in range(lines):
        cents = 100 + number * 37 % 4_900
        charged[number % invoices] += cents
        rows.append((_invoice(number % invoices), f"Charge {number}", 1, _money(cents)))
    _write(folder, "invoice_lines", "invoice_no,description,quantity,unit_price", rows)
    _write(
        folder,
        "invoices",
        "invoice_no,account_no,issued_on,due_on,total",
        (
            (_invoice(place), owners[place % customers], _day(place), _day(place) + timedelta(days=14), _money(cents))
            for place, cents in enumerate(charged)
        ),
    )
    paid = [max(1, charged[place % invoices] - place % 3 * 50) for place in range(payments)]
    _write(
        folder,
        "payments",
        "payment_no,account_no,received_on,amount,method,invoice_no",
        (
            (
                f"P{place}",
                owners[place % invoices % customers],
                _day(place) + timedelta(days=10),
                _money(cents),
                "transfer",
                _invoice(place % invoices) if place % 4 else "",
            )
            for place, cents in enumerate(paid)
        ),
    )
    return {"charged": sum(charged), "paid": sum(paid)}


def _write(folder: Path, name: str, headings: str, rows: Iterable[tuple]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings.split(","))
        writer.writerows(rows)


def _invoice(place: int) -> str:
    return f"R{place:06d}"


def _day(place: int) -> date:
    return FIRST_DAY + timedelta(days=place % 700)


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
