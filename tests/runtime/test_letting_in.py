"""Options with which rows are let in: those that would do nothing, or name nothing, end with exit code 2 and a sentence."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from footfall.docs.declared import declaring_job
from footfall.errors import SettingsError
from footfall.refine.feeds import feeds_into, raw_feeds
from footfall.runtime.cli import Job, settings_of
from footfall.runtime.letting_in import require_rules
from footfall.runtime.refining import facts_step
from footfall.settings import resolve
from footfall.storage.lake import Lake
from footfall.tables import CONSENTS, EVENTS, QUARANTINE
from jobs import pipeline

CONF = Path(__file__).resolve().parents[2] / "conf"
MAPPING = """\
source: shop
about: invented
feeds:
  clicks:
    files: clicks/*.csv
    format: csv
    types: {ms: BIGINT}
    max_quarantined_share: 0.5
    into:
      events:
        actor: {kind: card, identifier: card}
        columns: {event_id: id, event_time: at, event_type: what, dwell_ms: ms}
        rules: [{name: at_night, keeps: dwell_ms < 10}]
      consents:
        actor: {kind: card, identifier: card}
        columns: {event_time: at, purpose: what, is_given: "true"}
"""
STAGES = ["--stages", "ingest,featurize"]


@pytest.fixture
def mapped(tmp_path: Path) -> str:
    """The setting that names a mapping of one feed."""
    (tmp_path / "shop.yaml").write_text(MAPPING)
    return f"sources.mappings=[{tmp_path / 'shop.yaml'}]"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--rule", "at_night"], "--rule and --since say which rows a replay takes in again.\nFix: Add --replay."),
        (["--since", "2024-05-01"], "Add --replay"),
        (["--replay", *STAGES], "are for the stage refine, which --stages leaves out"),
        (["--accept", "shop_clicks", *STAGES], "are for the stage refine, which --stages leaves out"),
        (["--accept", "clicks"], "--accept clicks: no such feed.\nFix: There are shop_clicks."),
    ],
)
def test_options_that_would_let_nothing_in_are_refused_before_spark_starts(
    mapped: str, words: list[str], fault: str
) -> None:
    options = pipeline.arguments().parse_args(["--conf-dir", str(CONF), "--set", mapped, *words])
    with pytest.raises(SettingsError) as raised:
        settings_of(options)
    assert fault in str(raised.value)


def test_options_that_let_rows_in_are_accepted_beside_each_other(mapped: str) -> None:
    words = ["--replay", "--rule", "at_night", "--since", "2024-05-01", "--accept", "shop_clicks", "--stages", "refine"]
    assert settings_of(pipeline.arguments().parse_args(["--conf-dir", str(CONF), "--set", mapped, *words]))


def _job(mapped: str, *rules: str) -> Job:
    mappings = mapped.removeprefix("sources.mappings=[").removesuffix("]")
    settings = resolve(CONF, "local", {"sources.mappings": [mappings]})
    return replace(declaring_job(CONF), settings=settings, options=Namespace(replay=True, rule=rules, since=None))


def test_a_withdrawal_of_consent_is_never_held_back(mapped: str) -> None:
    job = _job(mapped)
    feeds = raw_feeds(job.settings.all_sources)
    shares = {
        table.name: [limit.share for limit in facts_step(job, feeds_into(feeds, table), table).limits.values()]
        for table in (EVENTS, CONSENTS)
    }
    assert shares == {"events": [0.5], "consents": []}


def test_a_rule_that_nobody_knows_is_refused_with_names_that_are_alike(mapped: str, lake: Lake) -> None:
    known = ("at_night", "event_type_known", "event_time_required", "ms_unreadable", "row_unreadable", "line_conflict")
    require_rules(_job(mapped, *known))  # asks no lake

    typo = replace(_job(mapped, "event_typ_known", "at_night"), lake=lake)
    with pytest.raises(SettingsError, match=r"(?s)^--rule event_typ_known: no table .*such as .*event_type_known"):
        require_rules(typo)
    lake.ensure(QUARANTINE)
    row = lake.spark.sql("SELECT 'f' AS feed, 'events' AS target, 'a' AS file, 0L AS position, 0 AS element, "
                         "array('of_an_older_mapping', 'x') AS rules, '{}' AS raw_row, now() AS known_at")  # fmt: skip
    lake.write(QUARANTINE, row, label="a", batch_id=1)
    require_rules(replace(_job(mapped, "of_an_older_mapping"), lake=lake))
    with pytest.raises(SettingsError, match=r"^--rule event_typ_known: no table"):
        require_rules(typo)
