"""The office of a group of campuses: takes their envelopes, relays them, shows how all stand."""
