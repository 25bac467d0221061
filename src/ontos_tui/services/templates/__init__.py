"""Templates: made, versioned, drafted from columns, and rendered in a sandbox."""
