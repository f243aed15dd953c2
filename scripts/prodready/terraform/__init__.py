"""Terraform read without Terraform: parsed, and evaluated as far as that is possible before a deployment; the rest stays marked as unknown."""
