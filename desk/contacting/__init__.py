"""How customers are reached and spoken to: the channel of a message, calls, notices, phrases, plain words (COM-1…10)."""
