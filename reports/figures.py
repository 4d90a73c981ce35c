"""The reports: how each is worked out, and where its figures lead."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.ageing import BUCKETS, AgeingRows
from billing.ageing_list import invoices_address
from billing.journal.chart import Words
from billing.journal.postings import Postings
from billing.journal.sides import MONEY, REVENUE
from customerflow.money import ZERO
from reports.churn import Step, customers_of, served_at_start, services_of
from reports.months import Month
from reports.recurring import Moved, Movement, moved_in, total_on
from reports.report import Cell, Figures, Line, Report, Series, Share, total_of
from reports.tax import Part, tax_sums


def address(name: str, **asked: object) -> str:
    """Return the address of a page with what it is asked for."""
    return f"{reverse(name)}?{urlencode({key: value for key, value in asked.items() if value})}"


def labels_of(months: list[Month]) -> list[str]:
    """Return the names of the months."""
    return [month.name for month in months]


def postings_by_place(months: list[Month], place: str) -> dict[str, dict[Month, Decimal]]:
    """Return what was posted below a place in each of the months, debit above zero, by place; one query."""
    found: dict[str, dict[Month, Decimal]] = {}
    by_name = {month.name: month for month in months}
    for each in Postings(months[0].first, months[-1].last, places=(place,)).sums():
        of_place = found.setdefault(each.place, dict.fromkeys(months, ZERO))
        of_place[by_name[f"{each.day:%Y-%m}"]] += each.debit - each.credit
    return found


def revenue(months: list[Month], _today: date) -> Figures:
    """Return what was invoiced less what was credited, before tax, by month and plan."""
    words, lines = Words(), []
    for place, sums in postings_by_place(months, REVENUE).items():
        cells = [
            Cell(-amount, address("billing:postings", first=month.first, last=month.last, place=place))
            for month, amount in sums.items()
        ]
        everything = address("billing:postings", first=months[0].first, last=months[-1].last, place=place)
        lines.append(Line(words.of(place), [*cells, Cell(-sum(sums.values()), everything)]))
    lines.sort(key=lambda line: -line.cells[-1].value)
    total = None
    if lines:
        spans = [(month.first, month.last) for month in months] + [(months[0].first, months[-1].last)]
        sums = total_of(lines).cells
        total = Line(
            _t("Total"),
            [
                Cell(cell.value, address("billing:postings", first=first, last=last, place=REVENUE))
                for cell, (first, last) in zip(sums, spans, strict=True)
            ],
        )
    values = [cell.value for cell in total.cells[:-1]] if total else [ZERO] * len(months)
    columns = [*labels_of(months), _t("Total")]
    return Figures(_t("Plan or kind"), columns, lines, labels_of(months), [Series(_t("Net revenue"), values)], total)


def recurring(months: list[Month], _today: date) -> Figures:
    """Return the monthly recurring revenue at the start and end of each month, and what moved between."""
    lines, start, ends = [], total_on(months[0].before).amount, []
    for month in months:
        moved = moved_in(month)
        end = start + sum((each.amount for each in moved.values()), ZERO)
        cells = [Cell(start, address("reports:recurring_rows", on=month.before))]
        for movement in Movement:
            amount = moved.get(movement, Moved(0, ZERO)).amount
            cells.append(Cell(amount, address("reports:recurring_rows", month=month, movement=movement.value)))
        cells.append(Cell(end, address("reports:recurring_rows", on=month.last)))
        lines.append(Line(month.name, cells))
        ends.append(end)
        start = end
    columns = [_t("At the start"), *(str(movement.label) for movement in Movement), _t("At the end")]
    return Figures(_t("Month"), columns, lines, labels_of(months), [Series(_t("Monthly recurring revenue"), ends)])


def churn(months: list[Month], _today: date) -> Figures:
    """Return who was served at the start of each month, came, left, and was served at its end; and the services."""
    customers, services = served_at_start(months[0]), services_of(months[0], Step.START).count()
    lines, ends, lost_ones = [], [], []
    for month in months:
        came = {step: customers_of(month, step).count() for step in (Step.NEW, Step.RETURNED, Step.LOST)}
        moved = {step: services_of(month, step).count() for step in (Step.NEW, Step.LOST)}
        counts = {Step.START: customers, **came}
        counts[Step.END] = customers + came[Step.NEW] + came[Step.RETURNED] - came[Step.LOST]
        of_services = {Step.START: services, **moved, Step.END: services + moved[Step.NEW] - moved[Step.LOST]}
        cells = [
            Cell(counts[step], address("reports:churn_customers", month=month, step=step.value))
            for step in (Step.START, Step.NEW, Step.RETURNED, Step.LOST, Step.END)
        ]
        cells.append(Cell(Share(counts[Step.LOST], customers)))
        cells += [
            Cell(count, address("reports:churn_services", month=month, step=step.value))
            for step, count in of_services.items()
        ]
        cells.append(Cell(Share(moved[Step.LOST], services)))
        lines.append(Line(month.name, cells))
        customers, services = counts[Step.END], of_services[Step.END]
        ends.append(customers - came[Step.NEW] - came[Step.RETURNED])
        lost_ones.append(came[Step.NEW] + came[Step.RETURNED])
    of_customers = [_t("At the start"), _t("New"), _t("Returned"), _t("Lost"), _t("At the end"), _t("Churn")]
    columns = [
        *(_t("Customers: %(what)s") % {"what": each} for each in of_customers),
        *(_t("Services: %(what)s") % {"what": each} for each in of_customers if each != _t("Returned")),
    ]
    series = [Series(_t("Customers who stayed"), ends), Series(_t("New and returned"), lost_ones)]
    return Figures(_t("Month"), columns, lines, labels_of(months), series)


def arpu(months: list[Month], _today: date) -> Figures:
    """Return the monthly recurring revenue by customer served, at the end of each month."""
    lines, values = [], []
    amount, customers = total_on(months[0].before).amount, served_at_start(months[0])
    for month in months:
        amount += sum((each.amount for each in moved_in(month).values()), ZERO)
        customers += sum(customers_of(month, step).count() for step in (Step.NEW, Step.RETURNED))
        customers -= customers_of(month, Step.LOST).count()
        average = (amount / customers).quantize(ZERO) if customers else ZERO
        cells = [
            Cell(amount, address("reports:recurring_rows", on=month.last)),
            Cell(customers, address("reports:churn_customers", month=month, step=Step.END.value)),
            Cell(average),
        ]
        lines.append(Line(month.name, cells))
        values.append(average)
    columns = [_t("Monthly recurring revenue"), _t("Customers"), _t("By customer")]
    return Figures(_t("Month"), columns, lines, labels_of(months), [Series(_t("By customer"), values)])


def taxes(months: list[Month], _today: date) -> Figures:
    """Return what was taxed, and the tax, by month and rate: invoiced and credited apart, each less what is void."""
    sums: dict[tuple[str, str], dict[tuple[Part, str], Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for each in tax_sums(months[0].first, months[-1].last):
        of_place = sums[f"{each.day:%Y-%m}", each.place]
        of_place[each.part, "base"] += each.base
        of_place[each.part, "tax"] += each.tax
    words, lines = Words(), []
    payable = dict.fromkeys(labels_of(months), ZERO)
    for (name, place), amounts in sorted(sums.items()):
        cells = [
            Cell(amounts[part, what], address("reports:tax_rows", month=name, place=place, part=part.value))
            for part in Part
            for what in ("base", "tax")
        ]
        to_pay = amounts[Part.INVOICED, "tax"] - amounts[Part.CREDITED, "tax"]
        payable[name] += to_pay
        lines.append(Line(f"{name} · {words.of(place)}", [*cells, Cell(to_pay)]))
    columns = [_t("Invoiced, net"), _t("Invoiced, tax"), _t("Credited, net"), _t("Credited, tax"), _t("Tax to be paid")]
    series = [Series(_t("Tax to be paid"), list(payable.values()))]
    total = total_of(lines) if lines else None
    return Figures(_t("Month and rate"), columns, lines, labels_of(months), series, total)


def payments(months: list[Month], _today: date) -> Figures:
    """Return what came in by month and method, less what was reversed and paid back."""
    words, by_place = Words(), postings_by_place(months, MONEY)
    lines = []
    for month in months:
        asked = {"first": month.first, "last": month.last}
        cells = [
            Cell(sums[month], address("billing:postings", **asked, place=place)) for place, sums in by_place.items()
        ]
        everything = sum((cell.value for cell in cells), ZERO)
        lines.append(Line(month.name, [*cells, Cell(everything, address("billing:postings", **asked, place=MONEY))]))
    names = [words.of(place).partition(": ")[2] or words.of(place) for place in by_place]
    series = [
        Series(name, [sums[month] for month in months]) for name, sums in zip(names, by_place.values(), strict=True)
    ]
    columns = [*names, _t("Total")]
    return Figures(
        _t("Month"), columns, lines, labels_of(months), series or [Series("", [ZERO] * len(months))], total_of(lines)
    )


def receivables(months: list[Month], today: date) -> Figures:
    """Return what was open by its age, and what was credit, at the end of each month."""
    found = [(month, AgeingRows(month.last, today).totals()[1]) for month in months]
    lines = []
    for month, aged in found:
        cells = [Cell(getattr(aged, bucket.name), invoices_address(bucket, month.last)) for bucket in BUCKETS]
        cells.append(Cell(aged.credit, address("billing:ageing", on=month.last, credit="with")))
        cells.append(Cell(aged.total, address("billing:ageing", on=month.last)))
        lines.append(Line(month.name, cells))
    columns = [*(str(bucket.label) for bucket in BUCKETS), _t("Unapplied credit"), _t("Total")]
    series = [Series(str(bucket.label), [getattr(aged, bucket.name) for _month, aged in found]) for bucket in BUCKETS]
    return Figures(_t("End of"), columns, lines, labels_of(months), series)


def credit(months: list[Month], today: date) -> Figures:
    """Return what was paid or given back and settled nothing, at the end of each month."""
    found = [AgeingRows(month.last, today, with_credit=True).totals() for month in months]
    lines = [
        Line(
            month.name,
            [
                Cell(aged.credit, address("billing:ageing", on=month.last, credit="with")),
                Cell(count, address("billing:ageing", on=month.last, credit="with")),
            ],
        )
        for month, (count, aged) in zip(months, found, strict=True)
    ]
    series = [Series(_t("Unapplied credit"), [aged.credit for _count, aged in found])]
    return Figures(_t("End of"), [_t("Unapplied credit"), _t("Customers")], lines, labels_of(months), series)


REPORTS = (
    Report("revenue", _("Revenue"), _("Invoiced less credited, before tax, by the day of posting."), revenue),
    Report(
        "recurring",
        _("Monthly recurring revenue"),
        _(
            "What the services in force bring in a month, before tax: price less discounts, by the months of a cycle. "
            "What is paused without charge brings nothing."
        ),
        recurring,
    ),
    Report("churn", _("Churn"), _("Customers with a service in force, and the services themselves."), churn),
    Report("arpu", _("Revenue by customer"), _("Monthly recurring revenue by customer with a service in force."), arpu),
    Report(
        "tax", _("Tax by rate"), _("For the tax return, by the day of posting; what was void counts on its day."), taxes
    ),
    Report("payments", _("Payments by method"), _("Received, less what was reversed and paid back."), payments),
    Report(
        "receivables", _("Receivables over time"), _("What was open at the end of each month, by its age."), receivables
    ),
    Report("credit", _("Unapplied credit"), _("What was paid or given back and settled no invoice."), credit),
)
