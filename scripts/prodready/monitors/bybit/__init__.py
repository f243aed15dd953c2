"""The rate limit of Bybit's API v5 as metrics: from the answers your own client gets, or from a signed probe that only reads."""
