"""A wide CSV of features with a label becomes labelled_rows: numbers in a map, all else as text, broken rows set aside."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.errors import SettingsError
from footfall.mapping.source import read_source
from footfall.runtime.cli import main
from footfall.storage.lake import Lake
from jobs import pipeline

MAPPING = """\
source: public
about: invented
feeds:
  uplift:
    files: "*.csv"
    format: csv
    into:
      labelled_rows:
        features: [f0, F1, treatment]
        keep: [device]
        columns: {row_id: id, origin: "'uplift set'", label_kind: kind, label: visit, label_class: genre}
"""
ROWS = """\
id,f0,f1,treatment,device,kind,visit,genre
1,0.5,-3e-2,1,phone,binary,1,
2,7,,0,,number,12.25,
3,,,,tablet,class,,rock
4,much,1,0,,binary,1,
5,NaN,1,0,,binary,1,
6,1,1,0,,binary,2,
7,1,1,0,,class,1,rock
8,1,1,0,,rank,1,
9,,,,,binary,0,
"""


def test_each_row_of_a_wide_csv_lands_with_its_numbers_and_words_or_goes_where_its_rule_says(
    spark: SparkSession, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spark is not None
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")
    (tmp_path / "public.yaml").write_text(MAPPING)
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "1.csv").write_text(ROWS)
    arguments = ["--lake", lake.root, "--raw", str(tmp_path / "raw"), "--now", "2024-06-03T12:00:00+00:00"]
    arguments += ["--stages", "ingest,refine", "--set", f"sources.mappings=[{tmp_path / 'public.yaml'}]"]
    assert main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments) == 0
    rows = lake.read("refined.labelled_rows").orderBy("row_id")
    columns = ("row_id", "origin", "label_kind", "label", "label_class", "features", "properties")
    assert [tuple(row) for row in rows.select(*columns).collect()] == [
        ("1", "uplift set", "binary", 1.0, None, {"f0": 0.5, "F1": -0.03, "treatment": 1.0}, {"device": "phone"}),
        ("2", "uplift set", "number", 12.25, None, {"f0": 7.0, "treatment": 0.0}, None),
        ("3", "uplift set", "class", None, "rock", {}, {"device": "tablet"}),
    ]
    aside = lake.read("raw.quarantine").selectExpr("get_json_object(raw_row, '$.id')", "rules").orderBy("position")
    assert [(row[0], list(row[1])) for row in aside.collect()] == [
        ("4", ["f0_unreadable"]),
        ("5", ["features_not_finite"]),
        ("6", ["binary_is_0_or_1"]),
        ("7", ["has_its_label"]),
        ("8", ["label_kind_known"]),
        ("9", ["has_features"]),
    ]


def test_features_are_for_tables_that_have_them_and_each_is_listed_once(tmp_path: Path) -> None:
    faults = MAPPING.replace("F1", "F0") + ("      items: {features: [f0], columns: {item_id: id}}\n")
    (tmp_path / "public.yaml").write_text(faults)
    with pytest.raises(SettingsError) as fault:
        read_source(tmp_path / "public.yaml")
    assert "f0: listed twice" in str(fault.value)
    assert "items has no `features` to keep them in (labelled_rows has)" in str(fault.value)
