"""The books of one customer as a plain model: whole cents in lists, and nothing of the product."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(eq=False)
class Bill:
    """An invoice."""

    total: int
    due_on: date
    is_void: bool = False


@dataclass(eq=False)
class Money:
    """Where credit comes from: a payment, or a credit note, perhaps on an invoice."""

    amount: int
    is_note: bool = False
    on: Bill | None = None
    is_gone: bool = False


@dataclass(eq=False)
class Share:
    """A part of money that settles a part of a bill; of a write-off, there is no money."""

    bill: Bill
    amount: int
    money: Money | None = None
    is_live: bool = True


@dataclass(eq=False)
class PaidBack:
    """A refund."""

    money: Money
    amount: int
    is_reversed: bool = False


@dataclass
class Books:
    """All that happened, in its order; a method returns False, and does nothing, where the act is to be refused."""

    bills: list[Bill] = field(default_factory=list)
    moneys: list[Money] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    refunds: list[PaidBack] = field(default_factory=list)

    def settled(self, bill: Bill) -> int:
        return sum(share.amount for share in self.shares if share.bill is bill and share.is_live)

    def open(self, bill: Bill) -> int:
        return 0 if bill.is_void else bill.total - self.settled(bill)

    def allocated(self, money: Money) -> int:
        return sum(share.amount for share in self.shares if share.money is money and share.is_live)

    def refunded(self, money: Money) -> int:
        return sum(each.amount for each in self.refunds if each.money is money and not each.is_reversed)

    def credit(self, money: Money) -> int:
        return 0 if money.is_gone else money.amount - self.allocated(money) - self.refunded(money)

    def given_back(self, bill: Bill) -> int:
        return sum(money.amount for money in self.moneys if money.on is bill and not money.is_gone)

    def settle(self, moneys: list[Money], bills: list[Bill]) -> bool:
        """Settle the bills in their order out of the moneys in theirs; return whether anything went anywhere."""
        before = len(self.shares)
        for bill in bills:
            for money in moneys:
                if amount := min(self.credit(money), self.open(bill)):
                    self.shares.append(Share(bill, amount, money))
        return len(self.shares) > before

    def all_credit(self) -> list[Money]:
        """Return the notes, then the payments: each in the order in which they came."""
        return sorted(self.moneys, key=lambda money: not money.is_note)

    def oldest_first(self) -> list[Bill]:
        return sorted(self.bills, key=lambda bill: bill.due_on)

    def issue(self, total: int, due_on: date) -> Bill:
        bill = Bill(total, due_on)
        self.bills.append(bill)
        self.settle(self.all_credit(), [bill])
        return bill

    def pay(self, amount: int, bills: list[Bill] | None) -> Money | None:
        if bills and not all(self.open(bill) for bill in bills):
            return None
        money = Money(amount)
        self.moneys.append(money)
        self.settle([money], [bill for bill in self.oldest_first() if bills is None or bill in bills])
        return money

    def give_back(self, amount: int, on: Bill | None) -> Money | None:
        if on and (on.is_void or amount > on.total - self.given_back(on)):
            return None
        note = Money(amount, is_note=True, on=on)
        self.moneys.append(note)
        self.settle([note], [on] if on else [])
        return note

    def take_back(self, money: Money) -> bool:
        """Reverse a payment, or void a note."""
        if money.is_gone or self.refunded(money):
            return False
        money.is_gone = True
        self.release([share for share in self.shares if share.money is money])
        return True

    def release(self, shares: list[Share]) -> None:
        for share in shares:
            share.is_live = False

    def void(self, bill: Bill) -> bool:
        if bill.is_void or self.settled(bill):
            return False
        bill.is_void = True
        return True

    def use_credit(self, bill: Bill) -> bool:
        return self.settle(self.all_credit(), [bill])

    def refund(self, money: Money, amount: int) -> PaidBack | None:
        if amount > self.credit(money):
            return None
        self.refunds.append(PaidBack(money, amount))
        return self.refunds[-1]

    def reverse_refund(self, refund: PaidBack) -> bool:
        if refund.is_reversed:
            return False
        refund.is_reversed = True
        return True

    def write_off(self, bill: Bill) -> Share | None:
        is_written_off = any(each.bill is bill and each.is_live and each.money is None for each in self.shares)
        if is_written_off or not (amount := self.open(bill)):
            return None
        self.shares.append(Share(bill, amount))
        return self.shares[-1]

    def take_back_write_off(self, share: Share) -> bool:
        if not share.is_live:
            return False
        share.is_live = False
        return True
