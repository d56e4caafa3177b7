"""Field types of several resources."""

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from gateway.commands.passwords import LEAST, LONGEST
from kernel.text import Secret


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("time_zone_unknown", "Input should be an IANA time zone")
    return name


Password = Annotated[Secret, Field(min_length=LEAST, max_length=LONGEST)]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$", examples=["en", "pt-BR"])]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["DE"])]
