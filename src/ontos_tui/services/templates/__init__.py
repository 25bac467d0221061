"""Templates: created, versioned, drafted from columns, and rendered in a sandbox."""
