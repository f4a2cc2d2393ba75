"""Help: the built documents, for everybody who is signed in."""
