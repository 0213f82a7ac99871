"""What is seen in a notebook: charts, board, ticket, magics. Holds no rules: what can be clicked can be called."""
