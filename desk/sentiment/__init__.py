"""The mood of what customers write (COM-6): scored behind the request, shown to staff, corrected, acted upon."""
