"""desk: an order gateway with risk limits, fed by a market-data file or a live feed."""

__version__ = "0.4.0"
