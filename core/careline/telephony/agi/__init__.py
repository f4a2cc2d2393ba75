"""FastAGI: a codec without I/O, one coroutine per call, and the server that starts them."""
