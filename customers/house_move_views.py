"""Moving house and taking over, from the page of the location."""

from datetime import date

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customers.house_move_forms import ADDRESS, HouseMoveForm, TakeoverForm
from customers.house_moves import cancel_move, move_house, plan_move, take_over
from customers.models import HouseMove, Location

# What a new location of the next tenant has of the one that is there; access notes may be about people.
OF_PLACE = (*ADDRESS, "region", "country", "latitude", "longitude")


class MoveScreen(ActScreen):
    """An act on all that is at a location: today or before it happens at once, for a day to come it is planned."""

    def plan(self, target: Location, first_day: date) -> Location:
        """Plan it, and say so."""
        on = timezone.localdate()
        move = plan_move(origin=self.object, target=target, first_day=first_day, on=on, by=self.request.user)
        self.done = _("Planned for %(day)s: {}.") % {"day": move.first_day}
        return move.target


class HouseMoveScreen(MoveScreen):
    """A customer moves house."""

    model = Location
    permission_required = "customers.change_service"
    form_class = HouseMoveForm
    heading = _("Move house")
    explanation = _("Services and equipment go to the other location. Services stay what they are: billing goes on.")
    button = _("Move")
    done = _("Moved to {}.")

    def act(self, *, first_day, location, **address) -> Location:
        target = location or Location(customer=self.object.customer, **address)
        if first_day > timezone.localdate():
            return self.plan(target, first_day)
        return move_house(origin=self.object, target=target, first_day=first_day, on=timezone.localdate())


class Takeover(MoveScreen):
    """The next tenant takes over."""

    model = Location
    permission_required = "customers.change_service"
    form_class = TakeoverForm
    heading = _("Take over by the next tenant")
    explanation = _(
        "Services end the day before for the customer who leaves, and begin for the next one on the same terms, "
        "without a set-up fee. Equipment stays, as the next one's."
    )
    button = _("Take over")
    done = _("Taken over at {}.")

    def act(self, *, customer, first_day, location) -> Location:
        here = self.object
        target = location or Location(customer=customer, **{name: getattr(here, name) for name in OF_PLACE})
        if first_day > timezone.localdate():
            return self.plan(target, first_day)
        return take_over(origin=here, target=target, first_day=first_day, on=timezone.localdate(), by=self.request.user)


class HouseMoveCancel(ActScreen):
    """Taking a planned move back."""

    model = HouseMove
    permission_required = "customers.delete_housemove"
    form_class = forms.Form
    heading = _("Cancel this house move")
    explanation = _("Everything stays where it is. A location that was added for the move stays, too.")
    button = _("Cancel the house move")
    done = _("The house move was cancelled: nothing leaves {}.")

    def act(self) -> Location:
        cancel_move(move=self.object)
        return self.object.origin
