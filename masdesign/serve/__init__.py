"""How do other programs ask a design, or a model? Over HTTP on this machine, as they ask OpenAI's API."""
