"""A company database that was never made for the portal: a mapping says where in it everything is."""
