"""The desk's pages and the hospital systems' API. Chooses HTTP statuses; decides nothing else."""
