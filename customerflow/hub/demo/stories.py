"""What the demo's customers ask for, and what is answered."""

from dataclasses import dataclass

from tickets.models import Priority


@dataclass(frozen=True)
class Story:
    """A request: which type it is by place in the list of types, what is said, and how much it matters."""

    type_index: int
    subject: str
    request: str
    note: str
    answer: str
    priority: Priority = Priority.NORMAL


STORIES = (
    Story(
        0,
        "No connection since this morning",
        "The router shows a red light since 7 o'clock. We restarted it twice.",
        "ONT reports loss of signal. Splice box in the street was opened yesterday.",
        "A technician repaired the fibre in your street. The light should be green now.",
        Priority.URGENT,
    ),
    Story(
        0,
        "Slow in the evening",
        "From eight to eleven films keep stopping. In the morning all is well.",
        "Wireless channel is crowded, the line itself is clean: 498 Mbit/s at the ONT.",
        "We moved your router to another wireless channel. Please tell us how tonight goes.",
    ),
    Story(
        0,
        "Router restarts by itself",
        "It goes off and on again several times a day.",
        "Power supply of this series is known to fail. Sent a new one.",
        "A new power supply is on its way to you; please send the old one back in the same box.",
        Priority.HIGH,
    ),
    Story(
        0,
        "No dial tone",
        "The telephone is dead, the internet works.",
        "Voice account was not registered: wrong password after the exchange of the router.",
        "Your line is registered again. Please try a call.",
        Priority.HIGH,
    ),
    Story(
        1,
        "Invoice is higher than last month",
        "Last month we paid less. What has changed?",
        "The first invoice was for part of a month.",
        "Your first invoice was for part of a month only; from now on the amount stays the same.",
    ),
    Story(
        1,
        "Paid, and still reminded",
        "I paid by transfer last week and the amount is still open.",
        "Transfer came without a reference; found and recorded.",
        "Your payment has arrived and is recorded. Thank you.",
    ),
    Story(
        1,
        "Please change to direct debit",
        "We would like to pay by direct debit from next month.",
        "Form sent by post.",
        "The form is on its way; we change it as soon as it is back, signed.",
        Priority.LOW,
    ),
    Story(
        2,
        "Moving house next month",
        "We move within the town. Can we take the line with us?",
        "New address has fibre in the building.",
        "Yes: your new house is connected already. Tell us the day, and we switch it over.",
    ),
    Story(
        2,
        "Which plan for four people?",
        "Two of us work at home. Is 100 Mbit/s enough?",
        "Customer has HomeBox 4: ports are fast enough for 500.",
        "For four people we suggest Fibre 500; your router can stay.",
        Priority.LOW,
    ),
    Story(
        2,
        "Is it possible to open a port?",
        "I want to reach my camera from outside.",
        "Needs the static address.",
        "With a static IP address it is. It costs 5.00 a month; shall we add it?",
        Priority.LOW,
    ),
)
