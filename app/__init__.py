"""Online: the HTTP service. Nothing numerical lives here, and nothing of `training` is imported."""
