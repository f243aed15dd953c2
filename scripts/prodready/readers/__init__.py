"""Readers of file formats that several checks share: hostile text in, plain data with line numbers out."""
