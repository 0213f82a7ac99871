"""The simulated market: listings, prices, bars, quotes and books, by seed and clock. No sockets, no orders."""
