"""Which rows may be used for a purpose: those of people who consent to it as of now. Column functions over refined.permissions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.steps.sorting import SKIPPED
from footfall.tables.offers import PURPOSES

NO_CONSENT = "no_consent"  # the reason of skipped rows in the ledger
ACTOR, USER = "actor_id", "user_id"
_FROM, _TO = "_consent_from", "_consent_to"


@dataclass(frozen=True)
class Consent:
    """What people must have consented to for a Step to use their rows: each of `purposes`.

    `withheld` are the purposes that count as withheld where somebody never said anything about them.
    """

    purposes: tuple[str, ...]
    withheld: tuple[str, ...] = ()

    @property
    def is_opt_in(self) -> bool:
        """Whether who never said anything is left out."""
        return bool(set(self.purposes) & set(self.withheld))

    @property
    def words(self) -> str:
        """Names it, for the books: a Step looks at all rows again where it changes."""
        return ", ".join(f"{p}: {'withheld' if p in self.withheld else 'given'}" for p in self.purposes)

    def is_allowed(self) -> Column:
        """Whether a row of refined.permissions allows all purposes; never NULL."""
        return reduce(and_, (F.coalesce(F.col(p), F.lit(p not in self.withheld)) for p in self.purposes))

    def decisive(self, permissions: DataFrame) -> DataFrame:
        """Its rows that decide: of opt-in the allowed ones, since all others are left out; else those that are withheld."""
        return permissions.where(self.is_allowed() if self.is_opt_in else ~self.is_allowed())


def allowed(rows: DataFrame, permissions: DataFrame, consent: Consent) -> DataFrame:
    """The rows about people who consent.

    A row with `actor_id` belongs to who the actor was when it happened, and a row with `user_id` to that person: one with both
    needs the consent of both, since an actor may be somebody else by now. Rows about nobody stay.
    """
    for column in _owners(rows):
        rows = _joined(rows, permissions, consent, column, is_allowed=True)
    return rows


def left_out(rows: DataFrame, permissions: DataFrame, consent: Consent) -> DataFrame:
    """The others."""
    parts = list[DataFrame]()
    for column in _owners(rows):
        parts.append(_joined(rows, permissions, consent, column, is_allowed=False))
        rows = _joined(rows, permissions, consent, column, is_allowed=True)
    return reduce(DataFrame.unionAll, parts)


def is_about_people(rows: DataFrame) -> bool:
    """Whether the rows say whom they are about."""
    return bool(_owners(rows))


def nobody_left(permissions: DataFrame, withheld: tuple[str, ...]) -> DataFrame:
    """Rows (actor_id, intervals): when an actor was somebody who withdrew and allows no purpose at all now; one row an actor.

    Who never said anything is not among them: a shop learns of consent later than of what somebody did.
    """
    has_any = reduce(or_, (Consent((p,), withheld).is_allowed() for p in PURPOSES))
    has_withdrawn = reduce(or_, (~F.coalesce(F.col(p), F.lit(True)) for p in PURPOSES))
    interval = F.struct(F.col("valid_from").alias("since"), F.col("valid_to").alias("until"))
    none = permissions.where(~has_any & has_withdrawn & ~F.col("is_former"))
    return none.groupBy(ACTOR).agg(F.collect_list(interval).alias("intervals"))


def skip_withdrawn(mapped: DataFrame, withdrawn: DataFrame) -> DataFrame:
    """Mapped rows, those skipped that are about somebody whom `nobody_left` names, when the actor was that person."""
    rows = mapped.join(withdrawn, ACTOR, "left")
    clock = next((c for c in ("event_time", "valid_from") if c in mapped.columns), None)
    is_theirs = F.exists(
        "intervals",
        lambda i: (
            (F.col(clock) >= i["since"]) & (i["until"].isNull() | (F.col(clock) < i["until"])) if clock else F.lit(True)
        ),
    )
    reason = F.coalesce(SKIPPED, F.when(is_theirs, F.lit(NO_CONSENT)))
    return rows.withColumn(SKIPPED, reason).select(*mapped.columns)


def _owners(rows: DataFrame) -> list[str]:
    """The columns that say whom a row is about."""
    return [column for column in (ACTOR, USER) if column in rows.columns]


def _joined(rows: DataFrame, permissions: DataFrame, consent: Consent, column: str, *, is_allowed: bool) -> DataFrame:
    """The rows whose actor, or person, allows it; or those whose does not."""
    deciding, how = consent.decisive(permissions), "left_semi" if consent.is_opt_in == is_allowed else "left_anti"
    if column == USER:
        return rows.join(deciding.select(USER).distinct(), USER, how).select(*rows.columns)
    columns = {"_consent_actor": ACTOR, _FROM: "valid_from", _TO: "valid_to"}
    intervals = deciding.where("NOT is_former").select(*(F.col(c).alias(name) for name, c in columns.items()))
    return rows.join(intervals, (rows[ACTOR] == intervals["_consent_actor"]) & _overlap(rows.columns), how)


def _overlap(columns: list[str]) -> Column:
    """Whether the row lies in an interval in which its actor was that person; a row without any time lies in all of them."""
    if "event_time" in columns:
        since, until = F.col("event_time") >= F.col(_FROM), F.col("event_time") < F.col(_TO)
    elif "valid_to" in columns:
        since = F.coalesce(F.col("valid_to") > F.col(_FROM), F.lit(True))
        until = F.col("valid_from") < F.col(_TO)
    else:
        return F.lit(True)
    return since & (F.col(_TO).isNull() | until)
