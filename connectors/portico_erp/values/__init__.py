"""What flows between portal and ERP: frozen values with Decimal money, ISO 4217 currencies and aware UTC
times.

A value checks itself when made (`InvalidValueError`), so whoever holds one may trust it. Names of people,
tables or protocols of a certain ERP have no place here.
"""

from __future__ import annotations

from portico.connections.connector import CapabilityReport as CapabilityReport
from portico.connections.paging import Page as Page
from portico.connections.paging import Problem as Problem
from portico_erp.values.amounts import Totals as Totals
from portico_erp.values.catalogue import Item as Item
from portico_erp.values.catalogue import ItemKind as ItemKind
from portico_erp.values.catalogue import Price as Price
from portico_erp.values.catalogue import PriceAnswer as PriceAnswer
from portico_erp.values.catalogue import PriceBreak as PriceBreak
from portico_erp.values.catalogue import StockAnswer as StockAnswer
from portico_erp.values.catalogue import StockLevel as StockLevel
from portico_erp.values.contracts import ContractAnswer as ContractAnswer
from portico_erp.values.contracts import ContractLine as ContractLine
from portico_erp.values.contracts import ContractPer as ContractPer
from portico_erp.values.contracts import ContractReceipt as ContractReceipt
from portico_erp.values.contracts import ContractStatus as ContractStatus
from portico_erp.values.contracts import RemoteContract as RemoteContract
from portico_erp.values.customers import Activity as Activity
from portico_erp.values.customers import ActivityKind as ActivityKind
from portico_erp.values.customers import Address as Address
from portico_erp.values.customers import Contact as Contact
from portico_erp.values.customers import Customer as Customer
from portico_erp.values.invoices import DOCUMENT_TYPES as DOCUMENT_TYPES
from portico_erp.values.invoices import MOST_DOCUMENT_BYTES as MOST_DOCUMENT_BYTES
from portico_erp.values.invoices import Document as Document
from portico_erp.values.invoices import InvoiceKind as InvoiceKind
from portico_erp.values.invoices import InvoiceLine as InvoiceLine
from portico_erp.values.invoices import InvoiceStatus as InvoiceStatus
from portico_erp.values.invoices import RemoteInvoice as RemoteInvoice
from portico_erp.values.orders import Delivery as Delivery
from portico_erp.values.orders import DeliveryLine as DeliveryLine
from portico_erp.values.orders import OrderLine as OrderLine
from portico_erp.values.orders import OrderStatus as OrderStatus
from portico_erp.values.orders import RemoteOrder as RemoteOrder
from portico_erp.values.payments import Allocation as Allocation
from portico_erp.values.payments import PaymentPosting as PaymentPosting
from portico_erp.values.payments import PaymentReceipt as PaymentReceipt
from portico_erp.values.payments import RemotePayment as RemotePayment
from portico_erp.values.quotes import Agreed as Agreed
from portico_erp.values.quotes import QuoteDecision as QuoteDecision
from portico_erp.values.quotes import QuoteLine as QuoteLine
from portico_erp.values.quotes import QuoteReceipt as QuoteReceipt
from portico_erp.values.quotes import QuoteRequest as QuoteRequest
from portico_erp.values.quotes import QuoteStatus as QuoteStatus
from portico_erp.values.quotes import RemoteQuote as RemoteQuote
from portico_erp.values.setup import SetupReport as SetupReport
