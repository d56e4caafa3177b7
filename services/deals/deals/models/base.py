"""What every table of deals shares."""

from typing import ClassVar

from sqlalchemy import Numeric, Text
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import Table, new_metadata

AMOUNT = Numeric(22, 4)
TRIGRAMS = ARRAY(Text)


class Base(Table):
    """Declarative base of deals."""

    __abstract__ = True
    metadata: ClassVar = new_metadata()
