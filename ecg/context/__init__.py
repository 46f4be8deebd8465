"""Context: what a beat's neighbours and its patient's habits say of it."""
