"""What a source mapping may say: feeds, files, target tables and columns. Types and their checks only; reads YAML given by path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from footfall.errors import SettingsError
from footfall.mapping.elements import source_sql
from footfall.mapping.gaps import Fill, fill_faults
from footfall.mapping.identifiers import identifier_faults
from footfall.mapping.known import Known
from footfall.mapping.line_patterns import pattern_faults
from footfall.mapping.links import Links, normal_sql
from footfall.mapping.lookups import Lookup, Lookups, lookup_faults
from footfall.mapping.own_rules import OwnRule
from footfall.mapping.reader_options import option_faults
from footfall.mapping.sql_words import unrepeatable
from footfall.mapping.targets import NEVER_HELD_BACK, TARGETS, keeps_history, target_faults
from footfall.mapping.text_faults import text_faults
from footfall.mapping.words import Name, SourceName, Sql, TimeZone, below_the_root, no_own_name, with_a_group, word
from footfall.mapping.yaml_file import Closed, Key, places, read_yaml, refuse, validated
from footfall.tables import IDENTITY_LINKS

TYPED = frozenset({"parquet", "orc"})  # formats whose values have types; those of others are text
NOT_A_ROW = "not_a_row"  # the reason for which lines are skipped that `not_rows` fits
NOBODY = ("NULL", "undefined", "none", "nan", "n/a", r"\N", "0", "-")  # what systems write where there is no customer
NOBODY_REASON = "nobody"  # for which such a row is skipped


class Actor(Closed):
    """Which identifier stands on the row: its kind, and the SQL that yields it."""

    kind: Name
    identifier: Sql


class Number(Closed):
    """Numbers the rows `within` target columns by the order of others, for sources in which nothing identifies a line."""

    column: Name
    within: tuple[Name, ...] = Field(strict=False)
    order_by: tuple[Name, ...] = Field(strict=False)


class SkipRule(Closed):
    """Rows to leave out, and the reason under which the ledger counts them."""

    when: Sql
    reason: Name


class Target(Closed):
    """How the rows of a feed become rows of one table.

    `keep` names the source columns, and fields of them, that pass into `properties` as text, `features` those that pass into
    `features` as numbers. `line_key` names what identifies a line in its
    order: columns of the target, else of the source. `on_conflict` says what becomes of a row whose key is known and whose
    content is another. `each` names a list of the source, of whose elements the rows are made. `rules` are kept beside the table's.
    `links` are identifiers of the row that name one person.
    """

    columns: dict[str, Sql] = Field(default_factory=dict)
    actor: Actor | None = None
    number: Number | None = None
    line_key: tuple[SourceName, ...] = Field(default=(), strict=False)
    on_conflict: Literal["keep_first", "keep_latest", "quarantine"] = "keep_first"
    skipped: tuple[SkipRule, ...] = Field(default=(), strict=False)
    keep: tuple[SourceName, ...] = Field(default=(), strict=False)
    features: tuple[SourceName, ...] = Field(default=(), strict=False)
    each: str = ""
    rules: tuple[OwnRule, ...] = Field(default=(), strict=False)
    links: Links | None = None

    @property
    def passed(self) -> dict[str, tuple[str, ...]]:
        """Key of the mapping -> the source columns and fields that pass under it into the map of a table."""
        return {"keep": self.keep, "features": self.features}

    @property
    def linked_actors(self) -> dict[str, Actor]:
        """The linked identifiers by what they are, the strongest first, in their normal form."""
        linked = self.links.by_word if self.links else {}
        return {word: Actor(kind=of.kind or word, identifier=normal_sql(word, of)) for word, of in linked.items()}

    @property
    def actors(self) -> tuple[Actor, ...]:
        """Who the row is about, and the identifiers that it links."""
        return (*([self.actor] if self.actor else []), *self.linked_actors.values())

    def line_sources(self) -> tuple[str, ...]:
        """The names under `line_key` that are columns of the source, not of the target."""
        return tuple(name for name in self.line_key if name not in self.columns)


class Feed(Closed):
    """One log of a source: where its rows lie and what they become.

    `types` gives the Spark type of source columns that arrive as text and are calculated with; `timestamps` says what time
    stamps of Parquet and Delta hold that do not say it themselves (INT96, TIMESTAMP). `nobody` are words that stand in place
    of an identifier, compared as a whole and in any case; "" is an empty one. `file_day` is a regular expression whose first
    group is the day (yyyyMMdd or yyyy-MM-dd) that stands in the path of a full dump: its rows hold from then on. `with` names
    feeds whose rows belong to this one's; a feed that is only looked up so needs no `into`. `fill_down` gives empty values
    that of a line above, `fill_all` that of any line, both of the same order and file. The header of CSV stands on
    `header_line`; `strip` are signs to take off both ends of values; `decimal` is the sign before decimals in text, in
    which the other one groups thousands. A batch of whose rows more than `max_quarantined_share` break a rule is held back.
    """

    into: dict[str, Target] = Field(default_factory=dict)
    with_: Lookups = Field(default=(), alias="with", strict=False)
    files: Annotated[str, AfterValidator(below_the_root)] | None = None
    delta: str | None = None
    format: Literal["parquet", "orc", "csv", "json", "json_array", "text"] = "parquet"
    options: dict[str, str] = Field(default_factory=dict)
    types: dict[str, str] = Field(default_factory=dict)
    time_zone: TimeZone | None = None
    timestamps: Literal["utc", "wall_clock"] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    known: Known | None = None
    nobody: tuple[Annotated[str, BeforeValidator(word)], ...] = Field(default=NOBODY, strict=False)
    file_day: Annotated[str, AfterValidator(with_a_group)] | None = None
    keep_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    partitions: tuple[SourceName, ...] = Field(default=(), strict=False)
    pattern: str = ""
    not_rows: str = ""
    fill_down: Fill | None = None
    fill_all: Fill | None = None
    rewrites: Annotated[str, Field(pattern=r"^[0-9]{1,3} days?$")] | None = None
    header_line: Annotated[int, Field(ge=1, le=1000)] = 1
    strip: str = ""
    decimal: Literal[".", ","] | None = None
    max_quarantined_share: Annotated[float, Field(ge=0, le=1, strict=False)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Feed:
        if (self.files is None) == (self.delta is None):
            raise ValueError("give either `files` or `delta`")
        faults = [fault for name, target in self.into.items() for fault in target_faults(name, target)]
        if self.delta is not None:
            faults += [
                (("options", name), "reader options are for files; a Delta table needs none") for name in self.options
            ]
        else:
            faults += option_faults(self.format, self.options)
        faults += pattern_faults(self.format, pattern=self.pattern, not_rows=self.not_rows)
        faults += text_faults(self.format, self.options, self.header_line, self.strip, self.decimal)
        faults += fill_faults(self) + identifier_faults(self, TARGETS)
        names = [column.casefold() for column in self.types]
        faults += [
            (("types", c), "listed twice; case does not count")
            for i, c in enumerate(self.types)
            if c.casefold() in names[:i]
        ]
        if self.delta is not None:
            of_files = ("partitions", "rewrites")
            faults += [((name,), "is for files; a Delta table has none") for name in of_files if getattr(self, name)]
        if self.nobody != NOBODY and not self.identifiers and not self.with_:
            faults.append((("nobody",), "no table of this feed is about somebody"))
        if self.file_day and (self.delta or (self.into and not any(map(self.takes_day_of_file, self.into)))):
            history = ", ".join(sorted(name for name, table in TARGETS.items() if keeps_history(table)))
            words = f"the day of a file is for tables with history ({history}) whose `valid_from` is not mapped"
            faults.append((("file_day",), words))
        if self.max_quarantined_share is not None and set(self.into) <= NEVER_HELD_BACK:
            words = f"nothing of this feed is ever held back (nor of any that fills {' and '.join(sorted(NEVER_HELD_BACK))} only)"
            faults.append((("max_quarantined_share",), words))
        faults += [(key, f"`{sql}`: {fault}") for key, sql in self.expressions() if (fault := unrepeatable(sql))]
        refuse(type(self), faults)
        return self

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """What `with` says, in order."""
        return tuple(Lookup.parse(text) for text in self.with_)

    @property
    def rewritten_days(self) -> int:
        """For how many days after a file was first taken its source may write it anew."""
        return int(self.rewrites.partition(" ")[0]) if self.rewrites else 0

    def expressions(self) -> Iterator[tuple[Key, str]]:
        """Every expression in SQL, with its key path below the feed."""
        for table, target in self.into.items():
            at = ("into", table)
            yield from (((*at, "columns", column), sql) for column, sql in target.columns.items())
            yield from (((*at, "skipped", i, "when"), skip.when) for i, skip in enumerate(target.skipped))
            yield from (
                ((*at, "line_key", target.line_key.index(name)), source_sql(self, target, name))
                for name in target.line_sources()
            )
            if target.actor:
                yield (*at, "actor", "identifier"), target.actor.identifier
            if links := target.links:
                yield from (((*at, "links", word, "identifier"), of.identifier) for word, of in links.by_word.items())
                yield from [((*at, "links", "withdrawn"), links.withdrawn)] if links.withdrawn else []

    def has_versions(self, target: str) -> bool:
        """Whether the rows for a table are versions of what it holds, by the day of their file or by when they were taken."""
        table = TARGETS.get(target)
        return table is not None and keeps_history(table) and "valid_from" not in self.into[target].columns

    def takes_day_of_file(self, target: str) -> bool:
        """Whether the day of a file tells when its rows for the table hold."""
        links_by_file = target == IDENTITY_LINKS.name and "event_time" not in self.into[target].columns
        return links_by_file or self.has_versions(target)

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The SQL of every identifier that the feed's targets name, each once."""
        actors = [target.actor.identifier for target in self.into.values() if target.actor]
        linked = [
            of.identifier for target in self.into.values() if target.links for of in target.links.by_word.values()
        ]
        return tuple(dict.fromkeys([*actors, *linked]))


class Source(Closed):
    """A source: its name, where it comes from, and its feeds."""

    source: Annotated[Name, AfterValidator(no_own_name)]
    about: str
    feeds: dict[Name, Feed] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Source:
        refuse(type(self), lookup_faults(self.feeds))
        return self

    def raw_name(self, feed: str) -> str:
        """Name of a feed's raw table."""
        return f"{self.source}_{feed}"


def read_source(path: Path) -> Source:
    """The mapping in a file, or SettingsError with every fault and its line."""
    data, lines = read_yaml(path)
    if not data:
        raise SettingsError(f"{path}: empty.", fix="Begin with `source:`, `about:` and `feeds:` (docs/sources.md).")
    return validated(Source, data, where=places(path, lines), keys_in="docs/mapping.md")
