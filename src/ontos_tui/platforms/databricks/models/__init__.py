"""Models of this program on Databricks: registered in Unity Catalog, and asked at endpoints."""
