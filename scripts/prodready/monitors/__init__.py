"""Monitors that run beside a trading system and export what venues say: ``prodready monitor``."""
