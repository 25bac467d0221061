"""The MONITOR stage: endpoints over time, requests, drift, alerts, versions."""
