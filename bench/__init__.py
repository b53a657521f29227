"""Our speed against a floor: the least that the same work costs without any of our care."""
