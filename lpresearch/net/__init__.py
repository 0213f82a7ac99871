"""The network: the I/O thread, signed HTTP, the WebSocket link, paces. Knows no market data and no frames."""
