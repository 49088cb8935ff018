"""A camera in, a virtual camera out, and nothing of the room between."""
