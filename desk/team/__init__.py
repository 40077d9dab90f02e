"""Departments working together: morning board, task forces, meetings, how well they talk, where it may go wrong.

Source of the rules: HND-5, HND-6, HND-8, HND-9.
"""
