"""HTTP: the shapes of requests, answers and errors, whatever the route."""
