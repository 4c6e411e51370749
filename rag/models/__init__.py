"""The networks that run here: the encoder, the reader, and how they are computed."""
