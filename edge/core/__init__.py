"""What the law and the bill mean: values in, values out; no clock, no files, no network."""
