"""DataFrames: the frozen columns of every frame, and the functions that dress bar matrices and columns in them."""
