"""Everything about a workspace itself: settings, and the doctor that examines what Ontos needs."""
