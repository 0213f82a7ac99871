"""The simulated exchange and account: orders, fills, money, and the REST shapes of trading. No sockets, no clocks."""
