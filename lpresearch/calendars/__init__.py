"""When markets trade and which bar a moment belongs to. Pure reckoning: never asks a server, never looks at a clock."""
