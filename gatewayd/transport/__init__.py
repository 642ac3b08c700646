"""Transports: they submit one part at a time and relay what the far side says. One file or package each."""
