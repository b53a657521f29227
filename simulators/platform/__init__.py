"""The far end of the wire, for rehearsal: a filing register that answers, a receiver that keeps.

Synthetic persons only, and no secrets of its own: never to be reached from outside a test network.
"""
