"""The desk's risk engine: watches the account, stops trading and sells everything when a limit is passed, and decides about each order."""
