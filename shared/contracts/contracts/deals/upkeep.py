"""What deals says about its dictionaries, imports, settings, files and audit."""

from uuid import UUID

from contracts.vocabulary import (
    AuditEntryEvent,
    DeletionEvent,
    DictionaryEvent,
    FileEvent,
    ImportEvent,
    SettingEvent,
)


class DealDictionaryEvent(DictionaryEvent):
    """Base of the dictionaries of deals; a stage also has its pipeline and probability."""

    pipeline_id: UUID | None = None
    probability: int | None = None


class PipelineDefined(DealDictionaryEvent):
    """A pipeline was added, changed or removed."""

    topic = "deals.pipeline.changed"
    key = "id"


class StageDefined(DealDictionaryEvent):
    """A stage of a pipeline was added, changed or removed."""

    topic = "deals.stage.changed"
    key = "id"


class ClosingReasonDefined(DealDictionaryEvent):
    """A closing reason was added, changed or removed."""

    topic = "deals.closing_reason.changed"
    key = "id"


class ProductDefined(DealDictionaryEvent):
    """A product was added, changed or removed."""

    topic = "deals.product.changed"
    key = "id"


class ImportFinished(ImportEvent):
    """An import of deals came to its end."""

    topic = "deals.import.finished"


class SettingChanged(SettingEvent):
    """Settings of deals were changed, imported or reset."""

    topic = "deals.setting.changed"


class DeletionAsked(DeletionEvent):
    """Somebody asked to remove a record of deals."""

    topic = "deals.deletion.asked"


class DeletionApproved(DeletionEvent):
    """The removal of a record of deals was approved."""

    topic = "deals.deletion.approved"


class DeletionRefused(DeletionEvent):
    """The removal of a record of deals was refused."""

    topic = "deals.deletion.refused"


class FileAdded(FileEvent):
    """A file was attached to a record of deals."""

    topic = "deals.file.added"


class FileRemoved(FileEvent):
    """A file was taken off a record of deals."""

    topic = "deals.file.removed"


class AuditRecorded(AuditEntryEvent):
    """A change of a record of deals was noted: who, when, how, old and new values."""

    topic = "deals.audit.recorded"
