"""The desk's pages and the API, asked as browsers and hospital systems ask them."""
