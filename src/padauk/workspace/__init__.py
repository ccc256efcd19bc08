"""The only wiring: opens what settings name, and hands out rooms."""
