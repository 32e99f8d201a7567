"""Lists as files for spreadsheets, CSV and XLSX, of any length in the same memory. Knows no list: a plugin says what its
columns are and gives the rows; who may see which row is decided by the query that they come from."""
