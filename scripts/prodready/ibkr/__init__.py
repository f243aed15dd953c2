"""Interactive Brokers' TWS and Gateway, asked over their API: who is logged in, what is there, what is it worth. Never an order."""
