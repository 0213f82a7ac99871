"""The ground floor: values, names and errors that every other floor may use. No I/O, no clocks, no third party."""
