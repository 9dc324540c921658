"""The Lambda Web Adapter: found, fetched or built, and laid out as the layer that functions declare."""
