-- What of a month is not claimed stands on every page's header: found without reading settled bills.

create index settlements_by_moment on settlements (settled_at) where effective = 1;
