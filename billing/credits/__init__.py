"""What corrects or settles an invoice apart from payments: credit notes, refunds, write-offs."""
