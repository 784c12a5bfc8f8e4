"""What many runs share, and what one run is: configuration, specification, resources, openings of test."""
