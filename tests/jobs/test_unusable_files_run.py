"""A feed whose files cannot be used, or have no row yet, waits alone: all others are refined, and it follows when they can."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.runtime.cli import main
from footfall.storage.lake import Lake
from jobs import pipeline

FEED = """\
  {name}:
    files: {files}
    format: {kind}
    known: {{delay: 0 hours}}
    into:
      events:
        actor: {{kind: card, identifier: card}}
        columns: {{event_id: id, event_time: at, event_type: "'view'"}}
"""
FEEDS = [
    ("quiet", "quiet/*.json", "json_array"),
    ("pretty", "pretty/*.json", "json"),
    ("broken", "broken/*.json", "json_array"),
    ("wider", "wider/*.csv", "csv"),
    ("till", "till/*.csv", "csv"),
    ("again", "till/1*.csv", "csv"),
]
MAPPING = "source: shop\nabout: invented\nfeeds:\n" + "".join(
    FEED.format(name=name, files=files, kind=kind) for name, files, kind in FEEDS
)


def _event(number: int) -> str:
    return f'{{"id": "{number}",\n "at": "2024-05-03 08:1{number}:00",\n "card": "K-{number}"\n}}'


def _row(number: int) -> str:
    return f"id,at,card\n{number},2024-05-03 08:1{number}:00,K-{number}\n"


def _deliver(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        feed, _, number = name.partition("_")
        path = folder / "raw" / feed / f"{number}.{'csv' if feed in {'till', 'wider'} else 'json'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _run(lake: Lake, folder: Path, mapping: str) -> int:
    (folder / "shop.yaml").write_text(mapping)
    arguments = [
        "--lake",
        lake.root,
        "--raw",
        str(folder / "raw"),
        "--as-of",
        "2024-06-01",
        "--stages",
        "ingest,refine",
    ]
    arguments += ["--now", "2024-06-01T00:00:00+00:00", "--set", f"sources.mappings=[{folder / 'shop.yaml'}]"]
    arguments += ["--set", "shop.time_zone=Europe/London", "--set", "shop.currency=GBP"]
    return main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)


def test_feeds_without_usable_files_wait_alone(
    lake: Lake,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")
    _deliver(tmp_path, quiet_1="[]", pretty_1=_event(2), broken_1=f"[{_event(3)},", till_1=_row(1))
    _deliver(tmp_path, wider_1=_row(4), wider_2="id,at,card,x\n5,2024-05-03 08:15:00,K-5,7\n")
    assert _run(lake, tmp_path, MAPPING) == 2
    out, err = capsys.readouterr()
    assert "pretty/1.json: its objects go over several lines" in err
    assert "broken/1.json: no list of JSON objects can be read there" in err
    assert "wider/2.csv: its header differs" in err
    assert "quiet" not in err
    assert "shop_till and shop_again both take till/1.csv, and both fill events" in out
    ids = {row["event_id"] for row in lake.read("refined.events").collect()}
    assert ids == {"1"}

    _deliver(tmp_path, quiet_2=f"[{_event(6)}]", broken_1=f"[{_event(3)}]", wider_2=_row(5))
    assert (
        _run(
            lake, tmp_path, MAPPING.replace("pretty/*.json\n    format: json", "pretty/*.json\n    format: json_array")
        )
        == 0
    )
    ids = {row["event_id"] for row in lake.read("refined.events").collect()}
    assert ids == {"1", "2", "3", "4", "5", "6"}


def test_a_shop_whose_only_feed_has_no_row_yet_has_none(
    lake: Lake,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")
    _deliver(tmp_path, quiet_1="[]")
    mapping = MAPPING[: MAPPING.index("  pretty:")]
    for _ in range(2):
        assert _run(lake, tmp_path, mapping) == 0
        assert "has no row yet" in capsys.readouterr().out
    _deliver(tmp_path, quiet_2=f"[{_event(6)}]")
    assert _run(lake, tmp_path, mapping) == 0
    assert [row["event_id"] for row in lake.read("refined.events").collect()] == ["6"]
