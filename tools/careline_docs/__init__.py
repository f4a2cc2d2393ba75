"""The documents: reference pages made from the code, and the build of both languages."""
