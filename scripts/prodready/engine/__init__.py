"""The drill engine: steady state, fault, proof of the fault, recovery, cool-down, restoration; every time an interval with its resolution."""
