"""The store: one SQLite file. All SQL of gatewayd is in this room, in plain functions `fn(conn, …)`.

Functions here run inside one transaction of store/database.py and take and give values of core/.
Times are INTEGER milliseconds since 1970 UTC (store/instants.py).
"""
