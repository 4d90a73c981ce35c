"""The report on what support costs: its lines, and the customers behind its figures."""

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.journal.sides import OF_PLAN, REVENUE
from customerflow.money import ZERO
from reports.figures import address
from reports.report import Cell, Figures, Line, Series, Share
from reports.support.cost import INVOICED_BY, Spent, cost_of, invoiced, is_known, spent
from reports.support.counting import Asked
from reports.support.figures import LEDGER, Place, SupportReport, figures_of, in_order, places_of
from reports.support.periods import Period
from reports.support.splits import Part, Split

SLUG = "support_cost"


def cost(asked: Asked) -> Figures:
    """Return how many tickets were opened, how much was said, the time it took, and its part of what was invoiced."""
    found = spent(asked)
    is_invoiced = asked.part is None and (asked.is_by_time or asked.split in INVOICED_BY)
    net = invoiced(asked) if is_invoiced else {}
    places = places_of(asked, {key for _place, key in (*found, *net)}, SLUG)
    lines = {
        where: _line(place, found.get(where, Spent()), net.get(where, ZERO) if is_invoiced else None)
        for where, place in places.items()
    }
    # Who takes the most time stands first; of the others, who was invoiced the most.
    ordered = in_order(asked, lines, lambda line: [cell.plain or 0 for cell in line.cells[2:5]])
    whole = Spent(*(sum(sums) for sums in zip(*found.values(), strict=True))) if found else Spent()
    total = _line(Place(_t("Total"), asked.whole, asked.part), whole, sum(net.values(), ZERO) if is_invoiced else None)
    columns = [_t("Tickets"), _t("Messages"), _t("Time spent")]
    if is_known():
        columns.append(_t("Cost"))
    if is_invoiced:
        columns += [_t("Invoiced"), *([_t("Share")] if is_known() else [])]
    shown, name = (3, columns[3]) if is_known() else (2, _t("Minutes"))
    series = Series(name, [line.cells[shown].plain for line in ordered])
    return figures_of(asked, columns, ordered, [series], total if ordered else None)


def _line(place: Place, its: Spent, net: object) -> Line:
    names = "reports:support_cost_customers"
    cells = [place.cell(value, names) for value in (its.tickets, its.messages, its.time)]
    if is_known():
        cells.append(place.cell(cost_of(its.minutes), names))
    if net is not None:
        cells.append(Cell(net, _postings(place.period, place.part)))
        if is_known():
            cells.append(Cell(Share(cost_of(its.minutes), max(net, ZERO))))
    return Line(place.label, cells, place.address)


def _postings(days: Period, part: Part | None) -> str:
    """Return the address of the postings behind what was invoiced; none where these are of no single place."""
    if part and (part.split == Split.AREA or part.key is None):
        return ""
    place = f"{OF_PLAN}:{part.key}" if part else REVENUE
    return address("billing:postings", first=days.first, last=days.last, place=place)


COST_REPORT = SupportReport(
    SLUG,
    _("Cost of support"),
    _(
        "The time that was written down on tickets, and that of technicians on site, beside what was invoiced less "
        "what was credited on the same days, before tax."
    ),
    cost,
    is_money=True,
    right=LEDGER,
)
