"""Arguments of jobs that no run could use end with exit code 2 and a sentence, before Spark starts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from footfall.errors import SettingsError
from footfall.runtime.cli import dates_of, parser, row_count
from footfall.settings import resolve

CONF = Path(__file__).resolve().parents[2] / "conf"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--as-of", "0001-02-01"], "0001-02-01 is outside the years 1900 to 2200"),
        (["--as-of", "9999-12-31"], "9999-12-31 is outside the years 1900 to 2200"),
        (["--as-of", "yesterday"], "yesterday is no date: write one such as 2018-01-01"),
        (["--now", "0001-01-01T00:00:00+00:00"], "is outside the years 1900 to 2200"),
        (["--now", "9999-12-31T23:59:59-12:00"], "is outside the years 1900 to 2200"),
        (["--now", "noon"], "noon is no time: write one such as 2018-01-01T06:00:00+00:00"),
        (["--now", "2018-01-01"], "add the offset"),
        *((["--sample", count], "is no number of rows: write one from 1 to 1,000,000") for count in ("0", "-1", "x", "1000001")),
    ],
)  # fmt: skip
def test_a_value_of_an_option_that_cannot_be_used_is_refused(
    words: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line = parser("")
    command_line.add_argument("--sample", type=row_count)
    with pytest.raises(SystemExit) as raised:
        command_line.parse_args(words)
    assert raised.value.code == 2
    assert fault in capsys.readouterr().err


def test_the_first_and_the_last_day_of_all_calendars_are_accepted() -> None:
    days = [parser("").parse_args(["--as-of", day]).as_of for day in ("1900-01-01", "2200-12-31")]
    assert days == [date(1900, 1, 1), date(2200, 12, 31)]


def test_dates_that_reach_back_too_far_are_refused_with_the_settings_that_say_so() -> None:
    settings = resolve(
        CONF, "local", {}
    )  # training begins 16 weeks before the Monday 61 days before the Monday 61 days before
    assert dates_of(settings, date(1900, 8, 25)).training[0] == date(1900, 1, 1)
    with pytest.raises(
        SettingsError, match=r"as of 1900-08-24 the first training date lies before 1900-01-01\.\nFix: "
    ):
        dates_of(settings, date(1900, 8, 24))
    longest = resolve(CONF, "local", {"features.training_dates": 1000, "features.training_step_weeks": 520})
    with pytest.raises(SettingsError, match="the first training date lies before"):
        dates_of(longest, date(2018, 1, 1))
