"""Any bytes from a server: what reads them gives a value or a WireError, and nothing else."""
