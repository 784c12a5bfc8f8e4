"""Which strategy is worth its money? Several at equal spend, with repeats, judged by one look at test."""
