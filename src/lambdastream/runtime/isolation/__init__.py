"""What a function sees of the machine."""
