"""What a broken rule or a warning means, and what to do about it, in words for `--check`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame

from footfall.mapping.source import Feed
from footfall.refine.fills import ShopDefaults
from footfall.refine.typed import source_columns, wall_clocks
from footfall.storage.files import SourceRows

_ENDINGS: Mapping[str, str] = {
    "_zone_ambiguous": "{column} names a zone that several places call so, such as CST, IST or BST: have the offset or the "
    "IANA name delivered, or replace it in the mapping (`replace({column}, ' CST', ' Asia/Shanghai')`)",
    "_changed_by_type": "{column} holds a value that {kind} would change: give it more digits under `types`, or leave it out there",
    "_in_skipped_hour": "(valid) {column} lies in an hour that summer time skips in {zone}: read with the offset before the change",
    "_in_repeated_hour": "(valid) {column} lies in an hour that comes twice in {zone}: the first is taken",
    "_differs": "the lines of an order have two values of {column}, which `fill_all` takes for one: leave the column out there, or "
    "have the orders delivered with one",
    "_nested": "{column} is a JSON object or list, and has to be one value: take a field of it in the mapping",
    "_failed": "the expression for {column} fails on such a value: use the try_ form of its function, or declare types under `types`",
    "fx_rate_of_an_earlier_day": "(valid) the day has no rate of the currency: the last one of up to 10 days before it was taken",
    "_open": "(valid) {column} has an open end such as 9999-12-31, which becomes NULL",
}
_EVENT_TIME = (
    "event_time lies before the shop's first day ({first_day}, setting shop.first_day), or more than a day after it was taken. "
    "Where the source has numbers: seconds or milliseconds? (timestamp_seconds, timestamp_millis)"
)

_EACH = (
    "{each} is no list, or what it lies in is no object: `each` takes the elements of one list, which the document has once, and "
    "none of a list within a list"
)


@dataclass(frozen=True)
class Hints:
    """Explains rules of one feed."""

    feed: Feed
    shop: ShopDefaults

    def of(self, rule: str) -> str:
        """The hint for a rule or warning; empty where its name says it all."""
        if rule == "event_time_plausible":
            return _EVENT_TIME.format(first_day=self.shop.first_day)
        if rule.removesuffix("_unreadable") in {target.each for target in self.feed.into.values()}:
            return _EACH.format(each=rule.removesuffix("_unreadable"))
        for ending, words in _ENDINGS.items():
            if rule.endswith(ending):
                column = rule.removesuffix(ending)
                kind = self.feed.types.get(column, "the type of its column")
                return words.format(column=column, kind=kind, zone=self.feed.time_zone or self.shop.time_zone)
        return ""


def column_lines(source: SourceRows) -> Iterator[str]:
    """What became of names and types of a feed's columns; nothing where they are as in the files."""
    if source.told_apart:
        names = ", ".join(f"`{name}` is `{new}`" for name, new in source.told_apart.items())
        yield f"columns without a name of their own, by which the mapping knows them: {names}"
    if source.stored:
        names = ", ".join(f"`{name}` is {new}" for name, new in source.stored.items())
        yield f"names in the raw table, where the mapping's own cannot stand: {names}"
    yield from source.notes


def clock_lines(raw: DataFrame, feed: Feed, shop: ShopDefaults) -> Iterator[str]:
    """What time stamps that do not say it themselves are taken for; nothing where the feed has none."""
    types = {field.name: field.dataType for field in raw.schema.fields if field.name in source_columns(raw)}
    stamps = [name for name, kind in types.items() if wall_clocks(kind) != kind]
    if not stamps:
        return
    zone = feed.time_zone or shop.time_zone
    if feed.timestamps == "wall_clock":
        yield f"time stamps (INT96, TIMESTAMP) in {', '.join(stamps)}: `timestamps: wall_clock`, the wall clock of {zone}"
    else:
        declared = "`timestamps: utc`, " if feed.timestamps else ""
        yield (
            f"time stamps (INT96, TIMESTAMP) in {', '.join(stamps)}: {declared}instants of UTC; "
            f"where they hold the wall clock of {zone}, say `timestamps: wall_clock`"
        )
