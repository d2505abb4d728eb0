"""The pages of the administration: people, agencies, calendar, policy, receivers, tokens, audit, health."""
