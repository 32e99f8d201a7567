"""A company's ERPNext behind the connector contract, over the REST interface that every Frappe site has."""
