"""Daily closing values of an index through crashes, and one calm year: small, dated, with their hashes in ``windows.toml``."""
