"""The session with TWS or Gateway as metrics, by a relay between it and the client: how many messages go, whether prices and values come."""
