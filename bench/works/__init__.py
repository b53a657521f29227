"""What is measured: one module a name, each with ``works()``, which yields one ``Work`` a line.

The module ``list_lookup`` is the name ``list-lookup``. ``works`` prepares before it yields and
clears away after; ``bench.frame`` takes the time.
"""
