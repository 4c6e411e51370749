"""Whether a sentence is borne out by what it cites: rules first, then a model."""
