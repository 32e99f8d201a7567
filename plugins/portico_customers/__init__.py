"""Links people who ask to join to the customers that the company's database knows, and brings their records over."""
