"""The wire to the platform: signed envelopes out, answers in. Knows nothing of the business."""
