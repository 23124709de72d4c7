"""What people allow is the latest that any of their identifiers said by now; rows are left out by it, and facts skipped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from features.shop_rows import ALWAYS, person, rows, values_of
from footfall.steps import sorting
from footfall.steps.consent import NO_CONSENT, Consent, allowed, left_out, nobody_left, skip_withdrawn
from footfall.steps.matching import mark
from footfall.steps.sql import run_sql
from footfall.tables import CONSENTS, IDENTITIES, PERMISSIONS

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
PROFILING = ("actor_id", "user_id", "profiling", "is_former")
WITHHELD = ("analytics", "profiling", "marketing", "text")


def said(actor: str, purpose: str, when: datetime, *, is_given: bool, known: datetime | None = None) -> dict[str, Any]:
    clocks = {"event_time": when, "event_date": when.date(), "known_at": known or when}
    return {"actor_id": actor, "purpose": purpose, "is_given": is_given, **clocks}


def permissions(
    spark: SparkSession, statements: Sequence[dict[str, Any]], people: Sequence[dict[str, Any]], now: datetime = NOW
) -> DataFrame:
    frames = {"consents": rows(spark, CONSENTS, *statements), "identities": rows(spark, IDENTITIES, *people)}
    return run_sql("refine", "permissions", values={"now": now}, **frames)


def test_the_latest_statement_that_holds_by_now_counts_and_at_one_instant_the_withdrawal(spark: SparkSession) -> None:
    statements = [
        said("given", "profiling", NOW - DAY, is_given=True),
        said("withdrawn", "profiling", NOW - 2 * DAY, is_given=True),
        said("withdrawn", "profiling", NOW - DAY, is_given=False),
        said("again", "profiling", NOW - 2 * DAY, is_given=False),
        said("again", "profiling", NOW - DAY, is_given=True),
        said("at now", "profiling", NOW, is_given=False),
        said("after now", "profiling", NOW - DAY, is_given=True),
        said("after now", "profiling", NOW + SECOND, is_given=False, known=NOW),
        said("known tomorrow", "profiling", NOW - 2 * DAY, is_given=True),
        said("known tomorrow", "profiling", NOW - DAY, is_given=False, known=NOW + DAY),
        said("both at once", "profiling", NOW - DAY, is_given=False),
        said("both at once", "profiling", NOW - DAY, is_given=True),
        said("another purpose", "text", NOW - DAY, is_given=False),
    ]
    people = [person(name) for name in {s["actor_id"] for s in statements} | {"never said"}]
    assert values_of(permissions(spark, statements, people), "actor_id", "profiling", "text") == [
        ("after now", True, None),
        ("again", True, None),
        ("another purpose", None, False),
        ("at now", False, None),
        ("both at once", False, None),
        ("given", True, None),
        ("known tomorrow", True, None),
        ("withdrawn", False, None),
    ]
    later = permissions(spark, statements, people, NOW + DAY).where("NOT profiling")
    assert {"after now", "known tomorrow"} < {row["actor_id"] for row in later.collect()}


def test_what_one_identifier_says_holds_for_the_person_it_is_now_and_for_nobody_else(spark: SparkSession) -> None:
    day = NOW - 10 * DAY
    people = [
        person("web", "ann"), person("card", "ann"),  # one person
        person("phone", "bob", valid_to=day), person("phone", "cat", valid_from=day),  # a recycled number
        person("app", "app", known_to=day), person("app", "dan", known_from=day), person("mail", "dan"),  # joined later
    ]  # fmt: skip
    statements = [
        said("card", "profiling", NOW - DAY, is_given=False),
        said("phone", "profiling", day - SECOND, is_given=False),
        said("mail", "profiling", NOW - DAY, is_given=False),
    ]
    known = permissions(spark, statements, people)
    assert values_of(known, *PROFILING) == [
        ("app", "app", False, True),  # results as of earlier dates name it
        ("app", "dan", False, False),
        ("card", "ann", False, False),
        ("mail", "dan", False, False),
        ("phone", "bob", False, False),
        ("web", "ann", False, False),
    ]
    facts = spark.createDataFrame(
        [("web", NOW), ("phone", day - SECOND), ("phone", day), ("app", day - DAY), ("other", NOW)],
        "actor_id string, event_time timestamp",
    )
    assert values_of(allowed(facts, known, Consent(("profiling",))), "actor_id", "event_time") == [
        ("other", _naive(NOW)),
        ("phone", _naive(day)),
    ]
    results = spark.createDataFrame([(name,) for name in ("ann", "bob", "cat", "app", "dan", "eve")], "user_id string")
    assert values_of(allowed(results, known, Consent(("profiling",))), "user_id") == [("cat",), ("eve",)]
    identities = allowed(rows(spark, IDENTITIES, *people), known, Consent(("profiling",)))
    assert values_of(identities, "actor_id", "user_id") == [("phone", "cat")]


def test_who_parted_from_a_person_does_not_bring_that_person_back_as_of_earlier_dates(spark: SparkSession) -> None:
    day = NOW - 10 * DAY
    people = [
        person("web", "ann"), person("mail", "ann", known_to=day), person("mail", known_from=day), person("bob"),
    ]  # fmt: skip
    identities = rows(spark, IDENTITIES, *people).select("actor_id", "user_id", "valid_from", "valid_to")
    columns = ("actor_id", "user_id")
    for actor, others in {"web": [("bob", "bob"), ("mail", "mail")], "mail": [("bob", "bob"), ("web", "ann")]}.items():
        known = permissions(spark, [said(actor, "profiling", NOW - DAY, is_given=False)], people)
        assert values_of(allowed(identities, known, Consent(("profiling",))), *columns) == others
        rest = sorted({("web", "ann"), ("mail", "ann"), ("mail", "mail"), ("bob", "bob")} - {*others})
        assert values_of(left_out(identities, known, Consent(("profiling",))), *columns) == rest
    opt_in, only_ann = (
        Consent(("profiling",), ("profiling",)),
        permissions(spark, [said("web", "profiling", NOW - DAY, is_given=True)], people),
    )
    assert values_of(allowed(identities, only_ann, opt_in), *columns) == [("web", "ann")]
    assert values_of(left_out(identities, only_ann, opt_in), *columns) == [
        ("bob", "bob"), ("mail", "ann"), ("mail", "mail"),
    ]  # fmt: skip


@pytest.mark.parametrize("first", [True, False])
def test_of_one_day_consents_keeps_both_statements_in_any_order_and_the_withdrawal_counts(
    spark: SparkSession, first: bool
) -> None:
    day = datetime(2024, 2, 1, tzinfo=UTC)
    said_on_it = [said("ann", "text", day, is_given=is_given) for is_given in (first, not first, first)]
    frame = rows(spark, CONSENTS, *said_on_it).drop("batch_id")
    place = {
        "_file": F.lit("f"),
        "_feed": F.lit("f"),
        "_taken_at": F.lit(NOW),
        "_raw_row": F.struct(F.lit(1).alias("n")),
    }
    place |= {"_position": F.monotonically_increasing_id(), "_skipped": F.lit(None).cast("string")}
    frame = frame.withColumns(place | {"_unreadable": F.array().cast("array<string>")})
    landed = mark(sorting.check_rules(frame, CONSENTS), CONSENTS, existing=None).where(sorting.LANDS)
    assert values_of(landed, "is_given") == [(False,), (True,)]
    known = run_sql(
        "refine", "permissions", values={"now": NOW},
        consents=landed.select(*CONSENTS.column_names), identities=rows(spark, IDENTITIES, person("ann")),
    )  # fmt: skip
    assert values_of(known, "text") == [(False,)]


KEPT = {  # who is left, by what a Step needs
    Consent(("text",)): ["gave", "gave text", "never"],
    Consent(("text",), ("text",)): ["gave", "gave text"],
    Consent(("text", "profiling"), ("profiling",)): ["gave"],
    Consent(("text", "profiling")): ["gave", "gave text", "never"],
    Consent(("analytics",), ("text",)): ["gave", "gave text", "never", "withdrew"],
}


def test_all_purposes_have_to_be_allowed_and_the_default_is_for_who_never_said(spark: SparkSession) -> None:
    statements = [
        said("gave", "text", NOW, is_given=True),
        said("gave", "profiling", NOW, is_given=True),
        said("gave text", "text", NOW, is_given=True),
        said("withdrew", "text", NOW, is_given=False),
    ]
    people = ["gave", "gave text", "withdrew", "never"]
    facts = spark.createDataFrame([(name, ALWAYS) for name in people], "actor_id string, event_time timestamp")
    computed = permissions(spark, statements, [person(name) for name in people])
    known = spark.createDataFrame(computed.collect(), computed.schema)
    for consent, kept in KEPT.items():
        assert sorted(row["actor_id"] for row in allowed(facts, known, consent).collect()) == kept
        others = sorted(row["actor_id"] for row in left_out(facts, known, consent).collect())
        assert others == sorted({*people} - {*kept})


def test_refine_skips_whom_nothing_is_allowed_of_who_said_so(spark: SparkSession) -> None:
    everything = [said("gone", purpose, NOW, is_given=False) for purpose in WITHHELD]
    most = [said("most", purpose, NOW, is_given=False) for purpose in WITHHELD[1:]]
    known = permissions(spark, [*everything, *most], [person(name) for name in ("gone", "most", "never")])
    mapped = spark.createDataFrame(
        [
            ("gone", NOW, None),
            ("gone", NOW, "test_row"),
            ("most", NOW, None),
            ("never", NOW, None),
            (None, NOW, "nobody"),
        ],
        "actor_id string, event_time timestamp, _skipped string",
    )
    skipped = skip_withdrawn(mapped, nobody_left(known, ()))
    assert skipped.columns == mapped.columns
    assert values_of(skipped, "actor_id", "_skipped") == [
        ("gone", NO_CONSENT),
        ("gone", "test_row"),
        ("most", None),
        ("never", None),
        (None, "nobody"),
    ]
    opt_in = values_of(skip_withdrawn(mapped, nobody_left(known, WITHHELD)), "actor_id", "_skipped")
    assert opt_in[2:4] == [("most", NO_CONSENT), ("never", None)]


def test_a_lake_without_statements_leaves_out_nobody_but_where_consent_has_to_be_given(spark: SparkSession) -> None:
    known = rows(spark, PERMISSIONS).drop("batch_id")
    facts = spark.createDataFrame([("a", ALWAYS)], "actor_id string, event_time timestamp")
    assert allowed(facts, known, Consent(("text",))).count() == 1
    assert allowed(facts, known, Consent(("text",), ("text",))).count() == 0


def _naive(when: datetime) -> datetime:
    return when.replace(tzinfo=None)
