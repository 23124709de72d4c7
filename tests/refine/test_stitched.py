"""Links become components, components people, and people rows that are closed and opened; shared identifiers join nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from features.shop_rows import ALWAYS, ZONE, person, rows, values_of
from footfall.refine.components import components
from footfall.refine.identities import identities_output, stitched
from footfall.refine.people import StitchRules
from footfall.tables import IDENTITIES, IDENTITY_LINKS, PSEUDONYMS

RULES = StitchRules(window_days=30, established_days=2, max_identifiers=50)
DAY = date(2024, 6, 5)
START = datetime(2024, 6, 5, 4, tzinfo=UTC)  # of DAY in New York
COLUMNS = ("actor_id", "user_id", "known_from", "known_to", "evidence")
Staged = Callable[[str, DataFrame], DataFrame]


@pytest.fixture
def staged(spark: SparkSession, tmp_path: Path) -> Staged:
    """Keeps frames as Parquet."""

    def keep(name: str, frame: DataFrame) -> DataFrame:
        frame.write.mode("error").parquet(str(tmp_path / name))
        return spark.read.parquet(str(tmp_path / name))

    return keep


def link(actor: str, linked: str, day: int = 0, **other: Any) -> dict[str, Any]:
    """A link of a login and a device so many days after DAY, known on that day unless stated."""
    happened = DAY + timedelta(days=day)
    usual = {
        "anchor": "login",
        "evidence": "visitor",
        "state": "linked",
        "event_date": happened,
        "known_date": happened,
    }
    return {"actor_id": actor, "linked_id": linked, **usual, **other}


def people(spark: SparkSession, staged: Staged, *links: dict[str, Any], max_linked: int = 2) -> DataFrame:
    given = rows(spark, IDENTITY_LINKS, *links)
    return stitched(given, rules=RULES, max_linked=max_linked, time_zone=ZONE, staged=staged)


def test_numbers_that_pairs_connect_have_one_component(spark: SparkSession, staged: Staged) -> None:
    chain = [(n, n + 1) for n in range(1, 9)]
    pairs = spark.createDataFrame([*chain, (20, 30), (-5, 30)], "low bigint, high bigint")
    component_of = {row["node"]: row["component"] for row in components(pairs, staged=staged).collect()}
    assert component_of == {**dict.fromkeys(range(1, 10), 1), -5: -5, 20: -5, 30: -5}


def test_no_pairs_have_no_components(spark: SparkSession, staged: Staged) -> None:
    assert components(spark.createDataFrame([], "low bigint, high bigint"), staged=staged).collect() == []


def test_a_link_closes_the_own_row_of_one_and_opens_another_at_the_start_of_the_day(
    spark: SparkSession, staged: Staged
) -> None:
    """A row that takes a link back may name the two the other way round: by phone 'p' one logs in, and 'e' is an address."""
    app = link("p", "e", evidence="email")
    back = link("e", "p", 3, anchor="email", evidence="phone", state="withdrawn")
    joined = people(spark, staged, link("ann", "c1"), link("ann", "c1", 1), link("bob", "c2", 3), app, back)
    start, later = START.replace(tzinfo=None), START.replace(tzinfo=None) + timedelta(days=3)
    ever = ALWAYS.replace(tzinfo=None)
    assert values_of(joined, *COLUMNS) == [
        ("ann", "ann", ever, None, "own actor"),
        ("bob", "bob", ever, None, "own actor"),
        ("c1", "ann", start, None, "visitor"),
        ("c1", "c1", ever, start, "own actor"),
        ("c2", "bob", later, None, "visitor"),
        ("c2", "c2", ever, later, "own actor"),
        ("e", "e", ever, start, "own actor"),
        ("e", "e", later, None, "own actor"),
        ("e", "p", start, later, "email"),
        ("p", "p", ever, None, "own actor"),
    ]


def test_what_more_share_than_may_be_is_in_no_component_once_that_is_known(spark: SparkSession, staged: Staged) -> None:
    """Three kiosks: the third login is known at once, a day later, and not within the window."""
    third = {"at_once": 0, "later": 1, "apart": 80}
    days = [(kiosk, who, day if who == "cat" else 0) for kiosk, day in third.items() for who in ("ann", "bob", "cat")]
    kiosks = [link(f"{who}_{kiosk}", kiosk, day) for kiosk, who, day in days]
    joined = people(spark, staged, *kiosks, link("ann_at_once", "c1"))
    actors = {row["actor_id"] for row in joined.select("actor_id").collect()}
    linked = {f"{who}_{kiosk}" for kiosk, who, _ in days} - {"bob_at_once", "cat_at_once", "cat_later"}
    assert actors == linked | {"c1", "later", "apart"}
    of_kiosks = joined.where("actor_id IN ('later', 'apart')")
    assert {(row["actor_id"], row["user_id"]) for row in of_kiosks.collect()} == {
        ("later", "later"),
        ("apart", "apart"),
    }


def test_a_login_under_which_a_market_books_its_guests_links_nobody_and_many_devices_do(
    spark: SparkSession, staged: Staged
) -> None:
    """Three e-mails are too many, but not with one of them at another time; three devices are not, and five are."""
    rules = replace(RULES, max_identifiers=4)
    links = [
        *(link("market", f"guest{n}", n, evidence="email") for n in range(3)),
        *(link("market", "tablet", day) for day in (0, 3)),
        *(link("ann", f"mail{n}", 40 * n, evidence="email") for n in range(3)),
        *(link("bob", f"phone{n}", n) for n in range(3)),
        *(link("guest_app", f"app{n}") for n in range(5)),
    ]
    joined = stitched(rows(spark, IDENTITY_LINKS, *links), rules=rules, max_linked=2, time_zone=ZONE, staged=staged)
    start, ever = START.replace(tzinfo=None), ALWAYS.replace(tzinfo=None)
    of_market = joined.where("actor_id IN ('guest0', 'guest1', 'guest2', 'tablet', 'market')")
    parted = start + timedelta(days=2)
    assert values_of(of_market, *COLUMNS) == [
        ("guest0", "guest0", ever, start, "own actor"),
        ("guest0", "guest0", parted, None, "own actor"),
        ("guest0", "market", start, parted, "email"),
        ("guest1", "guest1", ever, start + timedelta(days=1), "own actor"),
        ("guest1", "guest1", parted, None, "own actor"),
        ("guest1", "market", start + timedelta(days=1), parted, "email"),
        ("market", "market", ever, None, "own actor"),
        ("tablet", "market", start, parted, "visitor"),
        ("tablet", "tablet", ever, start, "own actor"),
        ("tablet", "tablet", parted, None, "own actor"),
    ]
    others = joined.where("known_to IS NULL AND NOT actor_id IN ('guest0', 'guest1', 'tablet', 'market')")
    assert values_of(others, "actor_id", "user_id", "evidence") == [
        ("ann", "ann", "own actor"),
        ("bob", "bob", "own actor"),
        *((f"mail{n}", "ann", "email") for n in range(3)),
        *((f"phone{n}", "bob", "visitor") for n in range(3)),
    ]


def test_what_a_shared_address_links_counts_no_more_either(spark: SparkSession, staged: Staged) -> None:
    words = {"anchor": "login", "evidence": "email"}
    agent = [link(login, "agent", 1, **words) for login in ("ann", "bob", "cat")]
    joined = people(spark, staged, *agent, link("agent", "c1", anchor="email"), link("agent", "c2", 1, anchor="email"))
    start, ever = START.replace(tzinfo=None), ALWAYS.replace(tzinfo=None)
    assert values_of(joined.where("actor_id != 'agent'"), *COLUMNS) == [
        ("c1", "agent", start, start + timedelta(days=1), "visitor"),
        ("c1", "c1", ever, start, "own actor"),
        ("c1", "c1", start + timedelta(days=1), None, "own actor"),
    ]


def test_rows_that_change_leave_and_all_others_stay(spark: SparkSession, staged: Staged) -> None:
    before = rows(spark, IDENTITIES, *(person(a, evidence="own actor") for a in ("ann", "bob", "c1")))
    now = people(spark, staged, link("ann", "c1"))
    new = rows(spark, PSEUDONYMS, {"actor_id": "dan"})
    output = identities_output(new, now, before=before.drop("batch_id"), staged=staged)
    start, ever = START.replace(tzinfo=None), ALWAYS.replace(tzinfo=None)
    leaving = now.where(output.replaces).select("actor_id").distinct()
    assert [row[0] for row in leaving.collect()] == ["c1"]
    assert "c1" not in output.replaces
    assert values_of(output.frame, *COLUMNS) == [
        ("c1", "ann", start, None, "visitor"),
        ("c1", "c1", ever, start, "own actor"),
        ("dan", "dan", ever, None, "own actor"),
    ]
