"""What people are asked and told: reviews, audits, why records belong together, decisions."""
