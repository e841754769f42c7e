"""How the engine takes steps on a GPU: recorded once for a number of rows, and replayed from buffers that stay."""
