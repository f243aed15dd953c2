"""People sign: roles, the statements people made on GitHub or with SSH keys, and which of them count."""
