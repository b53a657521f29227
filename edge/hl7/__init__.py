"""HL7 v2 over MLLP: the language of hospital systems that do not speak our JSON.

A neighbour's language, in its own room: every message ends in the same steps as the API's calls.
"""
