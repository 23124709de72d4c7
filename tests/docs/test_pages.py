"""The generated pages: they follow the code, and the check names those that are stale."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.docs.__main__ import main, pages
from footfall.docs.declared import declaring_job
from footfall.docs.markdown import wrapped
from footfall.errors import SettingsError
from footfall.tables import ALL

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def page_texts():
    return pages(ROOT / "conf")


def test_the_committed_pages_are_what_the_code_says():
    assert main(["--conf", str(ROOT / "conf"), "--out", str(ROOT / "docs"), "--check"]) == 0


def test_a_stale_page_is_named_and_fails_the_check(tmp_path, capsys):
    arguments = ["--conf", str(ROOT / "conf"), "--out", str(tmp_path)]
    assert main(arguments) == 0
    (tmp_path / "flow.md").write_text("an older picture", encoding="utf-8")
    capsys.readouterr()

    assert main([*arguments, "--check"]) == 1
    assert capsys.readouterr().err == f"stale in {tmp_path}: flow.md. Run `make docs` and commit what it changes.\n"
    assert (tmp_path / "flow.md").read_text(encoding="utf-8") == "an older picture"


def test_every_table_and_every_column_has_its_line(page_texts):
    absent = [
        f"{t.full_name}.{c.name}" for t in ALL for c in t.all_columns if f"`{c.name}`" not in _section(page_texts, t)
    ]
    assert absent == []


def _section(page_texts, table) -> str:
    return page_texts["tables.md"].split(f"### {table.full_name}\n")[1].split("\n### ")[0]


def test_the_line_of_a_column_gives_type_meaning_unit_person_and_tolerance(page_texts):
    profiles = page_texts["tables.md"].split("### results.user_profiles\n")[1]
    assert "| `age_band` | `string` | age as a range | years | quasi |  |\n" in profiles
    assert "| `churn_probability` | `double` | of no order within the horizon | 0 to 1 |  | 1e-06 |\n" in profiles
    assert "| **`user_id`** | `string` | the person, a pseudonym |  | identifier |  |\n" in profiles


def test_the_line_of_a_setting_gives_default_kind_and_meaning(page_texts):
    line = "| `churn.horizon_days` | `61` | whole number from 1 to 3650 "
    line += "| no order within so many days after the as-of date is churn; days |\n"
    assert line in page_texts["settings.md"]


def test_a_setting_without_a_comment_fails(tmp_path):
    from footfall.docs.settings import settings_page

    base = tmp_path / "base.yaml"
    base.write_text("shop:\n  name: corner shop\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"shop\.name has no comment"):
        settings_page(base)


def test_the_picture_shows_the_way_of_a_feed_from_file_to_fact(page_texts):
    flow = page_texts["flow.md"]
    assert "  files_transactions_parquet -.-> step_ingest_completejourney_transactions\n" in flow
    assert "  step_ingest_completejourney_transactions --> raw_completejourney_transactions\n" in flow
    assert "  raw_completejourney_transactions -.-> step_refine_order_lines\n" in flow
    assert "  step_refine_order_lines --> refined_order_lines\n" in flow


def test_declaring_a_step_may_not_touch_the_world():
    with pytest.raises(AttributeError, match=r"steps\(\) asked for job\.lake\.read"):
        _ = declaring_job(ROOT / "conf").lake.read


def test_prose_is_wrapped_and_tables_and_code_stay_as_they_are():
    word, row = "word " * 30, "| " + "cell " * 40 + "|"
    page = f"# Head\n\n- {word}\n\n{row}\n\n```\n{word}\n```\n"
    lines = wrapped(page).split("\n")
    assert lines[2:4] == ["- " + " ".join(["word"] * 23), "  " + " ".join(["word"] * 7)]
    assert lines[5:] == [row, "", "```", word, "```", ""]
