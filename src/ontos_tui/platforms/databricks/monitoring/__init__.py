"""What the workspace recorded about its endpoints: request counts, samples of requests, and quality monitors."""
