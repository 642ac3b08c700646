"""Intakes: they turn outside messages into calls of `accept`, and acknowledge only after it returned."""
