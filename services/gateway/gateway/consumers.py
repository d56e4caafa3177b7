"""What the gateway hears: to whom, and to which groups, the records of other services belong."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.subscriptions import Subscription
from contracts import deals, intake, mail
from contracts.event import Envelope, Event
from gateway.commands.known_records import keep_records
from gateway.models.known_record import KnownRecord

RECORDS: tuple[type[Event], ...] = (
    intake.RequestReceived,
    intake.RequestUpdated,
    intake.RequestAssigned,
    intake.RequestRejected,
    intake.RequestMarkedDuplicate,
    intake.RequestReopened,
    intake.CaseClosed,
    intake.CaseReopened,
    intake.RequestDeleted,
    intake.RequestRestored,
    intake.LeadCreated,
    intake.LeadUpdated,
    intake.LeadAssigned,
    intake.LeadDeleted,
    intake.LeadRestored,
    intake.CompanyCreated,
    intake.CompanyUpdated,
    intake.CompanyDeleted,
    intake.CompanyRestored,
    intake.ContactCreated,
    intake.ContactUpdated,
    intake.ContactDeleted,
    intake.ContactRestored,
    intake.CustomerCreated,
    intake.CustomerUpdated,
    intake.CustomerDeleted,
    intake.CustomerRestored,
    intake.LeadSourceDefined,
    deals.DealCreated,
    deals.DealUpdated,
    deals.DealAssigned,
    deals.DealWon,
    deals.DealLost,
    deals.DealReopened,
    deals.DealDeleted,
    deals.DealRestored,
    deals.PipelineDefined,
    deals.ClosingReasonDefined,
    deals.ProductDefined,
    mail.EmailReceived,
    mail.EmailSent,
    mail.AuditRecorded,
)
"""The events at which a record gets, changes or leaves its owner, department or team, or is closed.

Of the audit entries only those of mailboxes count.
"""

SUBSCRIPTION = Subscription("gateway", "events", chunk=200, replicas=(KnownRecord,))


@SUBSCRIPTION.on_batch(*(event.topic for event in RECORDS))
async def know_records(session: AsyncSession, envelopes: Sequence[Envelope]) -> None:
    """A group that records refer to is not deleted, and owners have to hand them over (GAT-030)."""
    await keep_records(session, envelopes)
