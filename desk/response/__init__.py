"""What an emergency sets in motion besides its own course: measures, more hands, the review, compensation (EMG-5…8)."""
