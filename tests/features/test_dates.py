"""The rule of as-of dates."""

from datetime import date, timedelta

import pytest

from footfall.features.dates import DatesToWrite, as_of_dates, dates_to_write

MONDAY = date(2018, 1, 1)
SHOP = {"horizon_days": 61, "return_window_days": 0, "training_dates": 3, "training_step_weeks": 4}
WANTED = (date(2017, 7, 3), date(2017, 10, 30), date(2018, 1, 2))  # the last one is a Tuesday


def test_labelled_dates_are_the_latest_mondays_whose_label_is_known_at_the_next() -> None:
    dates = as_of_dates(MONDAY, **SHOP)
    assert dates.evaluation == date(2017, 10, 30)  # 61 days before: Wednesday, 1 November
    assert dates.training == (date(2017, 7, 3), date(2017, 7, 31), date(2017, 8, 28))  # 61 days before: 30 August
    assert dates.every == (*dates.training, dates.evaluation, dates.current)


def test_a_return_window_moves_all_labelled_dates_back() -> None:
    dates = as_of_dates(MONDAY, horizon_days=61, return_window_days=14, training_dates=1, training_step_weeks=1)
    assert (dates.evaluation, dates.training) == (date(2017, 10, 16), (date(2017, 7, 31),))


def test_on_the_day_on_which_a_mondays_label_is_complete_it_is_used() -> None:
    assert as_of_dates(date(2017, 10, 30) + timedelta(days=61), **SHOP).evaluation == date(2017, 10, 23 + 7)
    assert as_of_dates(date(2017, 10, 30) + timedelta(days=60), **SHOP).evaluation == date(2017, 10, 23)


@pytest.mark.parametrize("horizon_days", [1, 7, 30, 61, 365])
def test_no_label_looks_past_the_date_that_uses_it_and_a_week_has_the_same_dates(horizon_days: int) -> None:
    label = timedelta(days=horizon_days + 3)
    settings = {**SHOP, "horizon_days": horizon_days, "return_window_days": 3}
    seen = set()
    for n in range(7):
        dates = as_of_dates(MONDAY + label + timedelta(days=n), **settings)
        assert dates.evaluation + label <= dates.current
        assert dates.training[-1] + label <= dates.evaluation
        assert {d.weekday() for d in (*dates.training, dates.evaluation)} == {0}
        seen.add((*dates.training, dates.evaluation))
    assert len(seen) == 1


def test_dates_that_were_made_stay_and_what_is_missing_is_made() -> None:
    had = {WANTED[0]}
    written = dates_to_write(WANTED, existing=had, changed_since=None, first_known=date(2017, 1, 1))
    assert written == DatesToWrite(make=WANTED[1:], drop=(), base=WANTED[0])


def test_dates_after_the_first_changed_day_are_made_again() -> None:
    a, b, c = WANTED
    day_before = b - timedelta(days=1)
    for changed, made, base in ((date.min, WANTED, None), (day_before, (b, c), a), (b, (c,), b), (c, (), None)):
        written = dates_to_write(WANTED, existing=set(WANTED), changed_since=changed, first_known=date(2017, 1, 1))
        assert written == DatesToWrite(make=made, drop=(), base=base)


def test_of_dates_that_nobody_wants_mondays_stay_until_they_are_the_oldest_or_are_wrong() -> None:
    friday, kept, old = date(2017, 12, 29), date(2017, 9, 4), date(2017, 6, 26)
    existing = {*WANTED, friday, kept, old}
    unchanged = dates_to_write(WANTED, existing=existing, changed_since=None, first_known=date(2017, 1, 1))
    assert unchanged == DatesToWrite(make=(), drop=(old, friday))
    wrong = dates_to_write(WANTED, existing=existing, changed_since=date(2017, 9, 3), first_known=date(2017, 1, 1))
    assert wrong == DatesToWrite(make=WANTED[1:], drop=(old, kept, friday), base=WANTED[0])


def test_as_of_a_date_before_all_knowledge_nothing_is_made_but_the_current_date_always_is() -> None:
    written = dates_to_write(WANTED, existing=(), changed_since=None, first_known=WANTED[1])
    assert written == DatesToWrite(make=WANTED[2:], drop=())
    assert dates_to_write(WANTED, existing=(), changed_since=None, first_known=None).make == WANTED[2:]
