"""Whose an e-mail that comes in is: the customers who have its address, and the ticket that it answers."""

import re

from customers.models import Contact, Customer
from tickets.mail.parsing import Mail
from tickets.models import IncomingMail, Ticket, TicketEmail

NUMBER_IN_SUBJECT = re.compile(r"\[#([^\]\s]{1,32})\]")
# So many customers are offered for a mail that a person sorts.
MOST_LIKELY = 10


def customers_at(address: str) -> list[Customer]:
    """Return the customers with this address, or a contact with it; those who have left only where no others are."""
    if not address:
        return []
    found = {customer.pk: customer for customer in Customer.objects.search(address).filter(email__iexact=address)}
    contacts = Contact.objects.search(address).filter(email__iexact=address).select_related("customer")
    found |= {contact.customer_id: contact.customer for contact in contacts}
    present = [customer for customer in found.values() if not customer.is_closed]
    return sorted(present or found.values(), key=lambda customer: customer.pk)[:MOST_LIKELY]


def likely_customers(mail: IncomingMail) -> list[Customer]:
    """Return whose a mail may be: those with its address, and whose ticket its subject names."""
    named = named_ticket(mail.subject)
    likely = {customer.pk: customer for customer in [*([named.customer] if named else []), *customers_at(mail.sender)]}
    return list(likely.values())


def ticket_of(mail: Mail) -> Ticket | None:
    """
    Return the ticket that a mail belongs to.

    Who answers to a message of ours has it, for nobody guesses its Message-ID. All else that anybody may write, the
    Message-ID of another's mail and a number in the subject, counts only for the customer's own addresses.
    """
    if answered := TicketEmail.objects.filter(mail_id__in=mail.references).select_related("message__ticket").first():
        return answered.message.ticket
    named = named_ticket(mail.subject)
    theirs = IncomingMail.objects.filter(mail_id__in=mail.references).exclude(message=None)
    candidates = [earlier.message.ticket for earlier in theirs.select_related("message__ticket")[:MOST_LIKELY]]
    own = {customer.pk for customer in customers_at(mail.sender)}
    found = [ticket for ticket in [*candidates, *([named] if named else [])] if ticket.customer_id in own]
    return found[0] if found else None


def named_ticket(subject: str) -> Ticket | None:
    """Return the ticket whose number a subject names, whoever wrote it; None where there is none."""
    named = NUMBER_IN_SUBJECT.search(subject)
    return Ticket.objects.select_related("customer").filter(number=named[1]).first() if named else None
