"""Ways to disturb: each finds what it will strike, strikes, and sees that it did."""
