"""What a question asks: names, dates, filters and kinds, read by rule."""
