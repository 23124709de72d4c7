"""What a mapping may say of when rows were known: a delay, for a first bulk load. Types and their checks only."""

from __future__ import annotations

import re

from pydantic import field_validator

from footfall.mapping.yaml_file import Closed

MOST_DELAY_DAYS = 3650
_UNITS_S = {"minutes": 60, "hours": 3600, "days": 86400}


class Known(Closed):
    """A first bulk load: known_at is event_time and this delay, such as `2 hours`."""

    delay: str

    @property
    def delay_s(self) -> int:
        """The delay in seconds."""
        number, unit = self.delay.split()
        return int(number) * _UNITS_S[unit]

    @field_validator("delay")
    @classmethod
    def _check_delay(cls, value: str) -> str:
        parts = value.split()
        if len(parts) != 2 or not re.fullmatch(r"[0-9]+", parts[0]) or parts[1] not in _UNITS_S:
            raise ValueError("write a whole number and minutes, hours or days, such as `2 hours`")
        if len(parts[0]) > 9 or int(parts[0]) * _UNITS_S[parts[1]] > MOST_DELAY_DAYS * _UNITS_S["days"]:
            raise ValueError(f"that is more than {MOST_DELAY_DAYS} days; write the delay after which the source knew")
        return value
