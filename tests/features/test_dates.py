"""The rule of as-of dates."""

from datetime import date

from footfall.features.dates import as_of_dates


def test_each_date_is_chosen_so_that_its_label_is_known_at_the_next() -> None:
    dates = as_of_dates(
        date(2018, 1, 1), horizon_days=61, return_window_days=0, training_dates=3, training_step_days=30
    )
    assert dates.evaluation == date(2017, 11, 1)
    assert dates.training == (date(2017, 7, 3), date(2017, 8, 2), date(2017, 9, 1))
    assert dates.every == (*dates.training, dates.evaluation, dates.current)


def test_a_return_window_moves_all_labelled_dates_back() -> None:
    dates = as_of_dates(
        date(2018, 1, 1), horizon_days=61, return_window_days=14, training_dates=1, training_step_days=1
    )
    assert (dates.evaluation, dates.training) == (date(2017, 10, 18), (date(2017, 8, 4),))
