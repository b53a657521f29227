"""The devices of a desk, wherever they stand: in the service's own machine or behind an agent."""
