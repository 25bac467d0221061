"""The server on which endpoints answer over HTTP: who may ask, how much at once, what a body may hold, the replies."""
