"""The agency behind the platform, for rehearsal: register, audits, money, forms, on its own file.

Synthetic persons only; what edges send lies in it unencrypted.
"""
