"""Requests a second of this product and of its peers, in one run: `python -m bench`.

The processes: an embedded PostgreSQL, nginx and the load (wrk, h2load) on one core,
one server worker on the other. This package's own process only starts, asks and
counts; what needs Django runs in `prepare` and `switch`, each a process of its own.

`--only paths --rounds 3` measures one part and less of it; a whole run alone writes
RESULTS.md.
"""
