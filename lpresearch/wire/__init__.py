"""The wire: packets, signatures, link state, bar bytes. Bytes in, values out: no sockets, clocks, asyncio or frames."""
