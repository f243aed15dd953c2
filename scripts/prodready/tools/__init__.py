"""Pinned programs: what is pinned (``lock``), had (``install``), intact (``verify``) and shown (``listing``)."""
