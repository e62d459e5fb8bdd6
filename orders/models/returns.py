"""What a customer sends back: the return and its pieces. What may follow what is `orders.states.RETURN`'s."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final, Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from orders.models.order import MOST_OF_ONE, Order, OrderLine
from orders.models.payment import Refund
from privacy.ground.sealed import SealedJSONField


class ReturnState(models.TextChoices):
    """Where a return stands."""

    REQUESTED = "requested", "Requested"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    RECEIVED = "received", "Received"
    REFUNDED = "refunded", "Paid back"
    WITHDRAWN = "withdrawn", "Withdrawn"


UNFINISHED: Final = (ReturnState.REQUESTED, ReturnState.APPROVED, ReturnState.RECEIVED)


class ReturnQuerySet(models.QuerySet["Return"]):
    """Filters over returns."""

    def of(self, family: Iterable[UUID]) -> Self:
        """The returns of one person's orders."""
        return self.filter(order__subject_id__in=list(family))

    def open(self) -> Self:
        """Those of which somebody still has to do something."""
        return self.filter(state__in=UNFINISHED)


class Return(models.Model):
    """Pieces of one order that come back, on one right, for one reason."""

    State = ReturnState

    class Right(models.TextChoices):
        """What the customer's wish rests on; `orders.return_rights` decides it, never the desk."""

        WITHDRAWAL = "withdrawal", "Withdrawal from the contract"
        FAULT = "fault", "Something is wrong with it"
        SHOP = "shop", "The shop's own return time"

    class Reason(models.TextChoices):
        """What the customer says, if they want to say anything."""

        CHANGED_MIND = "changed_mind", "I changed my mind"
        SIZE = "size", "It does not fit"
        NOT_AS_SHOWN = "not_as_shown", "It is not as it was shown"
        FAULTY = "faulty", "It is faulty or arrived damaged"
        WRONG_PIECE = "wrong_piece", "It is not what I ordered"

    class Ground(models.TextChoices):
        """Why the desk says no."""

        WORN = "worn", "It was worn, resized or changed"
        NO_FAULT = "no_fault", "Our workshop found nothing wrong with it"
        INCOMPLETE = "incomplete", "The certificate or another part of it is missing"
        NOT_OURS = "not_ours", "What arrived is not what we sent"
        NOT_ARRIVED = "not_arrived", "Nothing has arrived here"
        PAID_BACK = "paid_back", "It was paid back before"

    reference = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="returns")
    state = models.CharField(max_length=10, choices=ReturnState.choices, default=ReturnState.REQUESTED)
    right = models.CharField(max_length=10, choices=Right.choices)
    # Blank: they would rather not say, and the law does not ask; or erased.
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)
    # Null: nothing was written, or erased.
    words = SealedJSONField("what you wrote", null=True, blank=True)
    # Null: money back is wanted, or erased. Else which piece instead; the desk carries it out by hand.
    wish = SealedJSONField("what you would like instead", null=True, blank=True)
    # Blank: nobody said no, or erased.
    ground = models.CharField(max_length=12, choices=Ground.choices, blank=True)
    answer = models.CharField("what the desk wrote", max_length=300, blank=True)
    # Null until it was paid back. Once for each return, however many desks press the button.
    refund = models.OneToOneField(Refund, on_delete=models.CASCADE, null=True, blank=True, related_name="of_return")
    requested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)  # null: nobody, and no law, has said yes or no yet
    received_at = models.DateTimeField(null=True, blank=True)  # null: not with us
    closed_at = models.DateTimeField(null=True, blank=True)  # null: somebody still has to do something

    objects: ClassVar[models.Manager[Return]] = ReturnQuerySet.as_manager()

    class Meta:
        ordering = ("-requested_at", "reference")
        constraints = (
            models.CheckConstraint(
                condition=Q(refund__isnull=True) | Q(state="refunded"), name="return_refund_with_state"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(state__in=["refused", "refunded", "withdrawn"]),
                name="return_closed_with_state",
            ),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True) | Q(state__in=["received", "refused", "refunded"]),
                name="return_received_with_state",
            ),
        )
        indexes = (
            models.Index(
                fields=["requested_at"],
                condition=Q(state__in=["requested", "approved", "received"]),
                name="return_open",
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def subject_id(self) -> UUID:
        """The person whose order it is, for the trail."""
        return self.order.subject_id

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.state in UNFINISHED

    @property
    def is_with_customer(self) -> bool:
        """Whether the pieces are still on their side, so that they may think again."""
        return self.state in {ReturnState.REQUESTED, ReturnState.APPROVED}

    @property
    def is_withdrawal(self) -> bool:
        """Whether the law gives it back without a reason."""
        return self.right == self.Right.WITHDRAWAL


class ReturnLine(models.Model):
    """So many of one piece that come back."""

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="returned")
    quantity = models.PositiveSmallIntegerField()
    # Null: not for sale. Somebody at the desk looks at a piece before it lies in the window again.
    restocked_at = models.DateTimeField("for sale again since", null=True, blank=True)

    class Meta:
        ordering = ("parent", "line__position")
        constraints = (
            models.UniqueConstraint(fields=["parent", "line"], name="returnline_once_per_return"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MOST_OF_ONE), name="returnline_quantity_in_bounds"
            ),
        )

    def __str__(self) -> str:
        return f"return line {self.pk}"
