"""What a problem is, guessed from its words (INT-4): examples, training, model, guess and learning."""
