-- What the triggers of both do with money. The status stands before the sum that it is told by: MySQL would take the new sum behind it.

-- added
UPDATE invoices
   SET status = CASE WHEN status = 'cancelled' THEN status
                     WHEN round(paid_total + NEW.amount, 2) >= gross_total THEN 'paid' ELSE 'open' END,
       paid_total = round(paid_total + NEW.amount, 2)
 WHERE id = NEW.invoice_id AND NOT (SELECT is_cancelled FROM payments WHERE id = NEW.payment_id);

-- gone
UPDATE invoices
   SET status = CASE WHEN status = 'cancelled' THEN status
                     WHEN round(paid_total - OLD.amount, 2) >= gross_total THEN 'paid' ELSE 'open' END,
       paid_total = round(paid_total - OLD.amount, 2)
 WHERE id = OLD.invoice_id AND NOT (SELECT is_cancelled FROM payments WHERE id = OLD.payment_id);

-- turned
round(paid_total + (1 - 2 * NEW.is_cancelled)
    * (SELECT amount FROM payment_allocations WHERE payment_id = NEW.id AND invoice_id = invoices.id), 2)

-- cancelled
UPDATE invoices
   SET status = CASE WHEN status = 'cancelled' THEN status WHEN {turned} >= gross_total THEN 'paid' ELSE 'open' END,
       paid_total = {turned}
 WHERE id IN (SELECT invoice_id FROM payment_allocations WHERE payment_id = NEW.id);
