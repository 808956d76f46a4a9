"""Values and figures as pages and forms hold them. Pure."""
