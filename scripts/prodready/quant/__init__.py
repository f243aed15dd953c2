"""The mathematics of backtests and risk: pure functions over arrays, each with the source of its formula. Nothing here reads a file or decides."""
