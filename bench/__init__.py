"""The same work through padauk and its peers, timed in turn: ``python -m bench`` (``make bench``).

A subject is a module here with a function ``run(bench: Bench)``: see :mod:`bench.data`. What counts are
ratios within one run on one machine, and the distance to the best that the disk or the socket can do.
"""
