"""ib_async on a port: ``ib_async_client.py PORT [COUNT]``. Prints what it sees; with a count it asks the time that often, without its brake."""

import asyncio
import json
import sys

from ib_async import IB


async def main(port, count):
    ib = IB()
    if count:
        ib.client.MaxRequests = 0  # no brake: the mistake that pacing is about
    await ib.connectAsync("127.0.0.1", port, clientId=5, readonly=not count, timeout=20)
    summary = {row.tag: row.value for row in await ib.accountSummaryAsync() if row.tag}
    for _ in range(count):
        ib.client.reqCurrentTime()
    await asyncio.sleep(0.2)
    held = {position.contract.symbol: position.position for position in ib.positions()}
    print(json.dumps({"version": ib.client.serverVersion(), "accounts": ib.managedAccounts(), "positions": held, "summary": summary}))
    ib.disconnect()


asyncio.run(main(int(sys.argv[1]), int((sys.argv[2:] or ["0"])[0])))
