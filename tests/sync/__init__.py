"""The wire, from the envelope to the far end and back."""
