"""Columns of numbers, times and words out of CSV files, read strictly: a cell that is not what it should be is named by line and column, never guessed."""
