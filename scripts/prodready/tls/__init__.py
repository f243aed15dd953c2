"""TLS of a running server: what was seen (``facts``), how it is read from the sensor (``reading``), and the letter it earns (``rating``, ``rules``)."""
