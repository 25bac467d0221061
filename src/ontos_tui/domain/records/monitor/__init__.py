"""What monitoring keeps: alerts, drift, and the traffic of teammates."""
