"""GitHub: what happened (event), the policy at the base, and how the verdict gets there (publish)."""
