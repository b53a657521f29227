"""What keeps secrets and proves: sealing, certificates, the service's own TLS."""
