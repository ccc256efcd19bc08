"""Values and rules that every floor shares: errors, events, settings. Standard library only, no I/O."""
