"""Chat completions as servers speak them: requests, replies, faults, and what a server refuses."""
