"""The seeds' own forms, computed from what edges sent: titles, heads and units as printed."""
