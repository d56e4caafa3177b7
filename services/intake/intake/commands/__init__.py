"""Every change intake makes."""
