"""Days and hours of exchanges that everybody can look up."""

from datetime import UTC, date

import pytest

from prodready.calendars.calendar import calendar, known, moment
from prodready.check import CannotTell


def test_new_york_is_closed_on_the_days_it_says():
    sessions = list(calendar("XNYS").sessions(date(2026, 11, 23), date(2026, 11, 30)))
    assert [date(2026, 11, day) for day in (23, 24, 25, 27, 30)] == sessions
    assert "09:30-13:00" == str(calendar("NYSE").hours(date(2026, 11, 27)))


def test_new_york_closed_for_a_hurricane():
    assert not any(calendar("XNYS").trades(day) for day in (date(2012, 10, 29), date(2012, 10, 30)))


def test_the_clocks_change_in_new_york_before_they_do_in_london():
    york = calendar("XNYS")
    opens = [york.moment(day, "09:30").astimezone(UTC) for day in (date(2026, 3, 6), date(2026, 3, 9))]
    assert ["14:30", "13:30"] == [f"{at:%H:%M}" for at in opens]
    assert moment(date(2026, 3, 9), "13:30", "Etc/UTC") == york.moment(date(2026, 3, 9), "09:30")


def test_tel_aviv_moved_its_week_in_january_2026():
    tel_aviv = calendar("XTAE")
    assert (True, False) == (tel_aviv.trades(date(2025, 6, 8)), tel_aviv.trades(date(2025, 6, 6)))
    assert (False, True) == (tel_aviv.trades(date(2026, 1, 11)), tel_aviv.trades(date(2026, 1, 9)))


def test_hong_kong_has_lunch_and_chicago_begins_the_day_before():
    assert "09:30-12:00 and 13:00-16:00" == str(calendar("XHKG").usual(date(2026, 6, 1)))
    assert "17:00-1-17:00" == str(calendar("CMES").usual(date(2026, 6, 1)))


def test_beyond_its_last_day_a_calendar_knows_nothing():
    with pytest.raises(CannotTell, match="covers 2005-01-01 to 2027-12-31"):
        list(calendar("XNYS").sessions(date(2027, 12, 1), date(2028, 1, 31)))


def test_every_calendar_reads():
    assert 71 == len(known())
    assert all(calendar(name).trades(day) in (True, False) for name in known() for day in (date(2020, 6, 1), date(2026, 6, 1)))
