"""What feedback says (FBK-5): repeated themes, their trend, what goes with many or few stars, what is done."""
