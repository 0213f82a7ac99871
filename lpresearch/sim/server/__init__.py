"""The simulated server: sockets, signed HTTP, quote commands, pushes, limits. No prices and no orders of its own."""
