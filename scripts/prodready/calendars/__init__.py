"""Sessions of the world's exchanges: days, hours, early closes and breaks, from data generated out of ``exchange_calendars`` (Apache-2.0)."""
