"""What the demo's customers are subscribed to, and the devices that they have."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from django.contrib.auth.models import AbstractUser

from billing.engine.cycles import DAY, cycle_of
from customerflow.hub.demo import vocabulary
from customerflow.hub.demo.people import Account, Kind
from customers.equipment_moves import add_equipment, return_to_stock
from customers.models import Equipment, Location, Plan, Service, TaxCode, TaxRate
from customers.price_changes import change_cost
from customers.registration import close_customer
from customers.subscriptions import add_service, end_service

IN_STOCK = 12


def make_catalogue() -> dict[str, Plan]:
    """Return the plans that are sold, by name, and let them be taxed; what is there already is used as it is."""
    if not TaxCode.objects.exists():
        code = TaxCode.objects.create(name=vocabulary.TAX, is_default=True)
        TaxRate.objects.create(code=code, percent=vocabulary.TAX_PERCENT, valid_from=date(2000, 1, 1))
    plans = {}
    for name, kind, down, up, price in vocabulary.PLANS:
        facts = {"kind": kind, "download_mbps": down, "upload_mbps": up, "price": Decimal(price)}
        facts["needs_equipment"] = kind == Plan.Kind.INTERNET and down is not None
        plans[name], _made = Plan.objects.get_or_create(name=name, defaults=facts)
    return plans


class Network:
    """Connects accounts; serial numbers, addresses and ports are given out one after the other."""

    def __init__(self, chance: Random, plans: dict[str, Plan], on: date, by: AbstractUser) -> None:
        self.chance, self.plans, self.on, self.by = chance, plans, on, by
        self.serials, self.ports = count(1), count(1)

    def connect(self, account: Account) -> None:
        """Give every location of an account its services and devices, from the day the account joined on."""
        for location in account.locations:
            starts_on = account.joined_on
            if account.kind is Kind.PENDING:
                starts_on = self.on + timedelta(days=self.chance.randint(2, 20))
            access = self._subscribe(account, location, self._access_plan(account, location), starts_on)
            if account.kind is Kind.PENDING:
                continue
            self._install_devices(account, access)
            self._add_extras(account, location, starts_on)

    def stock(self) -> None:
        """Fill the store room; one unit is in repair and one is lost."""
        for number in range(IN_STOCK):
            unit = self._unit(vocabulary.ROUTERS[1] if number % 2 else vocabulary.ONT, None, self.on)
            if number < 2:
                unit.status = (Equipment.Status.IN_REPAIR, Equipment.Status.LOST)[number]
                unit.save()

    def _access_plan(self, account: Account, location: Location) -> str:
        if account.kind is Kind.BUSINESS:
            return vocabulary.BUSINESS_PLAN
        if location.city == vocabulary.TOWNS[-1][0]:
            return vocabulary.VILLAGE_PLAN
        return self.chance.choice(vocabulary.HOME_PLANS)

    def _subscribe(self, account: Account, location: Location, plan: str, starts_on: date) -> Service:
        service = Service(location=location, plan=self.plans[plan], name="", starts_on=starts_on)
        if service.plan.kind == Plan.Kind.INTERNET:
            self._wire(service, next(self.ports))
        add_service(service=service, by=self.by)
        account.services.append(service)
        return service

    def _wire(self, service: Service, port: int) -> None:
        """Give an access its login, address and port; some pay for setting it up, some have a price of their own."""
        service.login = f"line{port:05d}@access.example"
        service.ip_address = f"100.64.{port // 250}.{port % 250 + 1}"
        service.port = f"olt1/{port // 64 + 1}/{port % 64 + 1}"
        if port % 4 == 0:
            service.setup_fee = Decimal(vocabulary.SETUP_FEE)
        if port % 11 == 0:
            service.cost = service.plan.price - 5

    def _add_extras(self, account: Account, location: Location, starts_on: date) -> None:
        extras = [name for name in vocabulary.EXTRAS if self.chance.random() < 0.3]
        if account.kind is Kind.BUSINESS:
            extras = [vocabulary.EXTRAS[0], vocabulary.STATIC_ADDRESS]
        for name in extras:
            self._subscribe(account, location, name, starts_on)

    def _install_devices(self, account: Account, access: Service) -> None:
        is_wireless = access.plan.name == vocabulary.VILLAGE_PLAN
        for device in (vocabulary.ANTENNA if is_wireless else vocabulary.ONT, self.chance.choice(vocabulary.ROUTERS)):
            account.units.append((self._unit(device, access.location, access.starts_on), access))

    def _unit(self, device: tuple, location: Location | None, on: date) -> Equipment:
        name, model, cost, terms, rent = device
        serial = next(self.serials)
        # The second hexadecimal digit says that an address is of local making: no vendor's device has it.
        mac = f"02CF00{serial:06X}"
        facts = {"cost": Decimal(cost), "terms": terms, "monthly_rent": Decimal(rent), "location": location}
        unit = Equipment(name=name, model=model, serial=f"DEMO-{serial:05d}", mac=mac, **facts)
        return add_equipment(unit=unit, on=on)

    def change(self, accounts: list[Account], opened_on: date) -> None:
        """Let time pass: a plan grew dearer, some will, some services ended, some customers left."""
        half_way = opened_on + (self.on - opened_on) / 2
        for account in accounts:
            billing_day = account.customer.billing_day
            for service in account.services:
                if service.plan.name == vocabulary.DEARER_PLAN and service.starts_on < half_way:
                    self._raise(service, cycle_of(half_way, billing_day, 1).last + DAY, "Faster upload for all")
            if account.kind is Kind.CLOSED:
                self._close(account)
        active = [account for account in accounts if account.kind is Kind.HOME and account.services]
        for account in active[::9]:
            self._end_extra(account)
        for account in active[::20]:
            service, billing_day = account.services[0], account.customer.billing_day
            self._raise(service, cycle_of(self.on, billing_day, 1).last + DAY, "Yearly review", on=self.on)

    def _raise(self, service: Service, effective_on: date, reason: str, on: date | None = None) -> None:
        cost = service.cost + 3
        change_cost(
            service=service, cost=cost, on=on or effective_on, effective_on=effective_on, reason=reason, by=self.by
        )
        service.refresh_from_db()

    def _end_extra(self, account: Account) -> None:
        """End the last service of an account with the cycle before the present one."""
        service = account.services[-1]
        last_day = cycle_of(self.on, account.customer.billing_day, 1).first - DAY
        if service.plan.name in vocabulary.EXTRAS and service.starts_on < last_day:
            account.services[-1] = end_service(service=service, last_day=last_day)

    def _close(self, account: Account) -> None:
        """Close an account with the cycle before the present one; what was lent or rented comes back."""
        last_day = cycle_of(self.on, account.customer.billing_day, 1).first - DAY
        last_day = max(last_day, account.joined_on)
        account.customer = close_customer(customer=account.customer, last_day=last_day, on=last_day)
        for service in account.services:
            service.refresh_from_db()
        for unit, _service in account.units:
            return_to_stock(unit=unit, on=last_day)
