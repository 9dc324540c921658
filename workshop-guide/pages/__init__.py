"""Makes those parts of the guide that are said somewhere else already: in the code, in the notebooks, in results."""
