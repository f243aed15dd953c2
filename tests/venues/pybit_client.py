"""A trading client on pybit with the hook of three lines, for a while: ``pybit_client.py URL KEY SECRET CALLS``. Prints what its meter tells."""

import sys

from pybit.unified_trading import HTTP

from prodready.monitors.bybit.limits import Meter

url, key, secret, calls = sys.argv[1:]
meter = Meter()
session = HTTP(testnet=True, api_key=key, api_secret=secret, max_retries=1)
session.endpoint = url
session.client.hooks["response"].append(meter.saw)
for _ in range(int(calls)):
    try:
        session.get_open_orders(category="linear", settleCoin="USDT")
    except Exception as error:  # noqa: BLE001 - the client's own trouble is not what is looked at
        print(f"# {type(error).__name__}")
print(meter.text())
