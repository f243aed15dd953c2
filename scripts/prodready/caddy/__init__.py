"""Caddy's configuration: read with the real Caddy (``caddyfile``, ``config``), judged by rules (``rules``), and tried on loopback (``patch``, ``stage``)."""
