"""What should be: pure decisions about pins, alerts and settings."""
