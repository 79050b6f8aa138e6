"""Rooms: engines that live outside this process, as programs or in environments of their own."""
