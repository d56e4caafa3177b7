"""What intake says about its dictionaries, imports, settings, files and audit."""

from contracts.vocabulary import (
    AuditEntryEvent,
    DeletionEvent,
    DictionaryEvent,
    FileEvent,
    ImportEvent,
    SettingEvent,
)


class LeadStatusDefined(DictionaryEvent):
    """A lead status was added, changed or removed."""

    topic = "intake.lead_status.changed"


class LeadSourceDefined(DictionaryEvent):
    """A lead source was added, changed or removed."""

    topic = "intake.lead_source.changed"


class CustomerGroupDefined(DictionaryEvent):
    """A customer group was added, changed or removed."""

    topic = "intake.customer_group.changed"


class TagDefined(DictionaryEvent):
    """A tag was added, changed or removed."""

    topic = "intake.tag.changed"


class ClientTypeDefined(DictionaryEvent):
    """A type of client was added, changed or removed."""

    topic = "intake.client_type.changed"


class IndustryDefined(DictionaryEvent):
    """An industry was added, changed or removed."""

    topic = "intake.industry.changed"


class CustomFieldDefined(DictionaryEvent):
    """A custom field was added, changed or removed."""

    topic = "intake.custom_field.changed"


class CountryDefined(DictionaryEvent):
    """A country was added, changed or removed."""

    topic = "intake.country.changed"


class ImportFinished(ImportEvent):
    """An import of requests, leads, companies or contacts came to its end."""

    topic = "intake.import.finished"


class SettingChanged(SettingEvent):
    """Settings of intake were changed, imported or reset."""

    topic = "intake.setting.changed"


class DeletionAsked(DeletionEvent):
    """Somebody asked to remove a record of intake."""

    topic = "intake.deletion.asked"


class DeletionApproved(DeletionEvent):
    """The removal of a record of intake was approved."""

    topic = "intake.deletion.approved"


class DeletionRefused(DeletionEvent):
    """The removal of a record of intake was refused."""

    topic = "intake.deletion.refused"


class FileAdded(FileEvent):
    """A file was attached to a record of intake."""

    topic = "intake.file.added"


class FileRemoved(FileEvent):
    """A file was taken off a record of intake."""

    topic = "intake.file.removed"


class AuditRecorded(AuditEntryEvent):
    """A change of a record of intake was noted: who, when, how, old and new values."""

    topic = "intake.audit.recorded"
