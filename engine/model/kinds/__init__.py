"""The kinds of definition, one module each: frozen values that the rest of the engine reads."""
