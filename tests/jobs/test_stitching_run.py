"""Identifiers become people and part again over several runs, also where one is killed; features as of any date follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from footfall.contract import Table
from footfall.features import people_as_of
from footfall.runtime.cli import main
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from jobs import pipeline
from runtime.numbers_shared import Killed

MAPPING = """\
source: shop
about: invented
feeds:
  orders:
    files: orders/*.csv
    format: csv
    into:
      order_lines:
        actor: {kind: login, identifier: customer}
        line_key: [item_id]
        columns: {order_id: bon, event_time: at, item_id: sku, quantity: 1, amount: paid}
  clicks:
    files: clicks/*.csv
    format: csv
    into:
      events:
        actor: {kind: login, identifier: "coalesce(customer, visitor)"}
        skipped: [{when: customer IS NOT NULL, reason: logged_in}]  # so that only joining gives a login an event
        columns: {event_time: at, event_type: "'view'"}
      identity_links:
        links:
          login: {identifier: customer}
          visitor: {kind: login, identifier: visitor}
        columns: {event_time: at}
  parted:
    files: parted/*.csv
    format: csv
    into:
      identity_links:
        links:
          login: {identifier: customer}
          visitor: {kind: login, identifier: visitor}
          withdrawn: "true"
        columns: {event_time: at}
"""
ALONE, JOINED = (
    {"ann": "ann", "bob": "bob", "v1": "v1", "v2": "v2"},
    {"ann": "ann", "bob": "bob", "v1": "ann", "v2": "v2"},
)


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")


def _deliver(folder: Path, name: str, text: str) -> None:
    path = folder / "raw" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _run(lake: Lake, folder: Path, day: int, stages: str = "ingest,refine") -> int:
    """Runs the stages at noon of a day of June."""
    arguments = ["--lake", lake.root, "--raw", str(folder / "raw"), "--stages", stages]
    arguments += ["--now", f"2024-06-{day:02}T12:00:00+00:00", "--set", f"sources.mappings=[{folder / 'shop.yaml'}]"]
    arguments += ["--set", "shop.time_zone=Europe/London", "--set", "shop.currency=GBP"]
    return main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)


def _people(lake: Lake, day: int) -> dict[str, str]:
    """Identifier -> the identifier that the person is called by, as known before a day of June."""
    names = {row["actor_id"]: row["identifier"] for row in lake.read("refined.pseudonyms").collect()}
    rows = people_as_of(lake.read("refined.identities"), dates=[date(2024, 6, day)], time_zone="Europe/London")
    return {names[row["actor_id"]]: names[row["user_id"]] for row in rows.collect()}


def _users(lake: Lake, day: int) -> dict[str, tuple[int, float]]:
    """Identifier that the person is called by -> orders, and days since anything was done, as of a day of June."""
    names = lake.read("refined.pseudonyms").selectExpr("actor_id AS user_id", "identifier")
    rows = lake.read("results.user_features").where(f"as_of_date = DATE'2024-06-{day:02}'").join(names, "user_id")
    return {row["identifier"]: (row["order_count_90d"], row["activity_recency_days"]) for row in rows.collect()}


@pytest.mark.slow
def test_a_login_joins_two_identifiers_from_its_day_on_until_the_link_is_taken_back(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop.yaml").write_text(MAPPING)
    _deliver(
        tmp_path,
        "orders/1.csv",
        "bon,at,customer,sku,paid\n1,2024-06-01 09:00:00,ann,A,4.00\n2,2024-06-01 09:00:00,bob,A,2.00\n",
    )
    _deliver(tmp_path, "clicks/1.csv", "at,visitor,customer\n2024-06-02 08:00:00,v1,\n2024-06-02 08:00:00,v2,\n")
    _deliver(tmp_path, "parted/1.csv", "at,visitor,customer\n")
    assert _run(lake, tmp_path, 3) == 0
    assert _people(lake, 4) == ALONE

    # v1 logs in as ann on the fifth; the run dies when the people are written, and the same rows come once more
    login = "at,visitor,customer\n2024-06-05 10:00:00,v1,ann\n"
    _deliver(tmp_path, "clicks/2.csv", login)
    write = Lake.write

    def die(self: Lake, table: Table, *arguments: Any, **options: Any) -> None:
        write(self, table, *arguments, **options)
        if table.name == "identities":
            raise Killed

    dead = replace(Owner.this_process(), token="dead", started="1")
    with monkeypatch.context() as patch:
        patch.setattr(Owner, "this_process", lambda *_: dead)
        patch.setattr(Lake, "write", die)
        with pytest.raises(Killed):
            _run(lake, tmp_path, 5)
    assert _run(lake, tmp_path, 5, "ingest,refine,featurize") == 0
    assert [_people(lake, day) for day in (3, 5, 6)] == [ALONE, ALONE, JOINED]
    assert _users(lake, 5) == {"ann": (1, 4), "bob": (1, 4)}

    _deliver(tmp_path, "clicks/3.csv", login)
    _deliver(tmp_path, "parted/2.csv", "at,visitor,customer\n2024-06-07 10:00:00,v1,ann\n")
    assert _run(lake, tmp_path, 7, "ingest,refine,featurize") == 0
    links = lake.read("refined.identity_links").selectExpr("state", "day(event_date)", "day(known_date)")
    assert sorted(tuple(row) for row in links.collect()) == [("linked", 5, 5), ("linked", 5, 7), ("withdrawn", 7, 7)]
    assert [_people(lake, day) for day in (3, 5, 6, 7, 8)] == [ALONE, ALONE, JOINED, JOINED, ALONE]
    assert _users(lake, 7) == {"ann": (1, 5), "bob": (1, 6)}  # v1's view of the second is ann's
