"""Checklists as people keep them: Markdown with boxes. Read, doubted, turned into a profile, and ticked by evidence."""
