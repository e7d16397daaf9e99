"""Events leave the workspace through here: written with the change, published in order, exactly as often as needed."""
