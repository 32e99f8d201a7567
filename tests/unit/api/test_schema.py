from decimal import Decimal

import colander
import pytest
from webob.multidict import MultiDict

from portico.api.openapi import node_schema
from portico.api.schema import BodySchema, ExactDecimal, SentDecimal, encode, money, pointers, validate
from portico.api.schemas import PageQuery
from portico.api.views import query_values
from portico.errors import InvalidError
from portico.web.i18n import translate


class Inner(BodySchema):
    name = colander.SchemaNode(colander.String())


class Inners(colander.SequenceSchema):
    inner = Inner()


class Outer(BodySchema):
    inners = Inners(missing=())


def refused(data: object) -> dict[str, str]:
    with pytest.raises(colander.Invalid) as error:
        Outer().deserialize(data)
    return {pointer: translate("en", text) for pointer, text in pointers(error.value).items()}


def test_each_unknown_field_is_named_by_its_pointer_and_not_by_its_value() -> None:
    assert refused({"foo": {"secret": 1}, "a/b~c": 1}) == {
        "/foo": "There is no such field here.", "/a~1b~0c": "There is no such field here."}
    assert refused({"inners": [{"name": "x"}, {"name": "x", "bar": 1}]}) == {"/inners/1/bar": "There is no such field here."}


def test_a_parameter_that_is_no_list_comes_once() -> None:
    with pytest.raises(InvalidError) as error:
        query_values(PageQuery, MultiDict([("limit", "1"), ("limit", "2"), ("cursor", "x")]))
    assert list(error.value.fields) == ["/limit"]


class Version(BodySchema):
    version = colander.SchemaNode(colander.Integer(), missing=None)


@pytest.mark.parametrize("value", [[], {}, [1], {"a": 1}])
def test_a_list_or_an_object_is_no_single_value_not_even_an_empty_one(value: object) -> None:
    with pytest.raises(InvalidError) as error:
        validate(Version, {"version": value}, None)
    assert list(error.value.fields) == ["/version"]


def test_what_is_wrong_with_the_whole_is_at_the_empty_pointer() -> None:
    """RFC 6901: "" is the document, "/" its member without a name."""
    schema = colander.MappingSchema()
    schema.add(colander.SchemaNode(colander.String(), name="a/b"))
    with pytest.raises(colander.Invalid) as whole:
        schema.deserialize([])
    assert set(pointers(whole.value)) == {""}
    with pytest.raises(colander.Invalid) as part:
        schema.deserialize({})
    assert set(pointers(part.value)) == {"/a~1b"}


@pytest.mark.parametrize(("amount", "currency", "written"), [
    ("2304", "EUR", "2304.00"), ("2764.8", "EUR", "2764.80"), ("1.7000", "EUR", "1.70"), ("0.1254", "EUR", "0.1254"), ("0", "EUR", "0.00"),
    ("-3.5", "EUR", "-3.50"), ("1500.0000", "JPY", "1500"), ("1.5", "KWD", "1.500"), ("1E+3", "EUR", "1000.00"),
])
def test_money_has_at_least_its_currencys_decimals(amount: str, currency: str, written: str) -> None:
    assert encode(money(Decimal(amount), currency)) == written
    assert money(None, currency) is None


@pytest.mark.parametrize(("number", "written"), [("2.00", "2"), ("3.5000", "3.5"), ("20.0", "20"), ("0.00", "0"), ("100", "100"), ("1E+2", "100")])
def test_other_numbers_have_no_zeros_at_their_end(number: str, written: str) -> None:
    assert encode(Decimal(number)) == written


@pytest.mark.parametrize("digits", ["\u0663", "\uff13", "\u096a.5", "1_000", "+", ".", "1e", "0x1f"])
def test_a_program_writes_numbers_with_the_digits_of_ascii(digits: str) -> None:
    with pytest.raises(colander.Invalid):
        colander.SchemaNode(ExactDecimal()).deserialize(digits)


def test_a_number_that_is_sent_may_be_a_json_number_and_is_published_so() -> None:
    assert node_schema(colander.SchemaNode(SentDecimal()), {})["type"] == ["string", "number"]
    assert node_schema(colander.SchemaNode(ExactDecimal()), {})["type"] == "string"
