"""The desk where an injured worker's bill is settled: the business, its store and its screens."""
