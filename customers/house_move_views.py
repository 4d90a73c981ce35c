"""Moving house and taking over, from the page of the location."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customerflow.acts import ActScreen
from customers.house_move_forms import ADDRESS, HouseMoveForm, TakeoverForm
from customers.house_moves import move_house, take_over
from customers.models import Location

# What a new location of the next tenant has of the one that is there; access notes may be about people.
OF_PLACE = (*ADDRESS, "region", "country", "latitude", "longitude")


class HouseMove(ActScreen):
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
        return move_house(origin=self.object, target=target, first_day=first_day, on=timezone.localdate())


class Takeover(ActScreen):
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
        return take_over(origin=here, target=target, first_day=first_day, on=timezone.localdate(), by=self.request.user)
