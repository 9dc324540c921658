"""The live page: the local AWS in a browser, to look at alone."""
