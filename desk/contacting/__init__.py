"""How customers are reached and spoken to: channels, calls, notices, phrases, plain words (COM-1 to COM-10)."""
