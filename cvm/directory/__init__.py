"""The customer list: filters, sort and columns from the address, an exact count, pages by position, masked rows."""

from cvm.directory.addresses import list_url
from cvm.directory.page import customer_list

__all__ = ["customer_list", "list_url"]
