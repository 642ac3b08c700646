"""Throw-away real servers for the tests: each is a context manager on free loopback ports, in a temporary folder."""
