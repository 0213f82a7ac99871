"""Orders and holdings: tickets and their checks, what was sent and what became of it, and what the account owns."""
