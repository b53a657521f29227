"""FHIR R4B under ``/api/fhir``: a neighbour's language for a few of the API's calls.

Each resource ends in the same steps as the JSON of ``edge.web.api``; nothing is decided here.
"""
