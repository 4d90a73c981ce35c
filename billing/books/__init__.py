"""The checks of the books, by what they are about; `billing.books.check` does them."""
