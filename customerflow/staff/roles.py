"""
The groups that come with the software, and what each may do.

This table is what holds today: a migration gave it to the groups, and a test compares the two. To change it, change the
table and write a migration that changes the groups; `docs/domain.md` shows the same table to people.
"""

SUPPORT = "Support"
BILLING = "Billing"
TECHNICIAN = "Technician"
MANAGER = "Manager"
ADMINISTRATOR = "Administrator"
GROUPS = (SUPPORT, BILLING, TECHNICIAN, MANAGER, ADMINISTRATOR)

ACTIONS = {"v": "view", "a": "add", "c": "change", "d": "delete", "m": "merge", "e": "erase", "g": "go"}
USE_ADMINISTRATION = "staff.use_administration"

# Nobody deletes what is on the books: invoices are voided, payments reversed, prices cancelled.
TABLE = {
    #                       Support Billing Technician Manager Administrator
    "customers.customer": ("vac", "vac", "v", "vacdme", "vacdme"),
    "customers.contact": ("vacd", "vacd", "v", "vacd", "vacd"),
    "customers.area": ("v", "v", "vac", "vacd", "vacd"),
    "customers.location": ("vacd", "vac", "vc", "vacd", "vacd"),
    "customers.plan": ("v", "v", "v", "vac", "vacd"),
    "customers.service": ("vac", "vac", "v", "vacd", "vacd"),
    "customers.pricechange": ("v", "vac", "v", "vac", "vac"),
    "customers.planpricechange": ("v", "vac", "v", "vac", "vac"),
    "customers.equipment": ("vac", "vac", "vac", "vacd", "vacd"),
    "customers.taxcode": ("v", "v", "v", "vac", "vacd"),
    "customers.taxrate": ("v", "v", "v", "vac", "vacd"),
    "customers.pause": ("vac", "vac", "v", "vacd", "vacd"),
    "customers.installation": ("v", "v", "v", "v", "v"),
    "customers.housemove": ("vd", "vd", "v", "vd", "vd"),
    "billing.invoice": ("v", "vac", "", "vac", "vac"),
    "billing.invoiceline": ("v", "vac", "", "vac", "vac"),
    "billing.payment": ("v", "vac", "", "vac", "vac"),
    "billing.allocation": ("v", "vac", "", "vac", "vac"),
    "billing.invoicetax": ("v", "vac", "", "vac", "vac"),
    "billing.creditnote": ("v", "vac", "", "vac", "vac"),
    "billing.creditnoteline": ("v", "vac", "", "vac", "vac"),
    "billing.creditnotetax": ("v", "vac", "", "vac", "vac"),
    "billing.refund": ("v", "vac", "", "vac", "vac"),
    "billing.writeoff": ("v", "v", "", "vac", "vac"),
    "billing.charge": ("v", "vac", "", "vac", "vac"),
    "billing.discount": ("v", "vac", "", "vacd", "vacd"),
    "billing.billingrun": ("v", "vac", "", "vac", "vac"),
    "billing.billingrunitem": ("v", "v", "", "v", "v"),
    "billing.billingstart": ("v", "v", "", "va", "va"),
    "billing.ledgeraccount": ("", "v", "", "vac", "vac"),
    "billing.periodclosing": ("", "v", "", "vac", "vac"),
    "billing.document": ("v", "v", "", "v", "v"),
    "billing.email": ("va", "va", "", "va", "va"),
    "dunning.promise": ("vac", "vac", "", "vac", "vac"),
    "dunning.promisedinvoice": ("vac", "vac", "", "vac", "vac"),
    "dunning.assignment": ("vac", "vac", "", "vac", "vac"),
    "dunning.contactattempt": ("va", "va", "", "va", "va"),
    "dunning.nextaction": ("vac", "vac", "", "vac", "vac"),
    "billing.emailinvoice": ("v", "v", "", "v", "v"),
    "dunning.rule": ("v", "v", "", "vacd", "vacd"),
    "dunning.template": ("v", "v", "", "vacd", "vacd"),
    "dunning.notice": ("v", "vc", "", "vc", "vc"),
    "dunning.execution": ("v", "v", "", "v", "v"),
    "dunning.calltask": ("vc", "vc", "", "vc", "vc"),
    "suspensions.policy": ("v", "v", "v", "vac", "vac"),
    "suspensions.quietday": ("v", "v", "v", "vacd", "vacd"),
    "suspensions.suspension": ("v", "vac", "v", "vac", "vac"),
    "suspensions.cause": ("v", "v", "v", "v", "v"),
    "suspensions.suspendedservice": ("v", "v", "v", "v", "v"),
    "suspensions.hold": ("vac", "vac", "v", "vacd", "vacd"),
    "suspensions.parkedcustomer": ("v", "v", "v", "v", "v"),
    "webhooks.endpoint": ("", "", "v", "v", "vacd"),
    "webhooks.delivery": ("", "", "v", "v", "vc"),
    "webhooks.attempt": ("", "", "v", "v", "v"),
    "shadow.openingbalance": ("", "v", "", "vac", "vac"),
    "shadow.shadowrun": ("", "v", "", "vac", "vac"),
    "shadow.shadowitem": ("", "v", "", "v", "v"),
    "bank.bankaccount": ("", "v", "", "vac", "vac"),
    "bank.csvprofile": ("", "va", "", "vacd", "vacd"),
    "bank.statement": ("", "va", "", "va", "va"),
    "bank.statementline": ("", "vc", "", "vc", "vc"),
    "bank.linepayment": ("", "v", "", "v", "v"),
    "bank.knownpayer": ("", "v", "", "v", "v"),
    "bank.mandate": ("v", "vac", "", "vac", "vac"),
    "bank.collection": ("", "vac", "", "vac", "vac"),
    "bank.collectionitem": ("v", "v", "", "v", "v"),
    "reports.foundleak": ("v", "v", "", "v", "v"),
    "reports.acceptedleak": ("v", "vacd", "", "vacd", "vacd"),
    "tickets.tickettype": ("v", "v", "v", "vac", "vacd"),
    "tickets.ticket": ("vacm", "vacm", "vac", "vacm", "vacdm"),
    "tickets.cannedreply": ("v", "v", "v", "vacd", "vacd"),
    "tickets.assignmentrule": ("v", "v", "v", "vacd", "vacd"),
    "tickets.closingrule": ("v", "v", "v", "vacd", "vacd"),
    "tickets.tag": ("v", "v", "v", "v", "v"),
    "tickets.ticketlink": ("v", "v", "v", "v", "v"),
    "tickets.ticketmerge": ("v", "v", "v", "v", "v"),
    "tickets.message": ("va", "va", "va", "va", "vad"),
    "tickets.attachment": ("v", "v", "v", "v", "v"),
    "tickets.slapolicy": ("v", "v", "v", "vacd", "vacd"),
    "tickets.calendar": ("v", "v", "v", "vacd", "vacd"),
    "tickets.ticketemail": ("v", "v", "v", "v", "v"),
    "tickets.staffnotice": ("", "", "", "v", "v"),
    "tickets.incomingmail": ("vc", "vc", "vc", "vc", "vc"),
    "tickets.ticketevent": ("v", "v", "v", "v", "v"),
    "visits.visit": ("vac", "v", "vg", "vacd", "vacd"),
    "visits.visititem": ("v", "v", "v", "v", "v"),
    "visits.checklist": ("v", "v", "v", "vacd", "vacd"),
    "visits.calendarlink": ("", "", "", "", "v"),
    "incidents.incident": ("vac", "vac", "vac", "vacd", "vacd"),
    "incidents.servicebyhand": ("v", "v", "v", "v", "v"),
    "incidents.hitservice": ("v", "v", "v", "v", "v"),
    "incidents.joinedticket": ("v", "v", "v", "v", "v"),
    "incidents.answer": ("v", "v", "v", "v", "v"),
    "incidents.answeredticket": ("v", "v", "v", "v", "v"),
    "incidents.credit": ("v", "vac", "", "vac", "vac"),
    "changes.changeset": ("v", "v", "v", "v", "v"),
    "jobs.job": ("v", "v", "v", "vc", "vc"),
    "jobs.lease": ("", "", "", "", "v"),
    "loads.load": ("", "", "", "v", "va"),
    "saved_views.savedview": ("vacd", "vacd", "vacd", "vacd", "vacd"),
    "series.numberseries": ("", "", "", "", "v"),
    "staff.user": ("", "", "", "", "vacd"),
    "auth.group": ("", "", "", "", "vacd"),
}


def permissions_of(group: str) -> set[str]:
    """Return the permissions of one of `GROUPS`, such as `customers.add_customer`."""
    column = GROUPS.index(group)
    permissions = {USE_ADMINISTRATION} if group == ADMINISTRATOR else set()
    for record, letters in TABLE.items():
        app, model = record.split(".")
        permissions |= {f"{app}.{ACTIONS[letter]}_{model}" for letter in letters[column]}
    return permissions
