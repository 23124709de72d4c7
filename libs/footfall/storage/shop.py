"""What a lake keeps of its shop from its first run on: time zone and currency. Touches the properties of books.batches."""

from __future__ import annotations

from footfall.errors import SettingsError, listed
from footfall.storage.lake import Lake
from footfall.tables import BATCHES

TIME_ZONE, CURRENCY = "footfall.shop.time_zone", "footfall.shop.currency"


def require_same_shop(lake: Lake, *, time_zone: str, currency: str) -> None:
    """Gives a new lake its time zone and currency; raises SettingsError where the lake has others.

    Days of events, as-of dates and amounts in `amount_base` hang on both: with others, old and new rows would not add up.
    """
    wanted = {TIME_ZONE: time_zone, CURRENCY: currency}
    lake.ensure(BATCHES, at_birth=wanted)
    stored = lake.properties(BATCHES.full_name) or {}
    for key in wanted.keys() - stored.keys():  # a lake of an earlier footfall
        lake.set_property(BATCHES.full_name, key, wanted[key])
    changed = [
        f"{key.removeprefix('footfall.')} is {wanted[key]} in the settings, {stored[key]} in the lake"
        for key in wanted
        if stored.get(key, wanted[key]) != wanted[key]
    ]
    if changed:
        raise SettingsError(
            f"the lake {lake.catalog or lake.root} was begun for another shop: {listed(changed)}.",
            fix="Set the lake's values in the settings, or point --lake at a new place and load the logs again.",
        )
