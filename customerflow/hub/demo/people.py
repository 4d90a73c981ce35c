"""The customers of the demo: who they are, where they live and how they pay."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum, auto
from itertools import count
from random import Random

from django.utils import timezone
from django.utils.text import slugify

from customerflow.hub.demo.vocabulary import ACCESS_NOTES, CULTURES, EAST_ASIAN, MAIL_HOSTS, TOWNS, TRADES
from customerflow.text import fold
from customers.models import Area, Contact, Customer, Equipment, Location, Service
from customers.registration import register_customer


class Kind(Enum):
    """What becomes of a customer."""

    HOME = auto()
    BUSINESS = auto()
    LEAD = auto()
    PENDING = auto()
    CLOSED = auto()


class Habit(Enum):
    """How a customer pays."""

    PROMPT = auto()
    LATE = auto()
    STOPPED = auto()
    ROUNDS_UP = auto()
    PAYS_LESS = auto()


KINDS = {Kind.HOME: 39, Kind.BUSINESS: 5, Kind.LEAD: 2, Kind.PENDING: 2, Kind.CLOSED: 2}
HABITS = {Habit.PROMPT: 40, Habit.LATE: 3, Habit.STOPPED: 3, Habit.ROUNDS_UP: 2, Habit.PAYS_LESS: 2}
BILLING_DAYS = {1: 30, 15: 14, 28: 4, 31: 2}
LOCATIONS = {1: 42, 2: 6, 3: 2}
DAYS_UNTIL_CONNECTED = 5


@dataclass
class Account:
    """
    A customer of the demo with all that is theirs.

    `place` counts the accounts; units of equipment stand beside the service that they came with.
    """

    place: int
    customer: Customer
    kind: Kind
    habit: Habit
    joined_on: date
    locations: list[Location]
    services: list[Service] = field(default_factory=list)
    units: list[tuple[Equipment, Service]] = field(default_factory=list)


def deal(chance: Random, shares: dict, wanted: int) -> list:
    """Return `wanted` values in chance order, each as often among any 50 as `shares` says."""
    deck = [value for value, share in shares.items() for _ in range(share)]
    hand = []
    while len(hand) < wanted:
        hand += chance.sample(deck, len(deck))
    return hand[:wanted]


def take_customers(chance: Random, wanted: int, opened_on: date, on: date) -> list[Account]:
    """Register `wanted` customers who joined between the days `opened_on` and `on`, with contacts and locations."""
    lines = zip(
        deal(chance, KINDS, wanted),
        deal(chance, HABITS, wanted),
        deal(chance, BILLING_DAYS, wanted),
        deal(chance, LOCATIONS, wanted),
        sorted(_joining_days(chance, wanted, opened_on, on)),
        strict=True,
    )
    names, house = _names(chance, wanted), count(1)
    accounts = []
    for (kind, habit, billing_day, locations, joined_on), name in zip(lines, names, strict=True):
        place = len(accounts)
        customer = _register(chance, name, kind, billing_day, place)
        _backdate(customer, joined_on - timedelta(days=DAYS_UNTIL_CONNECTED))
        places = [_locate(chance, customer, kind, next(house), which) for which in range(locations)]
        if kind is Kind.BUSINESS:
            _add_contacts(customer, names[chance.randrange(wanted)])
        accounts.append(Account(place, customer, kind, habit, joined_on, places))
    return accounts


def _joining_days(chance: Random, wanted: int, opened_on: date, on: date) -> list[date]:
    """Return on which day each customer joins: a fifth of them at once, the last a week before `on`."""
    latest = (on - opened_on).days - 7
    return [opened_on + timedelta(days=chance.randrange(latest) if index % 5 else 0) for index in range(wanted)]


def _names(chance: Random, wanted: int) -> list[str]:
    """Return `wanted` names of people, as different as the lists allow."""
    names = [
        f"{given} {family}" for givens, families in CULTURES for given in givens.split() for family in families.split()
    ]
    names += [
        family + given for families, givens in EAST_ASIAN for family in families.split() for given in givens.split()
    ]
    chance.shuffle(names)
    return [names[index % len(names)] for index in range(wanted)]


AREAS = ("202", "206", "212", "303", "312", "404", "503", "617", "702", "808")


def _register(chance: Random, name: str, kind: Kind, billing_day: int, index: int) -> Customer:
    if kind is Kind.BUSINESS:
        name = f"{name.split()[-1]} {chance.choice(TRADES)}"
    box = slugify(fold(name)) if fold(name).isascii() else f"box{index}"
    # The numbers 555-0100 to 555-0199 of every area are nobody's: kept for examples.
    local, area = f"555-01{index % 100:02d}", AREAS[index // 100 % len(AREAS)]
    return register_customer(
        customer=Customer(
            name=name,
            email=f"{box}@{chance.choice(MAIL_HOSTS)}" if index % 12 else "",
            phone=local if index % 8 == 3 and index < 100 else f"+1 {area}-{local}",
            status=Customer.Status.LEAD if kind is Kind.LEAD else Customer.Status.ACTIVE,
            billing_day=billing_day,
            payment_terms=30 if kind is Kind.BUSINESS else 14,
            note="Asked for an offer at the town fair." if kind is Kind.LEAD else "",
        )
    )


def _backdate(customer: Customer, came_on: date) -> None:
    """Let it be the morning of `came_on` on which a customer was added."""
    customer.created_at = datetime.combine(came_on, time(9), timezone.get_current_timezone())
    customer.save(update_fields=["created_at"])


def _locate(chance: Random, customer: Customer, kind: Kind, house: int, which: int) -> Location:
    town, postcode, streets = chance.choices(TOWNS, weights=(6, 3, 1))[0]
    labels = ("Office", "Warehouse", "Shop") if kind is Kind.BUSINESS else ("Home", "Holiday flat", "Workshop")
    return Location.objects.create(
        customer=customer,
        label=labels[which] if which or house % 3 == 0 else "",
        address=f"{house % 180 + 1} {chance.choice(streets.split(','))}",
        city=town,
        postcode=postcode,
        area=Area.objects.get_or_create(name=town)[0],
        access_notes=chance.choice(ACCESS_NOTES) if house % 6 == 0 else "",
    )


def _add_contacts(customer: Customer, name: str) -> None:
    for role, box in ((Contact.Role.BILLING, "accounts"), (Contact.Role.TECHNICAL, "it")):
        email = f"{box}.{customer.number}@{MAIL_HOSTS[0]}"
        Contact.objects.create(customer=customer, name=name, role=role, email=email)
