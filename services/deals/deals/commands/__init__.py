"""Every change of deals."""
