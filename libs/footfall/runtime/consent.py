"""What consent does to Steps: the one place where rows of people who do not consent are left out, and taken out of results.

`refined.permissions` says what people allow as of now. A Step that declares its `consent` reads it, and so runs again where
it has changed. What is compared is what the Step's open batch pinned of it with what its last closed batch did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, Table, Written
from footfall.contract.commits import WITHDRAWN
from footfall.runtime.inputs import DERIVATION
from footfall.steps.consent import NO_CONSENT, Consent, allowed, is_about_people, left_out
from footfall.steps.step import Expiry, Frames, Output, Step, StepResult
from footfall.storage.batch import Batch, Pin
from footfall.storage.lake import Lake
from footfall.storage.versions import is_gone
from footfall.tables import BY_NAME, CLAUSE_VECTORS, IDENTITIES, PERMISSIONS, TEXT_INSIGHTS, TEXT_TOPICS, TEXT_VECTORS

MOST_KEYS = 1000  # whose rows leave a table by name; with more, the table is written anew without them
NAME = PERMISSIONS.full_name


@dataclass(frozen=True)
class People:
    """The frames that a Step was to get, and which of their rows it may use."""

    step: Step
    frames: Frames

    @property
    def consented(self) -> Frames:
        """The frames with the rows of people who consent.

        A step that reads refined.identities joins rows of actors with it, so that rows are left out of it instead of them. What
        the step itself wrote of actors it gets whole, to take out of it whoever is no longer there.
        """
        consent = self.step.consent
        if consent is None:
            return self.frames
        return dict(self.frames) | {n: allowed(f, self.frames[NAME], consent) for n, f in self._filtered().items()}

    def skipped(self) -> int:
        """How many rows were left out."""
        consent = self.step.consent
        if consent is None:
            return 0
        counts = (
            left_out(f, self.frames[NAME], consent).select(F.lit(1))
            for n, f in self._filtered().items()
            if n not in self.step.writes
        )
        together = reduce(DataFrame.unionAll, counts, self.frames[NAME].limit(0).select(F.lit(1)))
        return together.count()

    def _filtered(self) -> dict[str, DataFrame]:
        return {name: frame for name, frame in self.frames.items() if self._is_filtered(name, frame)}

    def _is_filtered(self, name: str, frame: DataFrame) -> bool:
        is_alias = any(read.alias == name for read in self.step.reads)
        if name == NAME or is_alias or not is_about_people(frame):
            return False
        if name == IDENTITIES.full_name or "actor_id" not in frame.columns:
            return True
        return name not in self.step.writes and IDENTITIES.full_name not in self.frames


@dataclass(frozen=True)
class ConsentChanges:
    """Actors (`actor_id`) of whom a Step may use other rows than its last closed batch did: fewer, or more.

    None: of anybody, since the setting changed, or the state before cannot be read.
    """

    fewer: DataFrame | None
    more: DataFrame | None

    @property
    def actors(self) -> DataFrame | None:
        """All of them."""
        if self.fewer is None or self.more is None:
            return None
        return self.fewer.unionAll(self.more).distinct()


def consent_changes(
    lake: Lake, consent: Consent | None, frames: Frames, *, batch: Batch | None, last: Batch | None
) -> ConsentChanges | None:
    """What has changed since the last closed batch; None where nothing has, or no batch was closed yet."""
    if consent is None or batch is None or last is None or not _is_changed(batch, last):
        return None
    before, derivation = last.inputs.get(NAME, ""), last.inputs.get(DERIVATION + NAME, "")
    if derivation not in ("", consent.words) or (not derivation and consent.is_opt_in):
        return ConsentChanges(None, None)
    now = frames[NAME]
    try:
        old = lake.read_content(NAME, *_place(before)) if before else now.limit(0)
        states = [_decisive(state, consent) for state in (old, now)]
        only_before, only_now = states[0].exceptAll(states[1]), states[1].exceptAll(states[0])
        if only_before.unionAll(only_now).isEmpty():
            return None
    except Exception as fault:
        if is_gone(fault):
            return ConsentChanges(None, None)
        raise
    fewer, more = (only_before, only_now) if consent.is_opt_in else (only_now, only_before)
    return ConsentChanges(_ever_actors(fewer, lake, batch), _ever_actors(more, lake, batch))


def _ever_actors(permissions: DataFrame, lake: Lake, batch: Batch) -> DataFrame:
    """The actors of these rows of refined.permissions; where the step joins people by identities also those they once were."""
    actors, pin = permissions.select("actor_id"), batch.inputs.get(IDENTITIES.full_name, "")
    if pin:
        identities = lake.read_content(IDENTITIES.full_name, *_place(pin))
        of_people = identities.join(permissions.select("user_id").distinct(), "user_id", "left_semi")
        actors = actors.unionAll(of_people.select("actor_id"))
    return actors.distinct()


def _is_changed(batch: Batch, last: Batch) -> bool:
    return any(batch.inputs.get(key) != last.inputs.get(key) for key in (NAME, DERIVATION + NAME))


def _decisive(permissions: DataFrame, consent: Consent) -> DataFrame:
    return consent.decisive(permissions).select("actor_id", "user_id", "valid_from", "valid_to", "is_former")


def _place(pin: str) -> tuple[int, int]:
    parsed = Pin.parse(pin)
    return parsed.version, parsed.batch_id


def removal(table: Table, rows: DataFrame, leaving: DataFrame | None, *, key: str, batch: Batch) -> list[Expiry]:
    """The rows of an appended table that leave it, as what a Step returns: those whose `key` is among `leaving` (None: all).

    Rows that the batch itself adds stay. Keys are named by a hash, since a condition stays in Delta's log longer than the rows.
    """
    is_earlier = f"{BATCH_ID.name} < {batch.batch_id}"
    if leaving is None:
        return [Expiry(table.full_name, is_earlier, why=WITHDRAWN)]
    keys = rows.select(key).join(leaving.select(key), key, "left_semi").select(F.xxhash64(key)).distinct()
    hashes = [row[0] for row in keys.limit(MOST_KEYS + 1).collect()]
    if not hashes:
        return []
    if len(hashes) > MOST_KEYS:
        kept = rows.join(leaving.select(key), key, "left_anti").select(*table.column_names, BATCH_ID.name)
        return [Expiry(table.full_name, is_earlier, kept, WITHDRAWN)]
    condition = f"{is_earlier} AND xxhash64(`{key}`) IN ({', '.join(map(str, sorted(hashes)))})"
    return [Expiry(table.full_name, condition, why=WITHDRAWN)]


def _unused_texts(table: Table, people: People, batch: Batch) -> list[Expiry]:
    """The vectors of texts that no document of people who consent has, as they leave their table."""
    before = people.frames[table.full_name]
    texts = (f for n, f in people.consented.items() if n != table.full_name and "text_id" in f.columns)
    used = reduce(DataFrame.unionAll, (documents.select("text_id") for documents in texts))
    unused = before.select("text_id").distinct().join(used, "text_id", "left_anti")
    return removal(table, before, unused, key="text_id", batch=batch)


def without_withdrawn(result: StepResult, people: People, *, batch: Batch, last: Batch | None) -> StepResult:
    """The result, and where consent has changed, the step's tables by date and by text without those who withdrew.

    Dates that the step does not make now are copied, less rows of persons and less texts that nobody allows to be read; in
    the same commit as those that it makes.
    """
    step, frames, removals = people.step, people.frames, list[Expiry]()
    if step.consent is None or last is None or not _is_changed(batch, last):
        return result
    outputs = {output.table: output for output in result.outputs if isinstance(output, Output)}
    for name in step.writes:
        table, before = BY_NAME.get(name), frames.get(name)
        if table in (TEXT_VECTORS, CLAUSE_VECTORS) and before is not None:
            removals += _unused_texts(table, people, batch)
        if table is None or before is None or table.written is not Written.REPLACE_AS_OF:
            continue
        if "user_id" in table.column_names:
            leaving = left_out(before, frames[NAME], step.consent)
            kept = allowed(before, frames[NAME], step.consent)
        elif table is TEXT_TOPICS:
            leaving, kept = _topics_by_text(before, frames[TEXT_INSIGHTS.full_name])
        else:
            continue
        if output := _with_dates(table, outputs.get(table), leaving, kept):
            outputs[table] = output
    others = [output for output in result.outputs if not isinstance(output, Output)]
    return replace(result, outputs=[*outputs.values(), *others, *removals])  # rows are removed last


def _with_dates(table: Table, output: Output | None, leaving: DataFrame, kept: DataFrame) -> Output | None:
    """The output, and of the dates of `leaving` that it does not make the rows `kept`."""
    replaced: Sequence[date] = output.as_of if output else ()
    dates = sorted({row[0] for row in leaving.select("as_of_date").distinct().collect()} - set(replaced))
    if not dates:
        return output
    rows = kept.where(F.col("as_of_date").isin(dates)).select(*table.column_names)
    if output is None:
        return Output(table, rows, as_of=dates)
    frame = output.frame.select(*table.column_names).unionByName(rows)
    return replace(output, frame=frame, as_of=(*replaced, *dates))


def _topics_by_text(topics: DataFrame, insights: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Topics that name a text which nobody allows to be read, and all topics without these texts."""
    key, texts = ("as_of_date", "topic_id"), F.posexplode("representative_text_ids").alias("place", "text_id")
    named, known = topics.select(*key, texts), insights.select("text_id").distinct()
    place = F.array_sort(F.collect_list(F.struct("place", "text_id")))
    stay = named.join(known, "text_id", "left_semi").groupBy(*key).agg(place.alias("stay"))
    ids = F.coalesce(F.col("stay")["text_id"], F.array().cast("array<string>"))
    kept = topics.join(stay, list(key), "left").withColumn("representative_text_ids", ids)
    return named.join(known, "text_id", "left_anti"), kept


def as_new(rows: DataFrame, changes: ConsentChanges | None) -> DataFrame:
    """The rows, those of actors whose consent has changed as if they had come with the newest batch of all."""
    if changes is None or changes.actors is None:
        return rows
    newest = F.lit((1 << 63) - 1).cast(BATCH_ID.type)
    changed = changes.actors.withColumn("_is_changed", F.lit(True))
    number = F.when(F.col("_is_changed"), newest).otherwise(F.col(BATCH_ID.name))
    return rows.join(changed, "actor_id", "left").withColumn(BATCH_ID.name, number).drop("_is_changed")


def no_consent(rows: int) -> Mapping[str, object]:
    """What the ledger says of rows that were left out."""
    return {"rows_skipped": rows, "skipped_reasons": {NO_CONSENT: rows}} if rows else {}
