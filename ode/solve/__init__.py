"""The one integration loop, and what a solve gives back."""
