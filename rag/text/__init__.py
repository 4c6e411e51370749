"""What text alone tells: sentences, message numbers, dates, quotations, who speaks. Pure functions."""
