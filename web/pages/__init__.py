"""The pages people work with: each a route, a view of plain values, and a template."""
