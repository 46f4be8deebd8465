"""The page: what a browser is sent. Nothing of it comes from another host."""
