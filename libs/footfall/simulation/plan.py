"""How large the imagined shop is: people, items, days, and the seed that all its chance comes from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from footfall.errors import SettingsError
from footfall.simulation.draws import Flags, Ints

BLOCK_PEOPLE = 256  # people that are made together; part of what a seed means, so it never changes
ZONE, CURRENCY = "America/New_York", "USD"
CHANNELS = ("web", "app", "mini_program", "store", "call_centre")
WEB, APP, MINI, STORE, CALL = range(len(CHANNELS))
MOST_PEOPLE, MOST_ITEMS, MOST_DAYS = 10_000_000, 100_000, 1_100
MOST_DIRT = 20
VERSION = 2  # of what a seed means: raised where the same arguments make other rows
OFFERS, ITEMS = "offers", "items"  # what a policy decides on


@dataclass(frozen=True)
class SimulationPlan:
    """The arguments that all rows are a function of."""

    people: int
    items: int
    days: int
    seed: int
    start: date
    dirt: float = 1.0  # how many times its usual share each kind of dirt has; 0: none
    more: int = 0  # days that are played on after `days`, within the same world
    since: int = 0  # the first day that is written; those before it are another folder's
    assigned: tuple[
        tuple[str, int, int], ...
    ] = ()  # what was decided elsewhere: OFFERS or ITEMS, first day, day after the last
    version: int = VERSION

    def __post_init__(self) -> None:
        limits: tuple[tuple[str, float, float], ...] = (
            ("people", 1, MOST_PEOPLE),
            ("items", 50, MOST_ITEMS),
            ("days", 1, MOST_DAYS),
            ("seed", 0, 2**62),
        )
        limits = (*limits, ("dirt", 0, MOST_DIRT), ("more", 0, MOST_DAYS - self.days))
        faults = [
            f"--{name} {getattr(self, name)} is not from {low:,} to {high:,}"
            for name, low, high in limits
            if not low <= getattr(self, name) <= high
        ]
        if faults:
            raise SettingsError(f"{'; '.join(faults)}.", fix="Give numbers within these bounds.")

    @property
    def end(self) -> int:
        """The number of the day after the last one."""
        return self.days + self.more

    @property
    def blocks(self) -> int:
        """How many blocks of people there are; the last one may be short."""
        return -(-self.people // BLOCK_PEOPLE)

    @property
    def text(self) -> str:
        """The plan as one line of JSON, to be written beside the logs and compared with."""
        return json.dumps(asdict(self) | {"start": self.start.isoformat()}, sort_keys=True)

    @classmethod
    def read(cls, text: str) -> SimulationPlan:
        """The plan that `text` stands for. Raises SettingsError where it is one of another version."""
        fields = json.loads(text)
        if fields.get("version") != VERSION:
            raise SettingsError(
                f"The simulation is of version {fields.get('version')}; this footfall makes version {VERSION}.",
                fix="Simulate it anew, or use the footfall that made it.",
            )
        assigned = tuple((kind, int(first), int(end)) for kind, first, end in fields["assigned"])
        return cls(**fields | {"start": date.fromisoformat(fields["start"]), "assigned": assigned})

    def continued(self, days: int, kinds: tuple[str, ...]) -> SimulationPlan:
        """The plan of so many days after the last one; on them `kinds` (OFFERS, ITEMS) are decided elsewhere."""
        assigned = tuple((kind, self.end, self.end + days) for kind in kinds)
        return replace(self, more=self.more + days, since=self.end, assigned=(*self.assigned, *assigned))

    def is_assigned(self, kind: str, day: Ints) -> Flags:
        """Whether what was decided on each day was decided elsewhere."""
        assigned = np.zeros(len(day), dtype=bool)
        for name, first, end in self.assigned:
            assigned |= (name == kind) & (day >= first) & (day < end)
        return assigned

    def day(self, number: int) -> date:
        """The date of a day's number, which counts from 0."""
        return self.start + timedelta(days=number)

    def midnights(self) -> Ints:
        """Microseconds since 1970 (UTC) from which the seconds of each day of the shop count, by its clock after 06:00.

        A clock that is changed is changed at night, when nobody is in this shop.
        """
        zone = ZoneInfo(ZONE)
        noons = [datetime.combine(self.day(n), time(12), zone).astimezone(UTC) for n in range(self.end + MARGIN_DAYS)]
        return np.array([(int(noon.timestamp()) - 12 * 3600) * 1_000_000 for noon in noons], dtype=np.int64)


MARGIN_DAYS = 120  # days after the last one whose clock is needed: what would come back then is left out of the logs
