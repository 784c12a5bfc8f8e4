"""How expressions are put together: combinators, each as the code that it becomes in a design."""
